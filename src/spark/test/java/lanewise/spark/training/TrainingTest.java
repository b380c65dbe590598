package lanewise.spark.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import lanewise.train.DivergedException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A training on a cluster has the bits of one in a single process, whatever fails meanwhile. */
class TrainingTest {

    private static final Recipe RECIPE = Example.recipe("adam", 600, 3);

    private static JavaSparkContext spark;

    @BeforeAll
    static void start() {
        spark = Example.context(System.getProperty("master", "local[3,4]"));
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void theBitsAreThoseOfOneProcess(Way way) {
        List<Row> rows = Example.rows(2_000);
        for (Recipe recipe : new Recipe[] {
            Example.recipe("adam", 600, 2), Example.recipe("sgd", 1_100, 1), Example.recipe("momentum", 5_000, 2)
        })
            for (int partitions : way == Way.STEPS ? new int[] {3, 7} : new int[] {1, 2, 3}) {
                Collections.shuffle(rows, new Random(partitions));
                try (Samples samples = new Samples(spark.parallelize(rows, partitions), recipe, true, false)) {
                    String trained = new Training(spark, recipe)
                            .way(way)
                            .tasks(partitions)
                            .run(samples)
                            .fingerprint();
                    assertEquals(Example.alone(samples, recipe), trained, recipe + " " + partitions);
                }
            }
    }

    /** In a job for each step that takes a job for each batch, so fewer of them. */
    @Test
    void smallBatchesAreDoneByAllTasksAlike() {
        List<Row> rows = Example.rows(700);
        for (String optimizer : new String[] {"sgd", "adamw"}) {
            Recipe recipe = Example.recipe(optimizer, 9, 2);
            try (Samples samples = new Samples(spark.parallelize(rows, 2), recipe, true, false)) {
                assertEquals(
                        Example.alone(samples, recipe),
                        new Training(spark, recipe)
                                .way(Way.BARRIER)
                                .run(samples)
                                .fingerprint());
            }
            recipe = Example.recipe(optimizer, 250, 2);
            try (Samples samples = new Samples(spark.parallelize(rows, 2), recipe, false, false)) {
                assertEquals(
                        Example.alone(samples, recipe),
                        new Training(spark, recipe).way(Way.STEPS).run(samples).fingerprint());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aTaskThatFailsIsRepeated(Way way) {
        EpochTask.Faults once = (task, attempt, number, peers) -> {
            if (number == 6 && attempt == 0 && task == 1) throw new IllegalStateException("this task fails once");
        };
        assertBitsWith(way, 120_000, once);
    }

    @Test
    void connectionsThatBreakHaveTheJobRepeated() {
        AtomicInteger broken = Broken.COUNT;
        broken.set(0);
        EpochTask.Faults cut = (task, attempt, number, peers) -> {
            if (number % 5 != 2 || attempt > 0) return;
            Broken.COUNT.incrementAndGet();
            peers.disconnect();
        };
        assertBitsWith(Way.BARRIER, 120_000, cut);
        assertTrue(broken.get() >= 2 || !spark.sc().isLocal(), broken + " connections were cut");
    }

    /** Counts in this JVM, in which the tasks of a local master run. */
    private static final class Broken {
        static final AtomicInteger COUNT = new AtomicInteger();
    }

    /** Spark kills it, as its job has failed: nothing else would end it. */
    @Test
    void aSilentTaskIsGivenUp() {
        EpochTask.Faults silent = (task, attempt, number, peers) -> {
            if (number != 3 || attempt > 0 || task != 1) return;
            while (!TaskContext.get().isInterrupted()) LockSupport.parkNanos(1_000_000);
            throw new IllegalStateException("it was silent");
        };
        assertBitsWith(Way.BARRIER, 5_000, silent);
    }

    @Test
    void whereBarrierJobsAreImpossibleStepsTakeTheirPlace() {
        EpochTask.Faults always = (task, attempt, number, peers) -> {
            if (peers != null && number > 4) throw new IllegalStateException("this task fails always");
        };
        assertBitsWith(Way.AUTO, 120_000, always);
        try (Samples samples = samples()) {
            Exception e = assertThrows(
                    Exception.class,
                    () -> new Training(spark, RECIPE)
                            .way(Way.BARRIER)
                            .faults(120_000, always)
                            .run(samples));
            // Spark tells of one task that failed: of this mistake, or of the connection to another that made it.
            assertTrue(e.getMessage().contains("Could not recover from a failed barrier"), e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void anInterruptedTrainingReturnsNoModel(Way way) {
        EpochTask.Faults slow = (task, attempt, number, peers) -> {
            if (number != 5) return;
            // One of them: a second interrupt might come when the training has ended.
            if (task == 0) Interrupted.driver.interrupt();
            while (!TaskContext.get().isInterrupted()) LockSupport.parkNanos(1_000_000);
            throw new IllegalStateException("killed");
        };
        Interrupted.driver = Thread.currentThread();
        try (Samples samples = samples()) {
            Training training = new Training(spark, RECIPE).way(way).faults(120_000, slow);
            String message = assertThrows(CancellationException.class, () -> training.run(samples))
                    .getMessage();
            assertEquals("the training was interrupted before its end", message);
            assertTrue(Thread.interrupted());
        }
    }

    /** Of this JVM, in which the tasks of a local master run. */
    private static final class Interrupted {
        static volatile Thread driver;
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"AUTO", "STEPS"})
    void aJobThatIsCancelledEndsTheTraining(Way way) {
        EpochTask.Faults cancelling = (task, attempt, number, peers) -> {
            if (number == 5 && task == 0) spark.sc().cancelAllJobs();
        };
        try (Samples samples = samples()) {
            Training training = new Training(spark, RECIPE).way(way).faults(120_000, cancelling);
            assertThrows(CancellationException.class, () -> training.run(samples));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void aResultThatSparkWouldNotLetThroughIsRefusedBeforeItIsComputed(Way way) {
        String before = spark.getConf().get("spark.driver.maxResultSize", "1g");
        try (Samples samples = samples()) {
            spark.sc().conf().set("spark.driver.maxResultSize", "2000b");
            Training training = new Training(spark, RECIPE).way(way);
            String message = assertThrows(UncheckedIOException.class, () -> training.run(samples))
                    .getMessage();
            assertTrue(
                    message.endsWith(
                            "bytes, but a job's result may have 2000; set spark.driver.maxResultSize to more, or to 0"),
                    message);
        } finally {
            spark.sc().conf().set("spark.driver.maxResultSize", before);
        }
    }

    private static Samples samples() {
        return new Samples(spark.parallelize(Example.rows(2_000), 2), RECIPE, true, false);
    }

    private static void assertBitsWith(Way way, int timeoutMillis, EpochTask.Faults faults) {
        try (Samples samples = samples()) {
            String trained = new Training(spark, RECIPE)
                    .way(way)
                    .faults(timeoutMillis, faults)
                    .run(samples)
                    .fingerprint();
            assertEquals(Example.alone(samples, RECIPE), trained);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void aLossThatIsNotFiniteEndsTheTrainingAtItsStep(Way way) {
        Recipe recipe =
                new Recipe(new int[] {7, 19, 1}, "identity", 0, true, "sgd", 1e15f, "constant", 0, 600, 3, 0, 5);
        try (Samples samples = new Samples(spark.parallelize(Example.rows(2_000), 2), recipe, false, false)) {
            String alone = assertThrows(DivergedException.class, () -> Example.alone(samples, recipe))
                    .getMessage();
            String cluster = assertThrows(
                            DivergedException.class,
                            () -> new Training(spark, recipe).way(way).run(samples))
                    .getMessage();
            assertEquals(alone.substring(0, alone.indexOf(';')), cluster.substring(0, cluster.indexOf(';')));
        }
    }
}
