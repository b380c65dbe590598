package lanewise.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lanewise.Model;
import lanewise.io.ModelFile;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages in files, in pipelines and in streams of Java. */
class SavedModelTest {

    @TempDir
    private Path directory;

    private SparkSession session;

    @BeforeEach
    void begin() {
        session = LocalSpark.session(2);
    }

    private String path(String name) {
        return directory.resolve(name).toUri().toString();
    }

    @Test
    void aSavedStageComesBackAsItWas() throws Exception {
        List<Model> models = Models.all(5);
        // With labels, with a temperature, binary, of several numbers.
        for (Model model : List.of(models.get(0), models.get(1), models.get(4), models.get(8))) {
            LanewiseModel stage = LanewiseModel.of(model)
                    .setFeaturesCol("x")
                    .setHandleInvalid("keep")
                    .setPredictionCol("y");
            stage.write().overwrite().save(path("stage"));
            LanewiseModel loaded = LanewiseModel.load(path("stage"));
            assertEquals(stage.uid(), loaded.uid());
            assertEquals(
                    stage.extractParamMap().toString(), loaded.extractParamMap().toString());
            assertEquals(model.fingerprint(), loaded.model().fingerprint());
            assertEquals(model.labels(), loaded.model().labels());
            assertEquals(model.task(), loaded.model().task());
            assertEquals(model.temperature(), loaded.model().temperature());
        }
    }

    @Test
    void theModelsFileIsTheLibrarysOwn() throws Exception {
        Model model = Models.classes(5);
        LanewiseModel.of(model).save(path("stage"));
        Path file = directory.resolve("stage/model.lanewise");
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        ModelFile.save(model, expected);
        assertArrayEquals(expected.toByteArray(), Files.readAllBytes(file));
        LanewiseModel fromFile = LanewiseModel.load(file.toUri().toString());
        assertEquals(model.fingerprint(), fromFile.model().fingerprint());
        assertEquals("features", fromFile.getOrDefault(fromFile.featuresCol()));
    }

    @Test
    void anotherStageIsNotOverwrittenUnasked() throws Exception {
        LanewiseModel.of(Models.classes(5)).save(path("stage"));
        assertThrows(Exception.class, () -> LanewiseModel.of(Models.classes(4)).save(path("stage")));
        assertEquals(5, LanewiseModel.load(path("stage")).model().inputSize());
    }

    @Test
    void aDamagedFileIsRefusedByItsName() throws Exception {
        LanewiseModel.of(Models.classes(5)).save(path("stage"));
        Path file = directory.resolve("stage/model.lanewise");
        byte[] whole = Files.readAllBytes(file);
        byte[] damaged = whole.clone();
        damaged[whole.length / 2] ^= 16;
        Files.delete(directory.resolve("stage/.model.lanewise.crc"));
        for (byte[] wrong : List.of(damaged, java.util.Arrays.copyOf(whole, whole.length - 9), new byte[0])) {
            Files.write(file, wrong);
            Exception e = assertThrows(Exception.class, () -> LanewiseModel.load(path("stage")));
            assertTrue(e.getMessage().contains("stage/model.lanewise"), e.getMessage());
        }
        Files.delete(file);
        Exception e = assertThrows(Exception.class, () -> LanewiseModel.load(path("stage")));
        assertTrue(e.getMessage().contains("stage/model.lanewise"), e.getMessage());
        e = assertThrows(Exception.class, () -> LanewiseModel.load(path("nothing")));
        assertTrue(e.getMessage().contains("nothing"), e.getMessage());
    }

    /** Spark's file systems keep checksums beside files; one that no longer fits is an error of reading. */
    @Test
    void aFileThatItsFileSystemFindsDamagedIsRefusedByItsName() throws Exception {
        LanewiseModel.of(Models.classes(5)).save(path("stage"));
        Path file = directory.resolve("stage/model.lanewise");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        Exception e = assertThrows(Exception.class, () -> LanewiseModel.load(path("stage")));
        assertTrue(e.getMessage().contains("stage/model.lanewise"), e.getMessage());
    }

    @Test
    void aPipelineScoresTheSameAfterItWasSaved() throws Exception {
        Model model = Models.classes(3);
        Dataset<Row> frame =
                session.range(0, 500, 1, 3).selectExpr("sin(id) AS a", "id % 7 AS b", "id / 100.0D AS c", "id");
        PipelineModel pipeline = new Pipeline()
                .setStages(new PipelineStage[] {
                    new VectorAssembler()
                            .setInputCols(new String[] {"a", "b", "c"})
                            .setOutputCol("assembled"),
                    new StandardScaler()
                            .setInputCol("assembled")
                            .setOutputCol("features")
                            .setWithMean(true),
                    LanewiseModel.of(model)
                })
                .fit(frame);
        List<Row> rows = pipeline.transform(frame).collectAsList();
        for (Row row : rows) {
            float[] expected = new float[3];
            model.predictor().predict(Models.floats(row.getAs("features")), 0, expected, 0);
            assertArrayEquals(expected, Models.floats(row.getAs("probability")));
        }
        pipeline.write().overwrite().save(path("pipeline"));
        assertEquals(rows, PipelineModel.load(path("pipeline")).transform(frame).collectAsList());
    }

    @Test
    void aCopyHasItsOwnParameters() {
        LanewiseModel stage = LanewiseModel.of(Models.classes(5)).setPredictionCol("a");
        LanewiseModel copy = stage.copy(new org.apache.spark.ml.param.ParamMap().put(stage.probabilityCol(), "p"));
        copy.setPredictionCol("b");
        assertEquals("a", stage.getOrDefault(stage.predictionCol()));
        assertEquals("b", copy.getOrDefault(copy.predictionCol()));
        assertEquals("p", copy.getOrDefault(copy.probabilityCol()));
        assertEquals(stage.uid(), copy.uid());
    }

    @Test
    void javasSerializationKeepsTheModel() throws Exception {
        LanewiseModel stage = LanewiseModel.of(Models.classes(5)).setPredictionCol("a");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(stage);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            LanewiseModel copy = (LanewiseModel) in.readObject();
            assertEquals(stage.model().fingerprint(), copy.model().fingerprint());
            assertEquals("a", copy.getOrDefault(copy.predictionCol()));
        }
    }

    @Test
    void aStageOutlivesItsSparkContext() {
        LanewiseModel stage = LanewiseModel.of(Models.classes(5));
        List<Row> before = stage.transform(Models.frame(session, Models.vectors(5, 20, 1), 2))
                .collectAsList();
        session.stop();
        session = LocalSpark.session(2);
        assertEquals(
                before,
                stage.transform(Models.frame(session, Models.vectors(5, 20, 1), 2))
                        .collectAsList());
    }
}
