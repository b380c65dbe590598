package lanewise.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import lanewise.Model;
import lanewise.io.ModelFile;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.types.DataTypeUtils;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.collection.immutable.Seq;

/**
 * A {@link Model} as a stage of Spark ML: it adds the columns of its answers to a frame with a column of vectors.
 *
 * <pre>{@code
 * LanewiseModel digits = LanewiseModel.load("hdfs:///models/digits").setFeaturesCol("pixels");
 * Dataset<Row> scored = digits.transform(frame);
 * }</pre>
 *
 * <p>The answers are those of the model's {@link lanewise.Predictor}, to the bit, in as many partitions as there may be:
 *
 * <ul>
 *   <li>prediction: the class as a double; of a multilabel model a vector of 0 and 1; of a regression model the number, or a
 *       vector of them. Labels of the model are attributes of the column, so that {@code IndexToString} finds them.
 *   <li>probability: the probabilities; of a binary model 1 − p and p.
 *   <li>rawPrediction: the logits; of a binary model −z and z.
 * </ul>
 *
 * <p>A column whose name is empty is left out. Regression models have predictions alone, and models whose outputs are no
 * probabilities have no such column; its name is empty then by default.
 *
 * <p>Spark's doubles become floats, rounded to the nearest. A row whose features are null, of another length than the model's
 * inputs, NaN, infinite, or beyond what a float holds, is invalid: see {@link #handleInvalid}. Sparse vectors stay sparse.
 *
 * <p>The model file is broadcast, and decoded once in each JVM. Executors need {@code --add-modules jdk.incubator.vector} for
 * the vector kernels; without it the answers are the same, several times later, and the log says so once.
 *
 * @serial exclude
 */
public final class LanewiseModel extends org.apache.spark.ml.Model<LanewiseModel> implements MLWritable {

    private static final long serialVersionUID = 1L;

    private final String uid;
    private transient Model model;

    /** The broadcast model; of the Spark context that it was made for. */
    private transient ShippedModel shipped;

    private final Param<String> featuresCol;
    private final Param<String> predictionCol;
    private final Param<String> probabilityCol;
    private final Param<String> rawPredictionCol;
    private final Param<String> handleInvalid;

    LanewiseModel(String uid, Model model) {
        this.uid = uid;
        this.model = model;
        featuresCol = new Param<>(this, "featuresCol", "column of vectors, the model's inputs");
        predictionCol = new Param<>(this, "predictionCol", "new column of predictions; empty: none");
        probabilityCol = new Param<>(this, "probabilityCol", "new column of probabilities; empty: none");
        rawPredictionCol = new Param<>(this, "rawPredictionCol", "new column of logits; empty: none");
        handleInvalid = new Param<>(
                this,
                "handleInvalid",
                "what becomes of rows whose features are no input of the model: error (the job fails), skip (they are left"
                        + " out) or keep (their answers are NaN)",
                ParamValidators.<String>inArray(InvalidRows.names()));
        setDefault(featuresCol, "features");
        setDefault(predictionCol, "prediction");
        setDefault(probabilityCol, Answer.PROBABILITY.size(model) > 0 ? "probability" : "");
        setDefault(rawPredictionCol, Answer.RAW_PREDICTION.size(model) > 0 ? "rawPrediction" : "");
        setDefault(handleInvalid, InvalidRows.ERROR.toString());
    }

    /**
     * A stage that scores by a model: one that was trained here, loaded by {@link ModelFile}, or imported.
     *
     * @param model all of whose layers are the library's own
     * @return a new stage with the default columns
     */
    public static LanewiseModel of(Model model) {
        return new LanewiseModel(Identifiable$.MODULE$.randomUID("lanewise"), model);
    }

    /**
     * Loads what {@link #write} has saved, or a model file.
     *
     * @param path a folder or a model file, in any file system that Hadoop knows: {@code hdfs://}, {@code s3a://}, {@code file://}
     * @return the stage that was saved; of a model file, one with the default columns
     * @throws UncheckedIOException if it cannot be read or is not sound; the message names the file
     */
    public static LanewiseModel load(String path) {
        return read().load(path);
    }

    /**
     * A reader, as Spark ML's stages have it.
     *
     * @return it loads as {@link #load}
     */
    public static MLReader<LanewiseModel> read() {
        return new SavedModel.Reader();
    }

    /**
     * A writer, as Spark ML's stages have it. It saves a folder: the parameters in {@code metadata}, and the model's own file,
     * {@code model.lanewise}, which every program that uses the library can load.
     */
    @Override
    public MLWriter write() {
        return new SavedModel.Writer(this);
    }

    /**
     * The model.
     *
     * @return the one that scores
     */
    public Model model() {
        return model;
    }

    @Override
    public String uid() {
        return uid;
    }

