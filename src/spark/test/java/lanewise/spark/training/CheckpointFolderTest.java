package lanewise.spark.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints in a folder that is reached by Hadoop: a training that was interrupted ends with the bits of one that was not. */
class CheckpointFolderTest {

    private static final Recipe RECIPE = Example.recipe("adam", 600, 3);

    private static JavaSparkContext spark;

    @TempDir
    private Path temporary;

    @BeforeAll
    static void start() {
        spark = Example.context("local[2,4]");
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Samples samples(int count) {
        return new Samples(spark.parallelize(Example.rows(count), 2), RECIPE, true, false);
    }

    private Path folder() {
        return temporary.resolve("a folder");
    }

    private Training training(Recipe recipe, Way way, boolean resume) {
        return new Training(spark, recipe).way(way).checkpoints("file://" + folder(), 2, 1, 2, resume);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".crc"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STEPS", "BARRIER"})
    void anInterruptedTrainingEndsWithTheBitsOfOneThatWasNot(Way way) throws IOException {
        try (Samples samples = samples(2_000)) {
            String expected = Example.alone(samples, RECIPE);
            training(RECIPE, way, false).listener(new Stopping(6)).run(samples);
            assertEquals(List.of("step-000000000004.checkpoint", "step-000000000006.checkpoint"), names());
            Stopping rest = new Stopping(100);
            // Either way goes on where the other one was.
            Way other = way == Way.STEPS ? Way.BARRIER : Way.STEPS;
            assertEquals(
                    expected,
                    training(RECIPE, other, true).listener(rest).run(samples).fingerprint());
            assertEquals(6, rest.steps);
            assertEquals(List.of(), rest.warnings);
            assertEquals(List.of("step-000000000010.checkpoint", "step-000000000012.checkpoint"), names());
        }
    }

    @Test
    void theNewestThatCanBeReadIsTaken() throws IOException {
        try (Samples samples = samples(2_000)) {
            training(RECIPE, Way.STEPS, false).listener(new Stopping(6)).run(samples);
            byte[] bytes = Files.readAllBytes(folder().resolve("step-000000000006.checkpoint"));
            bytes[bytes.length / 2] ^= 1;
            Files.write(folder().resolve("step-000000000006.checkpoint"), bytes);
            Files.write(folder().resolve("step-000000000008.checkpoint.1.copying"), bytes);
            Stopping rest = new Stopping(100);
            assertEquals(
                    Example.alone(samples, RECIPE),
                    training(RECIPE, Way.STEPS, true)
                            .listener(rest)
                            .run(samples)
                            .fingerprint());
            assertEquals(8, rest.steps);
            assertEquals(1, rest.warnings.size(), rest.warnings.toString());
            assertTrue(rest.warnings.get(0).contains("step-000000000006"), rest.warnings.get(0));
            assertEquals(List.of("step-000000000010.checkpoint", "step-000000000012.checkpoint"), names());

            for (String name : names()) Files.write(folder().resolve(name), new byte[99]);
            assertThrows(
                    UncheckedIOException.class,
                    () -> training(RECIPE, Way.STEPS, true).run(samples));
        }
    }

    /** As many as are kept, so that only another one can be read. */
    @Test
    void damagedNewerOnesHideNoneThatCanBeRead() throws IOException {
        try (Samples samples = samples(2_000)) {
            training(RECIPE, Way.STEPS, false).listener(new Stopping(6)).run(samples);
            for (int step : new int[] {20, 21, 22})
                Files.write(folder().resolve("step-0000000000" + step + ".checkpoint"), new byte[99]);
            training(RECIPE, Way.STEPS, true).listener(new Stopping(2)).run(samples);
            assertTrue(names().contains("step-000000000008.checkpoint"), names().toString());
            Stopping rest = new Stopping(100);
            assertEquals(
                    Example.alone(samples, RECIPE),
                    training(RECIPE, Way.STEPS, true)
                            .listener(rest)
                            .run(samples)
                            .fingerprint());
            assertEquals(4, rest.steps);
        }
    }

    @Test
    void checkpointsOfOtherSettingsOrSamplesAreRefused() {
        try (Samples samples = samples(2_000);
                Samples others = samples(2_001)) {
            training(RECIPE, Way.STEPS, false).listener(new Stopping(3)).run(samples);
            String there = assertThrows(
                            IllegalStateException.class,
                            () -> training(RECIPE, Way.STEPS, false).run(samples))
                    .getMessage();
            assertTrue(there.endsWith("resume, or take another folder"), there);
            String settings = assertThrows(
                            IllegalStateException.class,
                            () -> training(Example.recipe("adam", 500, 3), Way.STEPS, true)
                                    .run(samples))
                    .getMessage();
            assertTrue(settings.contains("batch size: 600 in the checkpoint, 500 now"), settings);
            assertTrue(settings.startsWith("file:"), settings);
            String data = assertThrows(
                            IllegalStateException.class,
                            () -> training(RECIPE, Way.STEPS, true).run(others))
                    .getMessage();
            assertTrue(data.contains("data: 2000 samples"), data);
        }
    }

    @Test
    void whatIsNoFolderIsSaidBeforeTheFirstStep() throws IOException {
        Files.writeString(folder(), "a file");
        try (Samples samples = samples(2_000)) {
            Stopping listener = new Stopping(100);
            String message = assertThrows(
                            UncheckedIOException.class,
                            () -> training(RECIPE, Way.STEPS, false)
                                    .listener(listener)
                                    .run(samples))
                    .getMessage();
            assertTrue(message.startsWith("checkpoints in file:"), message);
            assertEquals(0, listener.steps);
        }
    }
}
