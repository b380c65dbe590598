package lanewise.spark.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.List;
import lanewise.Model;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.spark.LanewiseModel;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Models and checkpoints in HDFS: a name node and a data node in this JVM, which only the profile {@code hdfs} brings. HDFS has no
 * renaming onto files, and a writer that dies leaves a file open.
 */
@Tag("cluster")
@EnabledIf(value = "isThere", disabledReason = "HDFS is not on the class path without -Phdfs")
class HdfsTest {

    private static final Recipe RECIPE = Example.recipe("adam", 600, 3);

    @TempDir
    private static java.nio.file.Path disk;

    private static JavaSparkContext spark;
    private static Object cluster;
    private static FileSystem files;

    static boolean isThere() {
        return HdfsTest.class.getResource("/org/apache/hadoop/hdfs/MiniDFSCluster.class") != null;
    }

    /** By reflection: without the profile its classes are not there. */
    @BeforeAll
    static void start() throws Exception {
        Configuration settings = new Configuration();
        settings.set("hdfs.minidfs.basedir", disk.toString());
        Class<?> builder = Class.forName("org.apache.hadoop.hdfs.MiniDFSCluster$Builder");
        cluster = builder.getMethod("build")
                .invoke(builder.getConstructor(Configuration.class).newInstance(settings));
        files = (FileSystem) cluster.getClass().getMethod("getFileSystem").invoke(cluster);
        spark = Example.context("local[2,4]");
    }

    @AfterAll
    static void stop() throws Exception {
        spark.stop();
        cluster.getClass().getMethod("shutdown").invoke(cluster);
    }

    private static Samples samples() {
        return new Samples(spark.parallelize(Example.rows(2_000), 2), RECIPE, true, false);
    }

    private static List<String> names(String folder) throws IOException {
        List<String> names = new ArrayList<>();
        for (FileStatus each : files.listStatus(new Path(folder)))
            names.add(each.getPath().getName());
        return names;
    }

    private static String address(String path) {
        return files.getUri() + path;
    }

    @Test
    void aModelComesBackAsItWasAndIsOverwritten() throws Exception {
        for (int inputs = 3; inputs < 6; inputs++) {
            Network network = Network.builder(inputs)
                    .dense(4, Activation.TANH)
                    .dense(3, Activation.IDENTITY)
                    .build(inputs);
            Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
            LanewiseModel.of(model).setFeaturesCol("x").write().overwrite().save(address("/models/one"));
            LanewiseModel loaded = LanewiseModel.load(address("/models/one"));
            assertEquals(model.fingerprint(), loaded.model().fingerprint());
            assertEquals("x", loaded.getOrDefault(loaded.featuresCol()));
            LanewiseModel file = LanewiseModel.load(address("/models/one/model.lanewise"));
            assertEquals(model.fingerprint(), file.model().fingerprint());
        }
        assertThrows(
                IOException.class,
                () -> LanewiseModel.load(address("/models/one")).save(address("/models/one")));
        String message = assertThrows(Exception.class, () -> LanewiseModel.load(address("/models/none")))
                .getMessage();
        assertTrue(message.contains("/models/none"), message);
    }

    private static String train(String folder, Samples samples, Stopping listener) {
        return new Training(spark, RECIPE)
                .way(Way.STEPS)
                .checkpoints(address(folder), 2, 1, 2, true)
                .listener(listener)
                .run(samples)
                .fingerprint();
    }

    /** What a driver leaves that dies while it writes: a file that is open, and one that is cut; the latter is then replaced. */
    @Test
    void aTrainingGoesOnFromTheNewestCheckpointThatCanBeRead() throws IOException {
        try (Samples samples = samples()) {
            train("/run", samples, new Stopping(6));
            assertEquals(List.of("step-000000000004.checkpoint", "step-000000000006.checkpoint"), names("/run"));
            try (FSDataOutputStream cut = files.create(new Path("/run/step-000000000006.checkpoint"), true)) {
                cut.write(new byte[99]);
            }
            FSDataOutputStream open = files.create(new Path("/run/step-000000000008.checkpoint.1.copying"));
            open.write(new byte[99]);
            open.hflush();
            Stopping rest = new Stopping(6);
            train("/run", samples, rest);
            assertEquals(1, rest.warnings.size(), rest.warnings.toString());
            assertTrue(rest.warnings.get(0).contains("step-000000000006"), rest.warnings.get(0));
            assertEquals(List.of("step-000000000008.checkpoint", "step-000000000010.checkpoint"), names("/run"));
            rest = new Stopping(100);
            assertEquals(Example.alone(samples, RECIPE), train("/run", samples, rest));
            assertEquals(List.of(), rest.warnings);
            assertEquals(2, rest.steps);
        }
    }

    /** Found before the first step, not when the first checkpoint is due. */
    @Test
    void aFolderThatCannotBeWrittenToIsRefused() throws IOException {
        files.mkdirs(new Path("/closed"));
        CheckpointFolder.Settings settings = new CheckpointFolder.Settings(address("/closed"), 0, 1, 2, true);
        PrivilegedExceptionAction<String> open = () -> {
            try (CheckpointFolder folder = new CheckpointFolder(settings, new Configuration())) {
                return folder.here("open");
            }
        };
        String message = assertThrows(
                        IOException.class,
                        () -> UserGroupInformation.createRemoteUser("stranger").doAs(open))
                .getMessage();
        assertTrue(message.startsWith("checkpoints in " + address("/closed") + ": Permission denied"), message);
        assertEquals(List.of(), names("/closed"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void aDriverThatIsKilledGoesOnFromItsCheckpoint(Way way) throws IOException {
        String folder = address("/" + way);
        assertEquals(7, ClusterTest.drive(folder, way, 7, "step 7", "step").size());
        assertEquals(4, ClusterTest.drive(folder, way, 4, "step 4", "step").size());
        assertEquals(4, ClusterTest.drive(folder, way, 100, "trained", "step").size());
        try (Samples samples = samples()) {
            assertEquals(
                    List.of("trained " + Example.alone(samples, RECIPE)),
                    ClusterTest.drive(folder, way, 100, "trained", "trained"));
        }
        assertEquals(
                List.of("step-000000000008.checkpoint", "step-000000000010.checkpoint", "step-000000000012.checkpoint"),
                names(folder));
    }
}
