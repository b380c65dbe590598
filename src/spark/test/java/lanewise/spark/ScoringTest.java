package lanewise.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.layer.Arithmetic;
import lanewise.layer.Output;
import lanewise.layer.Task;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.feature.IndexToString;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link LanewiseModel} answers, in frames, in SQL and for RDDs: what the model's predictor does. */
class ScoringTest {

    private static final int INPUTS = 7;

    private SparkSession session;

    @BeforeEach
    void begin() {
        session = LocalSpark.session(2);
    }

    // Answers

    @Test
    void answersAreThePredictorsToTheBitHoweverRowsComeAndArePartitioned() {
        List<Vector> vectors = Models.vectors(INPUTS, 601, 1);
        for (Model model : Models.all(INPUTS))
            for (int partitions : new int[] {1, 2, 7}) {
                Dataset<Row> scored = LanewiseModel.of(model).transform(Models.frame(session, vectors, partitions));
                List<Row> rows = scored.collectAsList();
                assertEquals(vectors.size(), rows.size());
                for (int i = 0; i < rows.size(); i++) check(model, vectors.get(i), rows.get(i), i);
            }
    }

    private static void check(Model model, Vector vector, Row row, int i) {
        float[] logits = new float[model.outputSize()], predictions = logits.clone(), input = Models.floats(vector);
        Predictor predictor = model.predictor();
        predictor.logits(input, 0, logits, 0);
        predictor.predict(input, 0, predictions, 0);
        assertEquals(i, row.<Integer>getAs("id"));
        assertEquals(vector, row.getAs("features"));
        assertEquals(i % 5 == 0 ? null : "row " + i, row.getAs("name"));
        List<String> columns = List.of(row.schema().fieldNames());
        boolean binary = model.task() == Task.BINARY, regression = model.task() == Task.REGRESSION;
        assertEquals(!regression, columns.contains("rawPrediction"));
        assertEquals(model.output() != Output.IDENTITY && !regression, columns.contains("probability"));
        if (columns.contains("rawPrediction"))
            assertBits(binary ? new double[] {-logits[0], logits[0]} : doubles(logits), row.getAs("rawPrediction"));
        if (columns.contains("probability")) {
            double[] expected = doubles(predictions);
            if (binary) expected = new double[] {1 - expected[0], expected[0]};
            if (model.output() == Output.LOG_SOFTMAX)
                for (int k = 0; k < expected.length; k++) expected[k] = Arithmetic.exp(predictions[k]);
            assertBits(expected, row.getAs("probability"));
        }
        if (model.classes() > 0)
            assertEquals(predictor.classify(input, 0), row.<Double>getAs("prediction"), model + " " + vector);
        else {
            double[] expected = doubles(predictions);
            if (!regression) for (int k = 0; k < expected.length; k++) expected[k] = logits[k] > 0 ? 1 : 0;
            if (expected.length == 1) assertEquals(expected[0], row.<Double>getAs("prediction"));
            else assertBits(expected, row.getAs("prediction"));
        }
    }

    private static double[] doubles(float[] floats) {
        double[] doubles = new double[floats.length];
        for (int i = 0; i < doubles.length; i++) doubles[i] = floats[i];
        return doubles;
    }

    private static void assertBits(double[] expected, Vector found) {
        assertArrayEquals(
                Arrays.stream(expected).mapToLong(Double::doubleToRawLongBits).toArray(),
                Arrays.stream(found.toArray())
                        .mapToLong(Double::doubleToRawLongBits)
                        .toArray(),
                () -> Arrays.toString(expected) + " expected, " + found);
    }

    @Test
    void wideModelsHaveSmallerBatches() {
        int inputs = 10_007;
        Model model = Models.classes(inputs);
        List<Vector> vectors = Models.vectors(inputs, 240, 3);
        List<Row> rows = LanewiseModel.of(model)
                .transform(Models.frame(session, vectors, 1))
                .collectAsList();
        for (int i = 0; i < rows.size(); i++) check(model, vectors.get(i), rows.get(i), i);
    }

    // Columns

    @Test
    void columnsAreNamedAsAskedOrLeftOut() {
        Dataset<Row> frame =
                Models.frame(session, Models.vectors(INPUTS, 5, 1), 2).withColumnRenamed("features", "x");
        LanewiseModel stage = LanewiseModel.of(Models.classes(INPUTS)).setFeaturesCol("x");
        assertEquals(
                List.of("id", "x", "name", "rawPrediction", "probability", "prediction"),
                List.of(stage.transform(frame).columns()));
        stage.setProbabilityCol("p").setRawPredictionCol("").setPredictionCol("class");
        assertEquals(
                List.of("id", "x", "name", "p", "class"),
                List.of(stage.transform(frame).columns()));
        assertEquals(
                stage.transform(frame).schema(),
                stage.transformSchema(frame.schema()),
                "what the schema announces is not what comes");
        stage.setProbabilityCol("").setPredictionCol("");
        assertEquals(List.of(frame.columns()), List.of(stage.transform(frame).columns()));
    }

