package lanewise.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanewise.Model;
import lanewise.Network;
import lanewise.bench.machine.CCompiler;
import lanewise.bench.machine.Command;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.result.Subject;
import lanewise.formats.onnx.Onnx;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of peers: what they print, what they predict, and those that are missing. */
class PeersTest {

    @TempDir
    static Path folder;

    private static Reference reference;

    @BeforeAll
    static void prepare() throws IOException {
        reference = Reference.prepare(folder, Peers.DIGITS, null);
    }

    /** A JVM with the driver and a peer that is planted. */
    private static Command driver(Class<?> peer, String tasks) {
        return Command.of(
                JavaProgram.java(),
                JavaProgram.options("scalar"),
                List.of("-cp", System.getProperty("java.class.path"), "lanewise.bench.peers.Driver", peer.getName()),
                List.of("--by", "Planted", "--tasks", tasks, "--seconds", "0.05"));
    }

    private static Output run(Class<?> peer, String tasks) throws Exception {
        return PeerProgram.measured("planted peer", 1, driver(peer, tasks), () -> reference)
                .run();
    }

    private static String refused(Class<?> peer, String tasks) {
        return assertThrows(IOException.class, () -> run(peer, tasks)).getMessage();
    }

    @Test
    void aPeerThatComputesTheSameHasFiguresAndIsCheckedByEachTask() throws Exception {
        Output output = run(Planted.Right.class, "predict,digits,train-1,train-32,train-128");
        assertEquals(
                List.of(
                        "peers.digits {by=Planted}",
                        "peers.predict {by=Planted}",
                        "peers.train {batch=1, by=Planted}",
                        "peers.train {batch=32, by=Planted}",
                        "peers.train {batch=128, by=Planted}"),
                output.figures().stream()
                        .map(f -> f.benchmark() + " " + f.params())
                        .toList());
        for (Figure figure : output.figures())
            if (figure.mode().equals("sample")) {
                assertTrue(figure.histogram().stream().allMatch(bin -> bin[0] > 0 && bin[1] >= 1));
                assertTrue(figure.values().isEmpty());
            } else {
                assertTrue(figure.values().size() >= 1);
                assertEquals(figure.values().size(), figure.clocks().size());
                assertTrue(figure.values().stream().allMatch(rate -> rate > 0));
            }
        String check = output.subject().check();
        for (String what : List.of("batch 1", "batch 32", "batch 128", "all digits", " one by one"))
            assertTrue(check.contains(what + ": largest difference "), check);
    }

    @Test
    void bytesAreCountedOfOneThreadAlone() throws Exception {
        Command command = driver(ThisLibrary.class, "train-128");
        Command two = Command.of(command.words(), "--threads", 2);
        Figure one = PeerProgram.measured("one thread", 1, command, () -> reference)
                .run()
                .figures()
                .get(0);
        assertTrue(one.still() && one.allocated() >= 0, "B/op " + one.allocated());
        Figure both = PeerProgram.measured("two threads", 1, two, () -> reference)
                .run()
                .figures()
                .get(0);
        assertEquals("2", both.params().get("threads"));
        assertNull(both.allocated());
        assertFalse(both.still());
    }

    /** In no time each slice is one run: the one that is checked, two of the warm-up at least, one that counts. */
    @Test
    void aPeerWithOneSizeOfBatchesIsWarmedUpToo() throws Exception {
        Command command = Command.of(driver(Planted.Counts.class, "digits").words(), "--seconds", "0.000001");
        Output output = PeerProgram.measured("planted peer", 1, command, () -> reference)
                .run();
        double runs = Command.number(output.subject().settings(), "all digits (\\d+) times");
        assertTrue(runs >= 4, output.subject().settings());
    }

