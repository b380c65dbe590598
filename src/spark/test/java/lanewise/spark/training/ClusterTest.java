package lanewise.spark.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import lanewise.train.TrainingListener;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.StageInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import scala.collection.immutable.Map$;

/**
 * Executors in JVMs of their own. They, and drivers, are killed in those tests that {@code mvn verify} leaves out, as they take long. The
 * bits are those of one process.
 */
class ClusterTest {

    private static final Recipe RECIPE = Example.recipe("adam", 600, 3);

    private static Samples samples(JavaSparkContext spark) {
        return new Samples(spark.parallelize(Example.rows(2_000), 2), RECIPE, true, false);
    }

    /** Ends this JVM as the system does when it needs memory: at once, without a word. */
    private static void kill() {
        try {
            new ProcessBuilder(
                            "kill", "-9", String.valueOf(ProcessHandle.current().pid()))
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        for (; ; ) LockSupport.park();
    }

    @Tag("cluster")
    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void anExecutorThatIsKilledChangesNoBit(Way way) {
        EpochTask.Faults killing = (task, attempt, number, peers) -> {
            if (number == 6 && attempt == 0 && task == 1) kill();
        };
        try (JavaSparkContext spark = Example.context(Example.settings("local-cluster[2,1,1024]")
                        // As soon as the lost executor has been replaced, not after 15 seconds.
                        .set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s"));
                Samples samples = samples(spark)) {
            // Of the executors that were there at first one is gone afterwards.
            List<String> before = executors(spark);
            String trained = new Training(spark, RECIPE)
                    .way(way)
                    .faults(60_000, killing)
                    .run(samples)
                    .fingerprint();
            assertEquals(Example.alone(samples, RECIPE), trained);
            List<String> after = executors(spark);
            assertTrue(!after.containsAll(before), before + " before, " + after + " after");
        }
    }

    /** Four executors of which one is killed in each training. */
    @Tag("cluster")
    @Test
    void fourExecutorsInThreeAndSevenPartitionsHaveTheBitsOfOneProcess() {
        Recipe recipe = Example.recipe("adam", 1_800, 3);
        EpochTask.Faults killing = (task, attempt, number, peers) -> {
            if (number == 4 && attempt == 0 && task == 1) kill();
        };
        try (JavaSparkContext spark = Example.context(Example.settings("local-cluster[4,1,1024]")
                .set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s"))) {
            for (int partitions : new int[] {3, 7})
                try (Samples samples =
                        new Samples(spark.parallelize(Example.rows(5_000), partitions), recipe, true, false)) {
                    String alone = Example.alone(samples, recipe);
                    for (Way way : new Way[] {Way.STEPS, Way.BARRIER}) {
                        List<String> before = executors(spark);
                        String trained = new Training(spark, recipe)
                                .way(way)
                                .tasks(partitions)
                                .faults(60_000, killing)
                                .run(samples)
                                .fingerprint();
                        assertEquals(alone, trained, way + ", " + partitions + " partitions");
                        List<String> after = executors(spark);
                        assertTrue(!after.containsAll(before), before + " before, " + after + " after");
                    }
                }
        }
    }

    /** A barrier job that needed the lost one as well would never begin. */
    @Tag("cluster")
    @Test
    void executorsThatGoForGoodAndNewOnesChangeTheNumberOfTasks() throws TimeoutException {
        List<Integer> tasks = new ArrayList<>();
        try (JavaSparkContext spark = Example.context(Example.settings("local-cluster[2,1,1024]")
                        .set("spark.scheduler.minRegisteredResourcesRatio", "1")
                        .set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                        .set("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "3"));
                Samples samples = samples(spark)) {
            spark.sc().addSparkListener(new SparkListener() {
                @Override
                public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
                    // The stages of barrier jobs, when their number of tasks changes.
                    StageInfo stage = submitted.stageInfo();
                    if (!stage.name().startsWith("collectAsync")) return;
                    if (tasks.isEmpty() || tasks.get(tasks.size() - 1) != stage.numTasks()) tasks.add(stage.numTasks());
                }
            });
            String trained = new Training(spark, RECIPE)
                    .way(Way.BARRIER)
                    .listener(new TrainingListener() {
                        private int steps;

                        @Override
                        public void batchDone(int epoch, int samplesDone, int samples, double loss) {
                            steps++;
                            if (steps == 4)
                                spark.sc()
                                        .killExecutor(
                                                spark.sc().getExecutorIds().apply(0));
                            else if (steps == 8) spark.sc().requestTotalExecutors(2, 0, Map$.MODULE$.empty());
                            else return;
                            while (Way.tasks(spark, RECIPE.batchSize(), 9) != steps / 4)
                                LockSupport.parkNanos(1_000_000);
                        }
                    })
                    .run(samples)
                    .fingerprint();
            assertEquals(Example.alone(samples, RECIPE), trained);
            spark.sc().listenerBus().waitUntilEmpty();
        }
        assertEquals(List.of(2, 1, 2), tasks);
    }

    private static List<String> executors(JavaSparkContext spark) {
        List<String> all = new ArrayList<>();
        for (var each : spark.statusTracker().getExecutorInfos()) all.add(each.host() + ":" + each.port());
        return all;
    }

    /** A driver, in a process of its own: the folder of its checkpoints, the way, and the step after which it does no more. */
    static final class Driver {

        private Driver() {}

        public static void main(String[] arguments) {
            int last = Integer.parseInt(arguments[2]);
            try (JavaSparkContext spark = Example.context("local[2,4]");
                    Samples samples = samples(spark)) {
                String trained = new Training(spark, RECIPE)
                        .way(Way.valueOf(arguments[1]))
                        .checkpoints(arguments[0], 2, 1, 3, true)
                        .listener(new TrainingListener() {
                            private int steps;

                            @Override
                            public void batchDone(int epoch, int samplesDone, int samples, double loss) {
                                System.out.println("step " + ++steps);
                                while (steps == last) LockSupport.park();
                            }
                        })
                        .run(samples)
                        .fingerprint();
                System.out.println("trained " + trained);
            }
        }
    }

    /** Starts a driver and reads what it says, up to a line; then kills it. Returns its lines that begin with a word. */
    static List<String> drive(String folder, Way way, int last, String until, String word) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments())
            if (!argument.startsWith("-agent") && !argument.startsWith("-javaagent")) command.add(argument);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Driver.class.getName()));
        command.addAll(List.of(folder, way.name(), String.valueOf(last)));
        Process driver = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(driver.getInputStream()))) {
            for (String line; (line = out.readLine()) != null; ) {
                if (line.startsWith(word)) lines.add(line);
                if (line.startsWith(until)) return lines;
            }
        } finally {
            driver.destroyForcibly();
        }
        throw new AssertionError("the driver ended without saying " + until);
    }

    @Tag("cluster")
    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void aDriverThatIsKilledGoesOnFromItsCheckpoint(Way way, @TempDir Path folder) throws IOException {
        String files = "file://" + folder;
        assertEquals(7, drive(files, way, 7, "step 7", "step").size());
        // Step 7 is done again, after the checkpoint of step 6: so these are steps 7 to 10 of twelve.
        assertEquals(4, drive(files, way, 4, "step 4", "step").size());
        // It was killed before the checkpoint of step 10 was written.
        List<String> steps = drive(files, way, 100, "trained", "step");
        assertEquals(4, steps.size(), steps.toString());
        // A training that has ended has ended.
        List<String> trained = drive(files, way, 100, "trained", "trained");
        assertEquals("trained " + alone(), trained.get(0));
    }

    private static String alone() {
        try (JavaSparkContext spark = Example.context("local[2,4]");
                Samples samples = samples(spark)) {
            return Example.alone(samples, RECIPE);
        }
    }

    @Test
    void separateExecutorsHaveTheBitsOfOneProcess() {
        // With the serializer that many applications have, which results go through.
        try (JavaSparkContext spark = Example.context(Example.settings("local-cluster[2,1,1024]")
                        .set("spark.serializer", "org.apache.spark.serializer.KryoSerializer"));
                Samples samples = samples(spark)) {
            String alone = Example.alone(samples, RECIPE);
            for (Way way : new Way[] {Way.STEPS, Way.BARRIER})
                assertEquals(
                        alone, new Training(spark, RECIPE).way(way).run(samples).fingerprint(), way.toString());
        }
    }
}
