package lanewise.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import lanewise.ChildJvm;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecorderTest {

    private static final int CALLS = 10_000;

    @TempDir
    private Path folder;

    private static Model model() {
        Network network = Network.builder(9)
                .dense(16, Activation.TANH)
                .dense(3, Activation.IDENTITY)
                .build(1);
        return Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .name("recorded")
                .build();
    }

    private static void predict(Predictor predictor) {
        float[] in = new float[18], out = new float[6];
        predictor.predict(in, 0, out, 0, 2);
        predictor.classify(in, 0);
    }

    private List<RecordedEvent> recorded(Recording recording, String name) throws IOException {
        recording.stop();
        Path file = folder.resolve("recording.jfr");
        recording.dump(file);
        return RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().equals(name))
                .toList();
    }

    @Test
    void loadsAreRecordedWhetherTheyWorkOrNot() throws IOException {
        Path file = folder.resolve("model");
        ModelFile.save(model(), file);
        byte[] damaged = Files.readAllBytes(file);
        damaged[damaged.length - 9] ^= 4;
        Path bad = Files.write(folder.resolve("damaged"), damaged);
        try (Recording recording = new Recording()) {
            recording.start();
            Model loaded = ModelFile.load(file);
            String message =
                    assertThrows(IOException.class, () -> ModelFile.load(bad)).getMessage();
            List<RecordedEvent> events = recorded(recording, "lanewise.ModelLoad");
            assertEquals(2, events.size());
            RecordedEvent good = events.get(0), error = events.get(1);
            assertEquals(file.toString(), good.getString("source"));
            assertEquals(Files.size(file), good.getLong("bytes"));
            assertEquals("recorded", good.getString("model"));
            assertEquals(loaded.fingerprint(), good.getString("fingerprint"));
            assertNull(good.getString("error"));
            assertEquals(message, error.getString("error"));
            assertNull(error.getString("fingerprint"));
        }
    }

    @Test
    void warmUpIsRecordedWithTheKernelsThatStay() throws IOException {
        Model model = model();
        if (model.warm()) return;
        try (Recording recording = new Recording()) {
            recording.start();
            model.warmUp();
            RecordedEvent event = recorded(recording, "lanewise.WarmUp").stream()
                    .filter(e -> "recorded".equals(e.getString("model")))
                    .findFirst()
                    .orElseThrow();
            assertEquals(model.fingerprint(), event.getString("fingerprint"));
            assertTrue(model.toString().contains(event.getString("kernels")), event.getString("kernels"));
        }
    }

    @Test
    void aWarmUpThatFailsOrIsEndedIsRecordedWithTheReason() throws Exception {
        Activation failing = new Activation("failing") {
            @Override
            public float value(float x) {
                throw new AssertionError("planted");
            }

            @Override
            public float derivative(float x, float y) {
                return 1f;
            }
        };
        Model broken = Model.builder(Network.builder(9).dense(3, failing).build(1), Loss.MEAN_SQUARED_ERROR)
                .name("broken")
                .build();
        Activation interrupting = new Activation("interrupting") {
            @Override
            public float value(float x) {
                Thread.currentThread().interrupt();
                return x;
            }

            @Override
            public float derivative(float x, float y) {
                return 1f;
            }
        };
        Model ended = Model.builder(Network.builder(9).dense(3, interrupting).build(1), Loss.MEAN_SQUARED_ERROR)
                .name("ended")
                .build();
        if (broken.warm()) return;
        try (Recording recording = new Recording()) {
            recording.start();
            broken.warmUp();
            ended.warmUp();
            Thread.interrupted();
            Map<String, String> troubles = new HashMap<>();
            for (RecordedEvent event : recorded(recording, "lanewise.WarmUp"))
                troubles.put(event.getString("model"), event.getString("trouble"));
            assertEquals(broken.kernelsReason(), troubles.get("broken"));
            assertEquals(ended.kernelsReason(), troubles.get("ended"));
            assertEquals("its warm-up failed: java.lang.AssertionError: planted", troubles.get("broken"));
            assertEquals("its warm-up was interrupted", troubles.get("ended"));
        }
    }

    @Test
    void onePassIn1024IsRecorded() throws IOException {
        Predictor predictor = model().predictor(2);
        try (Recording recording = new Recording()) {
            recording.start();
            for (int i = 0; i < CALLS; i++) predict(predictor);
            List<RecordedEvent> events = recorded(recording, "lanewise.Prediction");
            assertEquals(2 * CALLS / 1024, events.size());
            for (RecordedEvent event : events) {
                assertEquals("recorded", event.getString("model"));
                assertTrue(event.getString("kernels").endsWith("kernels")
                        || event.getString("kernels").endsWith("bit"));
                assertTrue(event.getInt("rows") == 1 || event.getInt("rows") == 2);
                assertTrue(event.getDuration().toNanos() >= 0);
            }
        }
    }

    /** Its time would be that until a later pass is sampled or ends. */
    @Test
    void aPassThatFailsIsNotRecordedNorIsTheNextInItsPlace() throws IOException {
        boolean[] fail = {false};
        Activation failing = new Activation("failing") {
            @Override
            public float value(float x) {
                if (fail[0]) throw new AssertionError("planted");
                return x;
            }

            @Override
            public float derivative(float x, float y) {
                return 1f;
            }
        };
        Predictor predictor = Model.of(Network.builder(9).dense(3, failing).build(1), Loss.SOFTMAX_CROSS_ENTROPY)
                .predictor(2);
        try (Recording recording = new Recording()) {
            recording.start();
            for (int i = 1; i < 1024; i++) predictor.classify(new float[9], 0);
            fail[0] = true;
            assertThrows(AssertionError.class, () -> predictor.classify(new float[9], 0));
            fail[0] = false;
            for (int i = 1; i < 1024; i++) predictor.classify(new float[9], 0);
            assertEquals(List.of(), recorded(recording, "lanewise.Prediction"));
        }
    }

    @Test
    void predictionsThatNobodyRecordsLeaveNothing() throws IOException {
        Predictor predictor = model().predictor(2);
        try (Recording recording = new Recording()) {
            recording.disable("lanewise.Prediction");
            recording.start();
            for (int i = 0; i < CALLS; i++) predict(predictor);
            assertEquals(List.of(), recorded(recording, "lanewise.Prediction"));
        }
    }

    @Test
    void everythingWorksWithoutTheModuleOfTheFlightRecorder() throws Exception {
        List<String> options = List.of(
                "--limit-modules",
                "java.base,jdk.incubator.vector",
                "--add-modules",
                "jdk.incubator.vector",
                "-Dlanewise.warmUp=off");
        String printed =
                ChildJvm.run(options, Without.class, folder.resolve("model").toString());
        assertTrue(printed.contains("recorder: false, class: absent, predicted"), printed);
        assertTrue(printed.endsWith("exit 0"), printed);
    }

    @Test
    void aLoadThatEndsInAnythingElseIsRecordedToo() throws Exception {
        Path file = folder.resolve("model");
        ModelFile.save(model(), file);
        String printed = ChildJvm.run(
                List.of("-Dlanewise.kernels=none"),
                Refused.class,
                file.toString(),
                folder.resolve("recording.jfr").toString());
        assertTrue(
                printed.contains(
                        "recorded: java.lang.IllegalStateException: -Dlanewise.kernels=none: scalar or vector"),
                printed);
    }

    /** Loads a model where none can run. */
    static final class Refused {
        public static void main(String[] args) throws IOException {
            try (Recording recording = new Recording()) {
                recording.start();
                try {
                    ModelFile.load(Path.of(args[0]));
                } catch (IllegalStateException e) {
                    // as it should be
                }
                recording.stop();
                recording.dump(Path.of(args[1]));
            }
            for (RecordedEvent event : RecordingFile.readAllEvents(Path.of(args[1])))
                if (event.getEventType().getName().equals("lanewise.ModelLoad"))
                    System.out.println("recorded: " + event.getString("error"));
        }
    }

    /** Saves, loads, warms up and predicts in a JVM of its own. */
    static final class Without {
        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]);
            ModelFile.save(model(), file);
            Model model = ModelFile.load(file);
            model.warmUp();
            Predictor predictor = model.predictor(2);
            for (int i = 0; i < CALLS; i++) predict(predictor);
            String found = "present";
            try {
                Class.forName("jdk.jfr.Event");
            } catch (ClassNotFoundException e) {
                found = "absent";
            }
            System.out.println("recorder: " + FlightRecorder.there() + ", class: " + found + ", predicted");
        }
    }
}