    @Test
    void weightsMayComeFromAnOnnxFileOfTheSameNetwork(@TempDir Path other) throws Exception {
        Path file = other.resolve("theirs.onnx");
        Network theirs = ThisLibrary.network(new Work(folder).weights());
        Onnx.write(Model.of(theirs, Loss.SOFTMAX_CROSS_ENTROPY), file);
        Reference.prepare(other, Peers.DIGITS, file);
        assertEquals(-1, Files.mismatch(folder.resolve("weights.f32"), other.resolve("weights.f32")));
        assertEquals(-1, Files.mismatch(file, other.resolve(Work.ONNX)), "the file as it is");

        Path narrow = other.resolve("narrow.onnx");
        Network network = Network.builder(784).dense(10, Activation.IDENTITY).build(1);
        Onnx.write(Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY), narrow);
        IOException e = assertThrows(IOException.class, () -> Reference.prepare(other, Peers.DIGITS, narrow));
        assertEquals(
                narrow
                        + ": has dense 784->10, softmax, but the peers are dense 784->128 sigmoid -> dense 128->64 sigmoid"
                        + " -> dense 64->10, softmax",
                e.getMessage());
    }

    @Test
    void aPeerThatPredictsSomethingElseIsRefusedByName() {
        String message = refused(Planted.OneWrongProbability.class, "predict");
        assertTrue(
                message.matches("planted peer: single.f32: digit 0, class 7 has probability \\S+, \\S+ expected;"
                        + " it computes something else"),
                message);
        assertTrue(refused(Planted.NotANumber.class, "digits").startsWith("planted peer: predicted.f32: digit 0, "));
    }

    @Test
    void aPeerThatTrainsByAnotherRateIsRefusedAtEveryBatchSize() {
        for (int batch : List.of(1, 32, 128)) {
            String message = refused(Planted.OtherRate.class, "train-" + batch);
            assertTrue(message.startsWith("planted peer: trained-" + batch + ".f32: digit "), message);
        }
    }

    @Test
    void aPeerThatStopsTooEarlyIsRefused() {
        String message = refused(Planted.StopsEarly.class, "accuracy");
        assertTrue(
                message.matches(
                        "planted peer: it trained to an accuracy of \\S+ %, 95 % expected at least; does it stop"
                                + " too early\\?"),
                message);
    }

    @Test
    void aPeerThatFailsIsOneLine() {
        assertEquals(
                JavaProgram.java().getFileName() + " ended with status 1: IllegalStateException: no native library",
                refused(Planted.Fails.class, "predict"));
    }

    @Test
    void theTimeToTheFirstPredictionIsTakenFromOutside() throws Exception {
        Output output = PeerProgram.started(
                        "start", 1, driver(Planted.Right.class, "start"), () -> reference, "Planted")
                .run();
        assertEquals(1, output.figures().size());
        Figure figure = output.figures().get(0);
        assertEquals("peers.start", figure.benchmark());
        assertEquals(Map.of("by", "Planted"), figure.params());
        assertEquals("ss", figure.mode());
        assertTrue(figure.values().get(0) > 0);
        assertTrue(output.subject().check().startsWith("first digit: largest difference "));
    }

    @Test
    void aProgramThatWritesNoPredictionsIsRefused() throws Exception {
        Path out = Files.createDirectory(folder.resolve("empty"));
        String message = assertThrows(IOException.class, () -> reference.check("silent", out))
                .getMessage();
        assertTrue(message.startsWith("silent: it wrote no predictions"), message);
    }

    @Test
    void theYardstickTellsTheWidthThatWasCompiledNotTheOneThatWasAskedFor() throws Exception {
        CCompiler compiler;
        try {
            Command.of("gzip", "--version").output();
            compiler = CCompiler.find("cc", 128);
        } catch (IOException e) {
            assumeTrue(false, e.getMessage());
            return;
        }
        assumeTrue(compiler.widths().contains(128), "no instructions that the program is compiled for at 128 bit");
        Path c = compiler.compile(Path.of("bench/native/mnist.c"), 128, folder.resolve("mnist-128"));
        Command command = Command.of(c, "suite", "--kernels", 512, "--by", "C", "--tasks", "digits", "--seconds", 0.05);
        Figure figure = PeerProgram.measured("C", 1, command, () -> reference)
                .run()
                .figures()
                .get(0);
        assertEquals(Map.of("by", "C", "kernels", "512"), figure.params());
        assertEquals("128", figure.kernels());
    }

    /** An OpenBLAS that chooses by itself, and takes what it is told unless it is built for one CPU. */
    private static Peers.Core core(String chosen, boolean fixed) {
        return variables -> fixed ? chosen : variables.getOrDefault("OPENBLAS_CORETYPE", chosen);
    }

    @Test
    void theCpuIsNamedToAnOpenBlasThatDoesNotKnowIt() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "kernels of x86");
        Map<String, String> haswell = Map.of("OPENBLAS_CORETYPE", "Haswell");
        Map<String, String> skylake = Map.of("OPENBLAS_CORETYPE", "SkylakeX");
        assertEquals(haswell, Peers.coreType(core("Prescott", false), 256));
        assertEquals(skylake, Peers.coreType(core("Prescott", false), 512));
        assertEquals(skylake, Peers.coreType(core("Zen", false), 512));
        assertEquals(Map.of(), Peers.coreType(core("Zen", false), 256));
        assertEquals(Map.of(), Peers.coreType(core("SAPPHIRERAPIDS", false), 512));
        assertEquals(Map.of(), Peers.coreType(core("HASWELL", true), 512));
        IOException e = assertThrows(IOException.class, () -> Peers.coreType(core("PRESCOTT", true), 256));
        assertEquals(
                "with OPENBLAS_CORETYPE=Haswell it takes its kernels for PRESCOTT, those for Haswell expected; is it built"
                        + " for one CPU alone?",
                e.getMessage());
    }

    @Test
    void twoProcessesAreAddedUp() throws Exception {
        Figure figure = new Figure(
                "peers.train",
                Map.of("batch", "1"),
                "thrpt",
                "samples/s",
                false,
                List.of(2.0, 3.0),
                null,
                null,
                null,
                List.of(0.5, 0.4));
        Program one = new Program() {
            @Override
            public String name() {
                return "one";
            }

            @Override
            public double seconds() {
                return 1;
            }

            @Override
            public Output run() {
                return new Output(new Subject("a", "1", "", ""), List.of(), List.of(figure));
            }
        };
        Figure sum = new TwoProcesses(one).run().figures().get(0);
        assertEquals(List.of(4.0, 6.0), sum.values());
        assertEquals(List.of(0.5, 0.4), sum.clocks());
        assertEquals(Map.of("batch", "1", "processes", "2"), sum.params());
    }

    @Test
    void whatIsMissingIsALineThatSaysHowToGetIt() throws Exception {
        Peers.Setting nothing =
                new Peers.Setting(folder, 1, List.of(), "no-such-compiler", List.of("no-such-python"), null);
        Peers.Found found = Peers.find(nothing);
        assertTrue(
                found.leftOut()
                        .contains("C: no-such-compiler cannot be started; to get it: a C compiler (its command in CC)"
                                + " and gzip"),
                found.leftOut().toString());
        for (String library : List.of("PyTorch", "NumPy", "scikit-learn"))
            assertTrue(
                    found.leftOut().stream()
                            .anyMatch(line -> line.startsWith(library + ": none of [no-such-python] has ")
                                    && line.contains("; to get it: ")),
                    found.leftOut().toString());
        List<String> names = found.programs().stream().map(Program::name).toList();
        assertFalse(names.isEmpty());
        assertTrue(names.stream().noneMatch(name -> name.startsWith("C,") || name.startsWith("OpenBLAS")));
        assertEquals(names.size(), Set.copyOf(names).size(), names.toString());
    }

    @Test
    void aMissingPeerForJavaIsALineWithItsCommand() throws Exception {
        Peers.Setting setting = new Peers.Setting(folder, 1, List.of(), "no-such-compiler", List.of(), null);
        Peers.Found found = Peers.find(setting, folder);
        assertTrue(
                found.leftOut()
                        .contains("DJL: no " + folder.resolve("djl/target/lib")
                                + "; to get it: mvn -q -Ppeers package -DskipTests -pl bench/peers/djl -am"),
                found.leftOut().toString());
        assertTrue(found.programs().stream().allMatch(p -> p.name().startsWith("Lanewise")));
    }
}