    /**
     * The column of vectors, {@code features} by default.
     *
     * @return the parameter
     */
    public Param<String> featuresCol() {
        return featuresCol;
    }

    /**
     * The new column of predictions, {@code prediction} by default; empty for none.
     *
     * @return the parameter
     */
    public Param<String> predictionCol() {
        return predictionCol;
    }

    /**
     * The new column of probabilities, {@code probability} by default if the model has them; empty for none.
     *
     * @return the parameter
     */
    public Param<String> probabilityCol() {
        return probabilityCol;
    }

    /**
     * The new column of logits, {@code rawPrediction} by default but for regression models; empty for none.
     *
     * @return the parameter
     */
    public Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    /**
     * What becomes of rows whose features are no input of the model. {@code error}, the default: the job fails with a message
     * that names partition, row, column, what was found and what was expected. {@code skip}: they are left out. {@code keep}:
     * they stay, and their answers are NaN.
     *
     * @return the parameter
     */
    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    /**
     * Sets {@link #featuresCol}.
     *
     * @param name of the column of vectors
     * @return this stage
     */
    public LanewiseModel setFeaturesCol(String name) {
        set(featuresCol, name);
        return this;
    }

    /**
     * Sets {@link #predictionCol}.
     *
     * @param name of the new column; empty for none
     * @return this stage
     */
    public LanewiseModel setPredictionCol(String name) {
        set(predictionCol, name);
        return this;
    }

    /**
     * Sets {@link #probabilityCol}.
     *
     * @param name of the new column; empty for none
     * @return this stage
     */
    public LanewiseModel setProbabilityCol(String name) {
        set(probabilityCol, name);
        return this;
    }

    /**
     * Sets {@link #rawPredictionCol}.
     *
     * @param name of the new column; empty for none
     * @return this stage
     */
    public LanewiseModel setRawPredictionCol(String name) {
        set(rawPredictionCol, name);
        return this;
    }

    /**
     * Sets {@link #handleInvalid}.
     *
     * @param value error, skip or keep
     * @return this stage
     */
    public LanewiseModel setHandleInvalid(String value) {
        set(handleInvalid, value);
        return this;
    }

    /**
     * Adds the answers' columns. Lazy, as all of Spark's transformations.
     *
     * @param frame has the column of vectors, and none of the new ones
     * @return its columns, then rawPrediction, probability and prediction
     * @throws IllegalArgumentException as {@link #transformSchema}
     */
    @Override
    public Dataset<Row> transform(Dataset<?> frame) {
        StructType type = frame.schema();
        transformSchema(type);
        List<StructField> columns = new ArrayList<>();
        List<Answer> answers = new ArrayList<>();
        for (Answer answer : asked()) {
            answers.add(answer);
            columns.add(answer.column(columnOf(answer), model));
        }
        if (answers.isEmpty()) return frame.toDF();
        var session = (org.apache.spark.sql.classic.SparkSession) frame.sparkSession();
        ScoreStrategy.addTo(session);
        LogicalPlan child = ((org.apache.spark.sql.classic.Dataset<?>) frame)
                .queryExecution()
                .analyzed();
        Attribute features = child.output().apply(type.fieldIndex(getOrDefault(featuresCol)));
        Seq<Attribute> added =
                Seqs.of(Seqs.list(DataTypeUtils.toAttributes(new StructType(columns.toArray(StructField[]::new)))));
        LogicalPlan scored = new ScorePlan(scoring(session, answers), features, added, child);
        return org.apache.spark.sql.classic.Dataset$.MODULE$.ofRows(session, named(child, added, scored));
    }

    /** Gives the answers names of their own in each frame, as Catalyst wants it where a frame is joined with itself. */
    private static LogicalPlan named(LogicalPlan child, Seq<Attribute> added, LogicalPlan scored) {
        List<NamedExpression> all = Seqs.list(child.output());
        Seq<String> nothing = Seqs.of();
        for (Attribute a : Seqs.list(added))
            all.add(new Alias(a, a.name(), NamedExpression.newExprId(), nothing, Option.empty(), nothing));
        return new Project(Seqs.of(all), scored);
    }

    private Scoring scoring(SparkSession session, List<Answer> answers) {
        return new Scoring(
                reference(session),
                getOrDefault(featuresCol),
                List.copyOf(answers),
                InvalidRows.of(getOrDefault(handleInvalid)));
    }

    private synchronized ModelReference reference(SparkSession session) {
        if (shipped == null) shipped = new ShippedModel(model);
        return shipped.reference(session.sparkContext());
    }

    private List<Answer> asked() {
        List<Answer> asked = new ArrayList<>();
        for (Answer answer : List.of(Answer.RAW_PREDICTION, Answer.PROBABILITY, Answer.PREDICTION))
            if (!columnOf(answer).isEmpty()) asked.add(answer);
        return asked;
    }