    @Test
    void labelsAndSizesAreAttributesOfTheColumns() {
        Model model = Models.classes(INPUTS);
        Dataset<Row> scored = LanewiseModel.of(model).transform(Models.frame(session, Models.vectors(INPUTS, 9, 1), 1));
        StructType type = scored.schema();
        NominalAttribute classes = (NominalAttribute) NominalAttribute.fromStructField(type.apply("prediction"));
        assertEquals(model.labels(), List.of(classes.values().get()));
        assertEquals(
                3, AttributeGroup.fromStructField(type.apply("probability")).size());
        Row row = new IndexToString()
                .setInputCol("prediction")
                .setOutputCol("label")
                .transform(scored)
                .first();
        int prediction = (int) (double) row.<Double>getAs("prediction");
        assertEquals(model.labels().get(prediction), row.getAs("label"));
    }

    @Test
    void aSchemaThatDoesNotFitIsRefused() {
        LanewiseModel stage = LanewiseModel.of(Models.classes(INPUTS));
        Dataset<Row> frame = Models.frame(session, Models.vectors(INPUTS, 3, 1), 1);
        assertRefused(
                "no column \"pixels\" for the model's inputs; there are [id, features, name]",
                () -> stage.copy(new org.apache.spark.ml.param.ParamMap())
                        .setFeaturesCol("pixels")
                        .transform(frame));
        assertRefused(
                "column \"name\" is of type string, a vector of Spark ML expected",
                () -> stage.copy(new org.apache.spark.ml.param.ParamMap())
                        .setFeaturesCol("name")
                        .transform(frame));
        assertRefused(
                "there is a column \"prediction\" already",
                () -> stage.transform(frame.withColumn("prediction", functions.lit(1))));
        Dataset<Row> short4 =
                frame.select(frame.col("features").as("features", new AttributeGroup("features", 4).toMetadata()));
        assertRefused("vectors of 4 elements, but the model has 7 inputs", () -> stage.transform(short4));
        Model numbers = Models.all(INPUTS).get(7);
        assertRefused(
                "a column \"p\" of probability is asked for, but a regression model with the output identity has none",
                () -> LanewiseModel.of(numbers).setProbabilityCol("p").transform(frame));
    }

