package lanewise.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.layer.RandomSource;
import org.apache.spark.SparkException;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The estimators as stages of Spark ML. */
class EstimatorTest {

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = LocalSpark.session(2);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** Points in the plane with the name of their quadrant, a number, a weight, and whether they are for the validation. */
    private static Dataset<Row> points(int count) {
        RandomSource random = new RandomSource(9);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double x = random.normal() * 3 + 5, y = random.normal();
            String quadrant = (x > 5 ? "east" : "west") + (y > 0 ? " north" : " south");
            rows.add(RowFactory.create(x, y, quadrant, x / 10 - y, 1 + i % 2, i % 5 == 0));
        }
        StructType type = new StructType()
                .add("x", DataTypes.DoubleType)
                .add("y", DataTypes.DoubleType)
                .add("quadrant", DataTypes.StringType)
                .add("number", DataTypes.DoubleType)
                .add("weight", DataTypes.IntegerType)
                .add("validation", DataTypes.BooleanType);
        return spark.createDataFrame(rows, type).repartition(3);
    }

    private static PipelineStage[] stages(PipelineStage last) {
        return new PipelineStage[] {
            new VectorAssembler().setInputCols(new String[] {"x", "y"}).setOutputCol("raw"),
            new StandardScaler().setInputCol("raw").setOutputCol("features").setWithMean(true),
            last
        };
    }

    private static LanewiseClassifier classifier() {
        return new LanewiseClassifier()
                .setLayers(new int[] {2, 16, 4})
                .setActivation("tanh")
                .setLearningRate(0.1)
                .setBatchSize(300)
                .setEpochs(6);
    }

    @Test
    void aClassifierInAPipelineHasLabelsAndComesBackFromAFolder(@TempDir Path folder) throws Exception {
        Dataset<Row> points = points(1_500);
        Dataset<Row> indexed = new StringIndexer()
                .setInputCol("quadrant")
                .setOutputCol("label")
                .fit(points)
                .transform(points);
        LanewiseClassifier classifier = classifier()
                .setWeightCol("weight")
                .setValidationIndicatorCol("validation")
                .setPatience(5);
        PipelineModel model = new Pipeline().setStages(stages(classifier)).fit(indexed);
        LanewiseModel trained = (LanewiseModel) model.stages()[2];
        assertEquals(
                List.of("east north", "east south", "west north", "west south"),
                trained.model().labels().stream().sorted().toList());
        double accuracy = new MulticlassClassificationEvaluator()
                .setMetricName("accuracy")
                .evaluate(model.transform(indexed));
        assertTrue(accuracy > 0.95, "accuracy " + accuracy);

        String path = folder.resolve("pipeline").toString();
        model.save(path);
        LanewiseModel loaded = (LanewiseModel) PipelineModel.load(path).stages()[2];
        assertEquals(trained.model().fingerprint(), loaded.model().fingerprint());

        path = folder.resolve("classifier").toString();
        classifier.save(path);
        LanewiseClassifier again = LanewiseClassifier.load(path);
        PipelineModel repeated = new Pipeline().setStages(stages(again)).fit(indexed.repartition(7));
        assertEquals(
                trained.model().fingerprint(),
                ((LanewiseModel) repeated.stages()[2]).model().fingerprint());
    }

    @Test
    void crossValidationFindsTheBetterSetting() {
        Dataset<Row> points = points(900);
        Dataset<Row> indexed = new StringIndexer()
                .setInputCol("quadrant")
                .setOutputCol("label")
                .fit(points)
                .transform(points);
        LanewiseClassifier classifier = classifier();
        ParamMap[] grid = new ParamGridBuilder()
                .addGrid(classifier.learningRate(), new double[] {1e-7, 0.1})
                .build();
        CrossValidatorModel best = new CrossValidator()
                .setEstimator(new Pipeline().setStages(stages(classifier)))
                .setEvaluator(new MulticlassClassificationEvaluator())
                .setEstimatorParamMaps(grid)
                .setNumFolds(2)
                .fit(indexed);
        assertTrue(best.avgMetrics()[1] > best.avgMetrics()[0] + 0.2);
    }

    @Test
    void aRegressorLearnsNumbers() {
        Dataset<Row> points = points(1_000);
        LanewiseRegressor regressor = new LanewiseRegressor()
                .setLayers(new int[] {2, 8, 1})
                .setLabelCol("number")
                .setActivation("tanh")
                .setLearningRate(0.1)
                .setBatchSize(500)
                .setEpochs(25);
        Dataset<Row> scored =
                new Pipeline().setStages(stages(regressor)).fit(points).transform(points);
        double r2 = new RegressionEvaluator()
                .setLabelCol("number")
                .setMetricName("r2")
                .evaluate(scored);
        assertTrue(r2 > 0.95, "R² " + r2);
        assertEquals(-1, List.of(scored.columns()).indexOf("probability"));
    }

    /** Rows of features and labels, some of which are no samples. */
    private static Dataset<Row> bad() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 40; i++) rows.add(RowFactory.create(Vectors.dense(i % 4, 1), (double) (i % 4)));
        rows.set(7, RowFactory.create(Vectors.dense(1, Double.NaN), 1.0));
        rows.set(12, RowFactory.create(Vectors.dense(1, 2), 4.0));
        rows.set(20, RowFactory.create(Vectors.dense(1, 2, 3), 1.0));
        rows.set(21, RowFactory.create(null, 1.0));
        rows.set(22, RowFactory.create(Vectors.dense(1, 2), null));
        StructType type =
                new StructType().add("features", SQLDataTypes.VectorType()).add("label", DataTypes.DoubleType);
        return spark.createDataFrame(rows, type).coalesce(1);
    }

    @Test
    void rowsThatAreNoSamplesFailTheTrainingOrAreSkipped() {
        LanewiseClassifier classifier = classifier().setEpochs(1);
        Exception e = assertThrows(Exception.class, () -> classifier.fit(bad()));
        assertTrue(e instanceof SparkException, e.toString());
        assertTrue(
                e.getMessage().contains("row 8 of partition 0: feature 1 is NaN"),
                e.getMessage().lines().findFirst().orElse(""));
        assertNotNull(classifier.setHandleInvalid("skip").fit(bad()));
    }

    @Test
    void settingsThatDoNotFitAreRefusedBeforeAnyJob() {
        Dataset<Row> frame = bad();
        refused("layers are not set", () -> new LanewiseClassifier().fit(frame));
        refused(
                "layers end with 2",
                () -> new LanewiseRegressor().setLayers(new int[] {2, 2}).fit(frame));
        refused(
                "no column \"target\" (labelCol); there are features, label",
                () -> classifier().setLabelCol("target").fit(frame));
        refused(
                "column \"features\" is of type",
                () -> classifier().fit(frame.withColumn("features", functions.lit(1.0))));
        refused(
                "numbers expected; StringIndexer",
                () -> classifier().fit(frame.withColumn("label", functions.lit("one"))));
        refused("patience needs rows", () -> classifier().setPatience(3).fit(frame));
        refused("optimizer", () -> classifier().setOptimizer("adamant"));
    }

    private static void refused(String words, org.junit.jupiter.api.function.Executable call) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call);
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }
}