    private String columnOf(Answer answer) {
        return getOrDefault(
                switch (answer) {
                    case PREDICTION -> predictionCol;
                    case PROBABILITY -> probabilityCol;
                    case RAW_PREDICTION -> rawPredictionCol;
                });
    }

    /**
     * The columns of {@link #transform}'s result.
     *
     * @param type of the frame to be transformed
     * @return with the new columns
     * @throws IllegalArgumentException if the column of features is missing, is not of vectors, or says that they have another
     *     length than the model's inputs; if a new column is there already; or if the model has no such answer
     */
    @Override
    public StructType transformSchema(StructType type) {
        String name = getOrDefault(featuresCol);
        if (!List.of(type.fieldNames()).contains(name))
            throw new IllegalArgumentException(
                    "no column \"" + name + "\" for the model's inputs; there are " + List.of(type.fieldNames()));
        StructField features = type.apply(name);
        if (!features.dataType().equals(SQLDataTypes.VectorType()))
            throw new IllegalArgumentException(
                    "column \"" + name + "\" is of type "
                            + features.dataType().catalogString()
                            + ", a vector of Spark ML expected; VectorAssembler makes one of columns, array_to_vector one of an array");
        int size = AttributeGroup.fromStructField(features).size();
        if (size >= 0 && size != model.inputSize())
            throw new IllegalArgumentException("column \"" + name + "\" has vectors of " + size
                    + " elements, but the model has " + model.inputSize() + " inputs");
        StructType result = type;
        for (Answer answer : asked()) {
            String column = columnOf(answer);
            if (List.of(result.fieldNames()).contains(column))
                throw new IllegalArgumentException(
                        "there is a column \"" + column + "\" already; drop it, or set another name");
            if (answer.size(model) == 0) throw nothing(answer);
            result = result.add(answer.column(column, model));
        }
        return result;
    }

    private IllegalArgumentException nothing(Answer answer) {
        return new IllegalArgumentException("a column \"" + columnOf(answer) + "\" of "
                + answer.toString().toLowerCase(java.util.Locale.ROOT) + " is asked for, but a " + model.task()
                + " model with the output " + model.output() + " has none; set its name to \"\"");
    }

    /**
     * Makes the model a function of SQL that gives predictions: {@code SELECT digits(features)}. See {@link
     * #register(SparkSession, String, String)}.
     *
     * @param session that is to know the function
     * @param name of the function; replaces another one of that name
     * @return this stage
     */
    public LanewiseModel register(SparkSession session, String name) {
        return register(session, name, "prediction");
    }

    /**
     * Makes the model a function of SQL. It takes a vector, or an array of numbers, and scores row by row, which for wide models is
     * slower than {@link #transform}. Null for null; what else is no input of the model is treated as {@link #handleInvalid}
     * says, where {@code skip} gives null.
     *
     * @param session that is to know the function
     * @param name of the function; replaces another one of that name
     * @param answer prediction, probability or rawPrediction
     * @return this stage
     * @throws IllegalArgumentException if it is another answer, or the model has none of that kind
     */
    public LanewiseModel register(SparkSession session, String name, String answer) {
        Answer given = switch (answer) {
            case "prediction" -> Answer.PREDICTION;
            case "probability" -> Answer.PROBABILITY;
            case "rawPrediction" -> Answer.RAW_PREDICTION;
            default ->
                throw new IllegalArgumentException(
                        "the answer \"" + answer + "\", prediction, probability or rawPrediction expected");
        };
        if (given.size(model) == 0) throw nothing(given);
        session.udf().register(name, new ScoreFunction(scoring(session, List.of(given))), given.type(model));
        return this;
    }

    /**
     * Scores rows of floats, in batches: the outputs of {@link lanewise.Predictor#predict} for each. What the arrays hold is not
     * looked at, but for their length.
     *
     * @param rows each the model's inputs; an array may be used again for the next row
     * @return outputs for each row, in its partition and order; lazy
     */
    public JavaRDD<float[]> predict(JavaRDD<float[]> rows) {
        SparkSession session =
                SparkSession.builder().sparkContext(rows.context()).getOrCreate();
        return rows.mapPartitionsWithIndex(new PredictedRows.Function(reference(session)), true);
    }

    @Override
    public LanewiseModel copy(ParamMap extra) {
        LanewiseModel copy = copyValues(new LanewiseModel(uid, model), extra);
        synchronized (this) {
            copy.shipped = shipped;
        }
        return copy.setParent(parent());
    }

    @Override
    public String toString() {
        return "LanewiseModel " + uid + ": " + model;
    }

    // A stage is Serializable, and so this one has to be.

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ModelFile.save(model, file);
        out.writeObject(file.toByteArray());
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        model = ModelFile.load(new ByteArrayInputStream((byte[]) in.readObject()), "the serialized " + uid);
    }
}