    private static void assertRefused(String expected, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(expected), message);
    }

    // Around Catalyst

    @Test
    void whatFollowsAScoringIsPlannedAsEver() {
        List<Vector> vectors = Models.vectors(INPUTS, 300, 5);
        Model model = Models.classes(INPUTS);
        LanewiseModel stage = LanewiseModel.of(model);
        Dataset<Row> scored = stage.transform(Models.frame(session, vectors, 3));
        List<Row> all = scored.collectAsList();

        List<Row> alone = scored.select("prediction").collectAsList();
        for (int i = 0; i < all.size(); i++)
            assertEquals(all.get(i).<Double>getAs("prediction"), alone.get(i).get(0));
        assertEquals(300, scored.count());
        assertEquals(all.subList(0, 10), scored.limit(10).collectAsList());
        assertEquals(
                all.stream()
                        .filter(r -> r.<Double>getAs("prediction") == 1 && r.<Integer>getAs("id") > 100)
                        .toList(),
                scored.filter("prediction = 1 and id > 100").collectAsList());
        assertEquals(600, scored.union(scored).count());
        assertEquals(
                300,
                scored.as("a")
                        .join(scored.as("b"), functions.expr("a.id = b.id and a.prediction = b.prediction"))
                        .count());
        Row group = scored.groupBy("prediction")
                .agg(functions.count("*"), functions.max("id"))
                .orderBy("prediction")
                .first();
        double lowest = group.getDouble(0);
        assertEquals(
                all.stream()
                        .filter(r -> r.<Double>getAs("prediction") == lowest)
                        .count(),
                group.getLong(1));
        Dataset<Row> cached = scored.cache();
        assertEquals(all, cached.collectAsList());
        assertTrue(stage.transform(Models.frame(session, vectors, 3).filter("id >= 0"))
                                .count()
                        == 300
                && cached.select("probability").count() == 300);
        cached.unpersist();
    }

    @Test
    void columnsThatNobodyNeedsAfterwardsAreNeitherCarriedNorComputed() {
        Dataset<Row> scored = LanewiseModel.of(Models.classes(INPUTS))
                .transform(Models.frame(session, Models.vectors(INPUTS, 5, 1), 1));
        String plan = plan(scored.select("prediction"));
        assertTrue(plan.contains("answers=[PREDICTION]"), plan);
        assertTrue(plan.matches("(?s).*, features#\\d+: vector, \\[prediction#\\d+\\]\n.*"), plan);
    }

    @Test
    void columnsInAnyOrderAndComputedOnesAreThoseThatWereAskedFor() {
        List<Vector> vectors = Models.vectors(INPUTS, 100, 12);
        Dataset<Row> scored = LanewiseModel.of(Models.classes(INPUTS)).transform(Models.frame(session, vectors, 2));
        List<Row> all = scored.collectAsList();
        String[][] lists = {
            {"prediction", "probability"},
            {"probability", "name"},
            {"name", "id", "rawPrediction", "prediction as class", "prediction"},
            {"id as number", "prediction"},
            {"prediction + 1", "name"},
            {"id", "id", "prediction", "prediction"},
            {"1"}
        };
        for (String[] list : lists) {
            Dataset<Row> selected = scored.selectExpr(list);
            List<Row> expected = session.createDataFrame(all, scored.schema())
                    .selectExpr(list)
                    .collectAsList();
            assertEquals(expected, selected.collectAsList(), () -> plan(selected));
        }
    }

    private static String plan(Dataset<Row> frame) {
        return ((org.apache.spark.sql.classic.Dataset<Row>) frame)
                .queryExecution()
                .executedPlan()
                .toString();
    }

    @Test
    void twoModelsScoreOneFrame() {
        List<Vector> vectors = Models.vectors(INPUTS, 100, 5);
        Model first = Models.classes(INPUTS), second = Models.all(INPUTS).get(1);
        Dataset<Row> frame = Models.frame(session, vectors, 2);
        Dataset<Row> both = LanewiseModel.of(second)
                .setPredictionCol("other")
                .setProbabilityCol("")
                .setRawPredictionCol("")
                .transform(LanewiseModel.of(first).transform(frame));
        for (Row row : both.collectAsList()) {
            float[] input = Models.floats(row.getAs("features"));
            assertEquals(first.predictor().classify(input, 0), row.<Double>getAs("prediction"));
            assertEquals(second.predictor().classify(input, 0), row.<Double>getAs("other"));
        }
    }

    // SQL

    @Test
    void aFunctionOfSqlAnswersTheSame() {
        List<Vector> vectors = Models.vectors(INPUTS, 200, 6);
        for (Model model : Models.all(INPUTS)) {
            LanewiseModel stage = LanewiseModel.of(model);
            stage.register(session, "answer");
            if (Answer.PROBABILITY.size(model) > 0) stage.register(session, "chances", "probability");
            Models.frame(session, vectors, 2).createOrReplaceTempView("things");
            List<Row> rows = session.sql("SELECT answer(features), id FROM things ORDER BY id")
                    .collectAsList();
            List<Row> expected =
                    stage.transform(Models.frame(session, vectors, 1)).collectAsList();
            for (int i = 0; i < rows.size(); i++)
                assertEquals(
                        expected.get(i).<Object>getAs("prediction"), rows.get(i).get(0));
            if (Answer.PROBABILITY.size(model) == 0) continue;
            rows = session.sql("SELECT chances(features), id FROM things ORDER BY id")
                    .collectAsList();
            for (int i = 0; i < rows.size(); i++)
                assertEquals(
                        expected.get(i).<Object>getAs("probability"),
                        rows.get(i).get(0));
        }
    }

    @Test
    void aFunctionTakesArraysAndNulls() {
        Model model = Models.classes(3);
        LanewiseModel.of(model).register(session, "flower");
        int expected = model.predictor().classify(new float[] {1, 2, 0.5f}, 0);
        for (String array : List.of("array(1.0D, 2.0D, 0.5D)", "array(1.0F, 2.0F, 0.5F)", "array(1, 2, 0.5)"))
            assertEquals(
                    (double) expected,
                    session.sql("SELECT flower(" + array + ")").first().get(0),
                    array);
        assertEquals(
                null,
                session.sql("SELECT flower(CAST(NULL AS ARRAY<DOUBLE>))")
                        .first()
                        .get(0));
        String message = messages(assertThrows(
                Exception.class, () -> session.sql("SELECT flower(array(1, 2))").first()));
        assertTrue(message.contains("2 elements, 3 expected by the model \"flowers\""), message);
    }

    // Invalid rows

    private static final List<Vector> INVALID = Arrays.asList(
            null,
            Vectors.dense(1, 2, 3),
            Vectors.sparse(9, new int[] {1}, new double[] {1}),
            Vectors.dense(0, 1, Double.NaN, 3, 4, 5, 6),
            Vectors.sparse(7, new int[] {2, 5}, new double[] {1, Double.NEGATIVE_INFINITY}),
            Vectors.dense(0, 1, 2, 3, 1e39, 5, 6));

    private static final List<String> REASONS = List.of(
            "null",
            "3 elements, 7 expected by the model \"flowers\"",
            "9 elements, 7 expected by the model \"flowers\"",
            "element 2 of 7 is NaN, a finite number expected",
            "element 5 of 7 is -Infinity, a finite number expected",
            "element 4 of 7 is 1.0E39, more than a float holds");

    @Test
    void anInvalidRowEndsTheJobAndIsNamed() {
        for (int i = 0; i < INVALID.size(); i++) {
            List<Vector> vectors = Models.vectors(INPUTS, 700, 8);
            vectors.set(650, INVALID.get(i));
            Dataset<Row> scored = LanewiseModel.of(Models.classes(INPUTS)).transform(Models.frame(session, vectors, 2));
            String message = messages(assertThrows(Exception.class, scored::collectAsList));
            String expected = "row 300 of partition 1, column \"features\": " + REASONS.get(i);
            assertTrue(message.contains(expected), message + "\n" + expected);
            assertTrue(message.contains("set handleInvalid to \"skip\" or \"keep\""), message);
        }
    }

    private static String messages(Throwable e) {
        return e == null ? "" : e.getMessage() + "\n" + messages(e.getCause());
    }

    @Test
    void invalidRowsAreLeftOutOrAnsweredByNotANumber() {
        List<Vector> vectors = Models.vectors(INPUTS, 300, 9);
        for (int i = 0; i < INVALID.size(); i++) vectors.set(7 * i, INVALID.get(i));
        for (Model model : Models.all(INPUTS)) {
            LanewiseModel stage = LanewiseModel.of(model).setHandleInvalid("skip");
            List<Row> left = stage.transform(Models.frame(session, vectors, 2)).collectAsList();
            assertEquals(300 - INVALID.size(), left.size());
            for (Row row : left) check(model, vectors.get(row.getInt(0)), row, row.getInt(0));

            List<Row> all = stage.setHandleInvalid("keep")
                    .transform(Models.frame(session, vectors, 2))
                    .collectAsList();
            assertEquals(300, all.size());
            for (int i = 0; i < all.size(); i++)
                if (i % 7 != 0 || i / 7 >= INVALID.size()) check(model, vectors.get(i), all.get(i), i);
                else
                    for (int c = 3; c < all.get(i).size(); c++) {
                        Object answer = all.get(i).get(c);
                        double[] values = answer instanceof Vector v ? v.toArray() : new double[] {(Double) answer};
                        for (double v : values) assertTrue(Double.isNaN(v), model + ": " + all.get(i));
                    }
        }
    }

    @Test
    void aRowThatALayerRefusesIsFoundAmongItsBatch() {
        Model model = Model.of(
                lanewise.Network.builder(2)
                        .add(lanewise.layer.Embedding.of(2, 5, 3))
                        .dense(2, lanewise.layer.Activation.IDENTITY)
                        .build(1),
                lanewise.layer.Loss.SOFTMAX_CROSS_ENTROPY);
        List<Vector> vectors = new java.util.ArrayList<>();
        for (int i = 0; i < 100; i++) vectors.add(Vectors.dense(i % 5, (i + 1) % 5));
        vectors.set(41, Vectors.dense(2, 5));
        Dataset<Row> frame = Models.frame(session, vectors, 1);
        String message = messages(assertThrows(
                Exception.class, () -> LanewiseModel.of(model).transform(frame).collectAsList()));
        assertTrue(message.contains("row 41 of partition 0, column \"features\": "), message);
        List<Row> kept = LanewiseModel.of(model)
                .setHandleInvalid("skip")
                .transform(frame)
                .collectAsList();
        assertEquals(99, kept.size());
        for (Row row : kept) check(model, vectors.get(row.getInt(0)), row, row.getInt(0));
    }

    // RDDs

    @Test
    void rowsOfFloatsArePredictedInTheirOrder() {
        Model model = Models.classes(INPUTS);
        List<float[]> inputs =
                Models.vectors(INPUTS, 515, 2).stream().map(Models::floats).toList();
        JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
        LanewiseModel stage = LanewiseModel.of(model);
        List<float[]> found = stage.predict(context.parallelize(inputs, 2)).collect();
        assertEquals(inputs.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            float[] expected = new float[3];
            model.predictor().predict(inputs.get(i), 0, expected, 0);
            assertArrayEquals(expected, found.get(i));
        }
        JavaRDD<float[]> wrong = context.parallelize(List.of(new float[7], new float[7], new float[6]), 1);
        String message = messages(
                assertThrows(Exception.class, () -> stage.predict(wrong).collect()));
        assertTrue(message.contains("row 2 of partition 0: 6 elements, 7 expected by model \"flowers\""), message);
    }
}
