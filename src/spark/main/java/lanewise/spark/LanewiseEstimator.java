package lanewise.spark;

import java.util.List;
import java.util.Locale;
import lanewise.Model;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.spark.training.Recipe;
import lanewise.spark.training.Samples;
import lanewise.spark.training.Training;
import lanewise.spark.training.Way;
import lanewise.train.optimizer.OptimizerKind;
import lanewise.train.schedule.ScheduleKind;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.types.StructType;

/**
 * Trains a multilayer perceptron on a frame, as a stage of Spark ML: what {@link LanewiseClassifier} and {@link
 * LanewiseRegressor} have in common.
 *
 * <p>The model depends on the rows and the settings alone: for any number of executors, partitions, failures and repeated tasks it
 * has the same parameters, to the bit, as a {@link lanewise.train.Trainer} in one process that is given the same samples. Rows are
 * put into an order by a hash of their contents, so it does not matter either in which order they come.
 *
 * <p>Batches of more than 256 rows are computed in blocks of 256 by all executors; smaller ones have nothing to share. Vectors'
 * doubles become floats, and sparse vectors stay sparse until a block is computed.
 *
 * @param <E> the estimator itself
 * @serial exclude
 */
public abstract class LanewiseEstimator<E extends LanewiseEstimator<E>> extends Estimator<LanewiseModel>
        implements DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private final String uid;
    private final boolean regression;

    private final Param<String> featuresCol;
    private final Param<String> labelCol;
    private final Param<String> weightCol;
    private final Param<String> validationIndicatorCol;
    private final Param<String> predictionCol;
    private final Param<String> probabilityCol;
    private final Param<String> rawPredictionCol;
    private final Param<String> handleInvalid;
    private final IntArrayParam layers;
    private final Param<String> activation;
    private final DoubleParam dropout;
    private final Param<String> optimizer;
    private final DoubleParam learningRate;
    private final Param<String> schedule;
    private final DoubleParam weightDecay;
    private final IntParam batchSize;
    private final IntParam epochs;
    private final IntParam patience;
    private final LongParam seed;
    private final Param<String> way;
    private final Param<String> checkpointDir;
    private final IntParam checkpointInterval;

    LanewiseEstimator(String uid, boolean regression) {
        this.uid = uid;
        this.regression = regression;
        // After the name, which each of them asks for.
        featuresCol = text("featuresCol", "column of vectors");
        labelCol = text("labelCol", "column of labels, numbers");
        weightCol = text("weightCol", "column of the rows' weights; empty: all count alike");
        validationIndicatorCol = text(
                "validationIndicatorCol",
                "column of booleans: true for rows that are not trained on, but on which each epoch is evaluated; empty: none");
        predictionCol = text("predictionCol", "the model's column of predictions");
        probabilityCol = text("probabilityCol", "the model's column of probabilities");
        rawPredictionCol = text("rawPredictionCol", "the model's column of logits");
        handleInvalid = choice(
                "handleInvalid", "what becomes of rows that are no samples: error or skip", List.of("error", "skip"));
        layers = new IntArrayParam(this, "layers", "widths of the inputs, the hidden layers and the outputs");
        activation = choice("activation", "function of the hidden layers", Activation.names());
        dropout = new DoubleParam(
                this,
                "dropout",
                "share of the hidden layers' outputs that a step leaves out",
                ParamValidators.inRange(0, 1, true, false));
        optimizer = choice("optimizer", "how parameters follow", List.of(OptimizerKind.values()));
        learningRate = new DoubleParam(
                this, "learningRate", "the first rate, of one-cycle the highest", ParamValidators.gt(0));
        schedule = choice("schedule", "how the learning rate changes", List.of(ScheduleKind.values()));
        weightDecay = new DoubleParam(
                this,
                "weightDecay",
                "decoupled decay of weights; with adamw 0 is the usual 0.01",
                ParamValidators.gtEq(0));
        batchSize =
                new IntParam(this, "batchSize", "rows of a step; more than 256 to be shared", ParamValidators.gtEq(1));
        epochs = new IntParam(this, "epochs", "passes over the rows at most", ParamValidators.gtEq(1));
        patience = new IntParam(
                this,
                "patience",
                "epochs without a smaller validation loss after which the training ends; 0: never",
                ParamValidators.gtEq(0));
        way = choice(
                "way",
                "how executors share a training: by a job for each step, or by barrier jobs for many",
                List.of(Way.values()));
        checkpointDir = text("checkpointDir", "folder for checkpoints, of any Hadoop file system; empty: none");
        checkpointInterval =
                new IntParam(this, "checkpointInterval", "epochs between two checkpoints", ParamValidators.gtEq(1));
        seed = new LongParam(this, "seed", "decides initial weights, the order of rows, and dropout");
        setDefault(featuresCol, "features");
        setDefault(labelCol, "label");
        setDefault(weightCol, "");
        setDefault(validationIndicatorCol, "");
        setDefault(predictionCol, "prediction");
        setDefault(probabilityCol, regression ? "" : "probability");
        setDefault(rawPredictionCol, regression ? "" : "rawPrediction");
        setDefault(handleInvalid, "error");
        setDefault(activation, "relu");
        setDefault(dropout, 0.0);
        setDefault(optimizer, "adam");
        setDefault(learningRate, 0.001);
        setDefault(schedule, "linear");
        setDefault(weightDecay, 0.0);
        setDefault(batchSize, 1024);
        setDefault(epochs, 10);
        setDefault(patience, 0);
        setDefault(seed, 1L);
        setDefault(way, "auto");
        setDefault(checkpointDir, "");
        setDefault(checkpointInterval, 1);
    }

    private Param<String> text(String name, String description) {
        return new Param<>(this, name, description);
    }

    private Param<String> choice(String name, String description, List<?> names) {
        List<String> all = names.stream().map(Object::toString).toList();
        return new Param<>(
                this, name, description + ": " + String.join(", ", all), ParamValidators.<String>inArray(all));
    }

    @Override
    public String uid() {
        return uid;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private E with(Param param, Object value) {
        set(param, value);
        return (E) this;
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
     * Sets {@link #featuresCol}.
     *
     * @param value of the column
     * @return this estimator
     */
    public E setFeaturesCol(String value) {
        return with(featuresCol, value);
    }

    /**
     * The column of labels, {@code label} by default: classes from 0, or numbers. StringIndexer makes classes of texts, and the
     * model then has the texts as its labels.
     *
     * @return the parameter
     */
    public Param<String> labelCol() {
        return labelCol;
    }

    /**
     * Sets {@link #labelCol}.
     *
     * @param value of the column
     * @return this estimator
     */
    public E setLabelCol(String value) {
        return with(labelCol, value);
    }

    /**
     * The column of the rows' weights; empty, the default, if all count alike.
     *
     * @return the parameter
     */
    public Param<String> weightCol() {
        return weightCol;
    }

    /**
     * Sets {@link #weightCol}.
     *
     * @param value of the column
     * @return this estimator
     */
    public E setWeightCol(String value) {
        return with(weightCol, value);
    }

    /**
     * The column of booleans that are true for rows to validate on; empty, the default, for none. The driver holds these rows in
     * its memory.
     *
     * @return the parameter
     */
    public Param<String> validationIndicatorCol() {
        return validationIndicatorCol;
    }

    /**
     * Sets {@link #validationIndicatorCol}.
     *
     * @param value of the column
     * @return this estimator
     */
    public E setValidationIndicatorCol(String value) {
        return with(validationIndicatorCol, value);
    }

    /**
     * The model's column of predictions, see {@link LanewiseModel#predictionCol}.
     *
     * @return the parameter
     */
    public Param<String> predictionCol() {
        return predictionCol;
    }

    /**
     * Sets {@link #predictionCol}.
     *
     * @param value of the column
     * @return this estimator
     */
    public E setPredictionCol(String value) {
        return with(predictionCol, value);
    }

    /**
     * The model's column of probabilities, see {@link LanewiseModel#probabilityCol}.
     *
     * @return the parameter
     */
    public Param<String> probabilityCol() {
        return probabilityCol;
    }

    /**
     * Sets {@link #probabilityCol}.
     *
     * @param value of the column
     * @return this estimator
     */
    public E setProbabilityCol(String value) {
        return with(probabilityCol, value);
    }

    /**
     * The model's column of logits, see {@link LanewiseModel#rawPredictionCol}.
     *
     * @return the parameter
     */
    public Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    /**
     * Sets {@link #rawPredictionCol}.
     *
     * @param value of the column
     * @return this estimator
     */
    public E setRawPredictionCol(String value) {
        return with(rawPredictionCol, value);
    }

    /**
     * What becomes of rows that are no samples: features that are null, of another length, NaN or infinite; labels that are no
     * class or number; negative weights. {@code error}, the default: the training fails and names partition, row, column and what is
     * wrong. {@code skip}: they are left out, and counted in the log.
     *
     * @return the parameter
     */
    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    /**
     * Sets {@link #handleInvalid}.
     *
     * @param value error or skip
     * @return this estimator
     */
    public E setHandleInvalid(String value) {
        return with(handleInvalid, value);
    }

    /**
     * Widths of the inputs, of the hidden layers and of the outputs, as those of Spark's MultilayerPerceptronClassifier. Of a
     * classifier the outputs are as many as classes, or one for two classes; of a regressor one.
     *
     * @return the parameter
     */
    public IntArrayParam layers() {
        return layers;
    }

    /**
     * Sets {@link #layers}.
     *
     * @param value at least two, each at least 1
     * @return this estimator
     */
    public E setLayers(int[] value) {
        return with(layers, value);
    }

    /**
     * The function of the hidden layers, {@code relu} by default.
     *
     * @return the parameter
     */
    public Param<String> activation() {
        return activation;
    }

    /**
     * Sets {@link #activation}.
     *
     * @param value by its name
     * @return this estimator
     */
    public E setActivation(String value) {
        return with(activation, value);
    }

    /**
     * The share of the hidden layers' outputs that a step leaves out, 0 by default.
     *
     * @return the parameter
     */
    public DoubleParam dropout() {
        return dropout;
    }

    /**
     * Sets {@link #dropout}.
     *
     * @param value in [0, 1)
     * @return this estimator
     */
    public E setDropout(double value) {
        return with(dropout, value);
    }

    /**
     * How parameters follow from gradients, {@code adam} by default.
     *
     * @return the parameter
     */
    public Param<String> optimizer() {
        return optimizer;
    }

    /**
     * Sets {@link #optimizer}.
     *
     * @param value by its name
     * @return this estimator
     */
    public E setOptimizer(String value) {
        return with(optimizer, value);
    }

    /**
     * The learning rate, 0.001 by default: the first one, of one-cycle the highest.
     *
     * @return the parameter
     */
    public DoubleParam learningRate() {
        return learningRate;
    }

    /**
     * Sets {@link #learningRate}.
     *
     * @param value positive
     * @return this estimator
     */
    public E setLearningRate(double value) {
        return with(learningRate, value);
    }

    /**
     * How the learning rate changes from step to step, {@code linear} by default: down to zero.
     *
     * @return the parameter
     */
    public Param<String> schedule() {
        return schedule;
    }

    /**
     * Sets {@link #schedule}.
     *
     * @param value by its name
     * @return this estimator
     */
    public E setSchedule(String value) {
        return with(schedule, value);
    }

    /**
     * The decoupled decay of weights, 0 by default.
     *
     * @return the parameter
     */
    public DoubleParam weightDecay() {
        return weightDecay;
    }

    /**
     * Sets {@link #weightDecay}.
     *
     * @param value at least 0
     * @return this estimator
     */
    public E setWeightDecay(double value) {
        return with(weightDecay, value);
    }

    /**
     * Rows of a step, 1024 by default. Blocks of 256 rows are shared among executors.
     *
     * @return the parameter
     */
    public IntParam batchSize() {
        return batchSize;
    }

    /**
     * Sets {@link #batchSize}.
     *
     * @param value at least 1
     * @return this estimator
     */
    public E setBatchSize(int value) {
        return with(batchSize, value);
    }

    /**
     * Passes over the rows, 10 by default; fewer if patience ends the training.
     *
     * @return the parameter
     */
    public IntParam epochs() {
        return epochs;
    }

    /**
     * Sets {@link #epochs}.
     *
     * @param value at least 1
     * @return this estimator
     */
    public E setEpochs(int value) {
        return with(epochs, value);
    }

    /**
     * Epochs without a smaller validation loss after which the training ends; 0, the default, for never.
     *
     * @return the parameter
     */
    public IntParam patience() {
        return patience;
    }

    /**
     * Sets {@link #patience}.
     *
     * @param value at least 0
     * @return this estimator
     */
    public E setPatience(int value) {
        return with(patience, value);
    }

    /**
     * What decides initial weights, the order of rows, and dropout; 1 by default.
     *
     * @return the parameter
     */
    public LongParam seed() {
        return seed;
    }

    /**
     * Sets {@link #seed}.
     *
     * @param value any number
     * @return this estimator
     */
    public E setSeed(long value) {
        return with(seed, value);
    }

    /**
     * How executors share a training. {@code steps}: a job of Spark for each step, which works with dynamic allocation and
     * speculation. {@code barrier}: jobs whose tasks run at the same time, talk to each other and do many steps. {@code auto}, the
     * default, takes barrier jobs where they are possible; the log says which, and why. The bits are the same.
     *
     * @return the parameter
     */
    public Param<String> way() {
        return way;
    }

    /**
     * Sets {@link #way}.
     *
     * @param value auto, steps or barrier
     * @return this estimator
     */
    public E setWay(String value) {
        return with(way, value);
    }

    /**
     * The folder for checkpoints, in any file system that Hadoop knows; empty, the default, for none. If it has checkpoints of the
     * same settings and rows, {@link #fit} goes on from the newest that can be read, to the bits of a training that was never
     * interrupted; checkpoints of others are refused.
     *
     * @return the parameter
     */
    public Param<String> checkpointDir() {
        return checkpointDir;
    }

    /**
     * Sets {@link #checkpointDir}.
     *
     * @param value of a folder
     * @return this estimator
     */
    public E setCheckpointDir(String value) {
        return with(checkpointDir, value);
    }

    /**
     * Epochs between two checkpoints, 1 by default.
     *
     * @return the parameter
     */
    public IntParam checkpointInterval() {
        return checkpointInterval;
    }

    /**
     * Sets {@link #checkpointInterval}.
     *
     * @param value at least 1
     * @return this estimator
     */
    public E setCheckpointInterval(int value) {
        return with(checkpointInterval, value);
    }

    /** A writer, as Spark ML's stages have it: of the settings. */
    @Override
    public MLWriter write() {
        return DefaultParamsWritable.super.write();
    }

    /**
     * Checks the columns, and adds those of the model.
     *
     * @param type of the frame to be trained on
     * @return with the model's columns
     * @throws IllegalArgumentException if a column is missing or of another type, or settings do not fit
     */
    @Override
    public StructType transformSchema(StructType type) {
        Recipe recipe = recipe();
        columns().check(type, recipe);
        return model(Model.of(recipe.network(), recipe.loss())).transformSchema(type);
    }

    private TrainingColumns columns() {
        return new TrainingColumns(
                getOrDefault(featuresCol),
                getOrDefault(labelCol),
                getOrDefault(weightCol),
                getOrDefault(validationIndicatorCol));
    }

    private Recipe recipe() {
        if (!isSet(layers))
            throw new IllegalArgumentException(
                    "layers are not set: the widths of the inputs, of the hidden layers and of the outputs expected");
        Recipe recipe = new Recipe(
                getOrDefault(layers),
                getOrDefault(activation),
                (float) (double) (Double) getOrDefault(dropout),
                regression,
                getOrDefault(optimizer),
                (float) (double) (Double) getOrDefault(learningRate),
                getOrDefault(schedule),
                (float) (double) (Double) getOrDefault(weightDecay),
                (Integer) getOrDefault(batchSize),
                (Integer) getOrDefault(epochs),
                (Integer) getOrDefault(patience),
                (Long) getOrDefault(seed));
        if (regression && recipe.outputs() != 1)
            throw new IllegalArgumentException(
                    "layers end with " + recipe.outputs() + ", but a column of numbers has one");
        if (recipe.patience() > 0 && getOrDefault(validationIndicatorCol).isEmpty())
            throw new IllegalArgumentException(
                    "patience needs rows for the validation; validationIndicatorCol names the column that marks them");
        return recipe;
    }

    /**
     * Trains. Runs until the last epoch, or until patience ends it. Who interrupts this thread, or cancels Spark's job, ends it, too.
     *
     * @param frame to be trained on
     * @return the model
     * @throws IllegalArgumentException if a column or a setting does not fit, or there are no rows
     * @throws java.util.concurrent.CancellationException if it was interrupted or cancelled; the thread stays interrupted
     */
    @Override
    public LanewiseModel fit(org.apache.spark.sql.Dataset<?> frame) {
        transformSchema(frame.schema());
        Recipe recipe = recipe();
        JavaSparkContext context =
                JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
        TrainingColumns columns = columns();
        boolean skip = getOrDefault(handleInvalid).equals("skip");
        Dataset validation = null;
        if (columns.validates())
            try (Samples samples = new Samples(columns.rows(frame, true), recipe, columns.weighted(), skip)) {
                validation = samples.collect();
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "rows to validate on, column " + getOrDefault(validationIndicatorCol) + ": " + e.getMessage(),
                        e);
            }
        try (Samples samples = new Samples(columns.rows(frame, false), recipe, columns.weighted(), skip)) {
            String folder = getOrDefault(checkpointDir);
            Network network = new Training(context, recipe)
                    .way(Way.valueOf(getOrDefault(way).toUpperCase(Locale.ROOT)))
                    .validation(validation)
                    .checkpoints(
                            folder.isEmpty() ? null : folder, 0, (Integer) getOrDefault(checkpointInterval), 2, true)
                    .run(samples);
            return model(Model.builder(network, recipe.loss())
                    .labels(columns.labels(frame.schema(), recipe))
                    .build());
        }
    }

    private LanewiseModel model(Model model) {
        return copyValues(new LanewiseModel(uid, model), new ParamMap()).setParent(this);
    }

    @Override
    public E copy(ParamMap extra) {
        return defaultCopy(extra);
    }
}
