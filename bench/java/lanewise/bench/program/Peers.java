package lanewise.bench.program;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import jdk.incubator.vector.FloatVector;
import lanewise.Lanewise;
import lanewise.bench.machine.Command;
import lanewise.bench.peers.Driver;
import lanewise.bench.peers.Reference;
import lanewise.bench.peers.ThisLibrary;
import lanewise.bench.result.Key;

/**
 * The programs of this library and of others that do the same work on this machine, and a line for each that cannot be had
 * here. Their files lie in a folder that the caller deletes.
 */
public final class Peers {

    /** MNIST's four files. */
    static final Path DIGITS = Path.of("src/examples/main/resources/mnist");

    private static final Path NATIVE = Path.of("bench/native"), MODULES = Path.of("bench/peers");

    /** On a CPU with wider vectors these make libraries that choose by themselves stay at 256 bit, too. */
    static final Map<String, String> AT_MOST_256 = Map.of(
            "OPENBLAS_CORETYPE",
            "Haswell",
            "ATEN_CPU_CAPABILITY",
            "avx2",
            "ONEDNN_MAX_CPU_ISA",
            "AVX2",
            "MKL_ENABLE_INSTRUCTIONS",
            "AVX2");

    /**
     * How the programs are run.
     *
     * @param folder for files, until all programs have run
     * @param seconds that a program measures in all, its start left out; 5 in the standard suite, 2 in the quick one
     * @param widths of vectors for this library and for C; empty: those of 256 and 512 bit that the machine has
     * @param compiler the command of the C compiler
     * @param pythons commands of Python, of which the first that has a library runs it
     */
    public record Setting(Path folder, double seconds, List<Integer> widths, String compiler, List<String> pythons) {

        /** With the compiler in the variable {@code CC}, and the usual Pythons. */
        public static Setting of(Path folder, double seconds) {
            String cc = System.getenv("CC");
            return new Setting(
                    folder,
                    seconds,
                    List.of(),
                    cc == null || cc.isBlank() ? "cc" : cc,
                    List.of("/usr/bin/python3", "python3"));
        }
    }

    /**
     * What there is.
     *
     * @param programs in the order in which they take part
     * @param leftOut one line for each thing that is missing, with the reason and how to get it
     */
    public record Found(List<Program> programs, List<String> leftOut) {}

    /**
     * A library for Java.
     *
     * @param by name in rows
     * @param module folder and, with a capital letter or two, class
     * @param main the class
     * @param trains whether it is trained, too
     * @param slowness times the usual seconds that it takes
     * @param options of its JVM
     */
    private record Java(String by, String module, String main, boolean trains, double slowness, List<String> options) {}

    private static final List<Java> JAVA =
            List.of(new Java("ONNX Runtime", "onnxruntime", "OnnxRuntime", false, 1, List.of()));

    private final Setting setting;
    private final List<Program> programs = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private Reference reference;

    private Peers(Setting setting) {
        this.setting = setting;
    }

    /**
     * Looks for the programs; compiles those in C.
     *
     * @param setting how they are run
     * @return what there is
     * @throws InterruptedException if the thread is interrupted
     */
    public static Found find(Setting setting) throws InterruptedException {
        Peers peers = new Peers(setting);
        peers.thisLibrary();
        for (Java java : JAVA) peers.java(java);
        return new Found(List.copyOf(peers.programs), List.copyOf(peers.leftOut));
    }

    private Reference reference() throws IOException {
        if (reference == null) {
            Path work = Files.createDirectories(setting.folder.resolve("work"));
            reference = Reference.prepare(work, DIGITS);
        }
        return reference;
    }

    private List<Integer> widths() {
        int widest = FloatVector.SPECIES_PREFERRED.vectorBitSize();
        if (setting.widths.isEmpty()) return widest >= 512 ? List.of(256, 512) : List.of(widest);
        return List.copyOf(new TreeSet<>(
                setting.widths.stream().filter(width -> width <= widest).toList()));
    }

    // Commands

    private static Path classes(Class<?> of) {
        return Path.of(java.net.URI.create(
                of.getProtectionDomain().getCodeSource().getLocation().toString()));
    }

    /** The command of a JVM with the driver, up to its options. */
    private static List<Object> driver(List<String> options, String path, String peer) {
        List<Object> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java"));
        words.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        words.addAll(options);
        words.addAll(List.of("-cp", path, Driver.class.getName(), peer));
        return words;
    }

    private void add(String name, String by, Command command, String tasks, double slowness) {
        int count = tasks.split(",").length;
        programs.add(PeerProgram.measured(
                name,
                setting.seconds * slowness,
                Command.of(
                                command.words(),
                                "--tasks",
                                tasks,
                                "--seconds",
                                String.format(Locale.ROOT, "%.2f", setting.seconds / count))
                        .with(command.environment()),
                this::reference));
    }

    private static final String TRAINING = "train-1,train-32,train-128", PREDICTION = "predict,digits";

    private void thisLibrary() {
        String path = System.getProperty("java.class.path"), main = ThisLibrary.class.getName();
        for (int width : widths()) {
            List<String> options = List.of("-Dlanewise.width=" + width);
            Command command = Command.of(driver(options, path, main), "--" + Key.KERNELS, width);
            String name = "Lanewise, " + width + " bit, ";
            add(name + "training", "", command, TRAINING, 1);
            add(name + "prediction", "", command, PREDICTION, 1);
            add(name + "training on two threads", "", Command.of(command.words(), "--threads", 2), "train-128", 1);
        }
        programs.add(PeerProgram.started(
                "Lanewise, start",
                1,
                Command.of(driver(List.of(), path, main), "--tasks", "start"),
                this::reference,
                ""));
    }

    private void java(Java java) {
        Path target = MODULES.resolve(java.module).resolve("target");
        if (!Files.isDirectory(target.resolve("lib"))) {
            leftOut.add(java.by + ": no " + target.resolve("lib")
                    + "; to get it: mvn -q -Ppeers package -DskipTests -pl " + MODULES.resolve(java.module) + " -am");
            return;
        }
        String path = String.join(
                File.pathSeparator,
                classes(Driver.class).toString(),
                classes(Lanewise.class).toString(),
                target.resolve("classes").toString(),
                target.resolve("lib") + File.separator + "*");
        List<Object> words = driver(java.options, path, "lanewise.bench.peers." + java.main);
        Command command = Command.of(words, "--" + Key.BY, java.by);
        add(java.by + ", prediction", java.by, command, PREDICTION, java.slowness);
        if (java.trains) add(java.by + ", training", java.by, command, TRAINING, java.slowness);
        programs.add(PeerProgram.started(
                java.by + ", start", 2, Command.of(command.words(), "--tasks", "start"), this::reference, java.by));
    }
}
