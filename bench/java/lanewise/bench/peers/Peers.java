package lanewise.bench.peers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import lanewise.Lanewise;
import lanewise.bench.machine.CCompiler;
import lanewise.bench.machine.Command;
import lanewise.bench.program.Build;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.result.Key;

/**
 * The programs of this library and of others that do the same work on this machine, and a line for each that cannot be had
 * here. Their files lie in a folder that the caller deletes.
 */
public final class Peers {

    /** MNIST's four files. */
    public static final Path DIGITS = Path.of("src/examples/main/resources/mnist");

    private static final String TRAINING = "train-1,train-32,train-128", PREDICTION = "predict,digits";

    /** That most programs take to start, twice. */
    private static final double START_SECONDS = 2;

    private static final Path NATIVE = Path.of("bench/native"), MODULES = Path.of("bench/peers");

    /** For the libraries in C behind those for Java. */
    private static final Map<String, String> ONE_THREAD = Map.of("OMP_NUM_THREADS", "1", "OPENBLAS_NUM_THREADS", "1");

    /** Names a CPU to OpenBLAS. */
    private static final String CORE_TYPE = "OPENBLAS_CORETYPE";

    /** On a CPU with wider vectors these make libraries that choose by themselves stay at 256 bit, too. */
    static final Map<String, String> AT_MOST_256 = Map.of(
            CORE_TYPE,
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
     * @param seconds that a program measures in all, its start left out; as {@link lanewise.bench.program.Depth} tells
     * @param widths of vectors for this library and for C; empty: those of 256 and 512 bit that the machine has
     * @param compiler the command of the C compiler
     * @param pythons commands of Python, of which the first that has a library runs it
     * @param model an ONNX file with the weights that predict; null: they are trained for it
     */
    public record Setting(
            Path folder, double seconds, List<Integer> widths, String compiler, List<String> pythons, Path model) {

        /** With the compiler in the variable {@code CC}, and the usual Pythons. */
        public static Setting of(Path folder, double seconds, List<Integer> widths, Path model) {
            String cc = System.getenv("CC");
            return new Setting(
                    folder,
                    seconds,
                    widths,
                    cc == null || cc.isBlank() ? "cc" : cc,
                    List.of("/usr/bin/python3", "python3"),
                    model);
        }
    }

    /**
     * What there is.
     *
     * @param usual this library, C, and the quick ones for Java, in the order in which they take part
     * @param aside the others, which a run that is about peers alone has, too
     * @param slow programs that take minutes, for those who ask for them
     * @param leftOut one line for each thing that is missing, with the reason and how to get it
     */
    public record Found(List<Program> usual, List<Program> aside, List<Program> slow, List<String> leftOut) {

        /** The usual ones and those aside. */
        public List<Program> programs() {
            return Stream.concat(usual.stream(), aside.stream()).toList();
        }
    }

    /**
     * A library for Java.
     *
     * @param by name in rows
     * @param module folder of its module
     * @param main the class
     * @param training tasks of its training, or an empty text
     * @param slowness times the usual seconds that it takes
     * @param options of its JVM
     */
    private record Java(
            String by, String module, String main, String training, double slowness, List<String> options) {}

    /** No window, and no packages of it from elsewhere. */
    private static final List<String> WEKA = List.of(
            "-Djava.awt.headless=true",
            "-Dweka.packageManager.offline=true",
            "-Dweka.packageManager.loadPackages=false");

    /** What Spark's own scripts give each JVM, as far as it is needed here. */
    private static final List<String> SPARK = Stream.of(
                    "java.lang",
                    "java.lang.invoke",
                    "java.lang.reflect",
                    "java.io",
                    "java.net",
                    "java.nio",
                    "java.util",
                    "java.util.concurrent",
                    "java.util.concurrent.atomic",
                    "sun.nio.ch",
                    "sun.nio.cs",
                    "sun.security.action",
                    "sun.util.calendar")
            .map(name -> "--add-opens=java.base/" + name + "=ALL-UNNAMED")
            .toList();

    /** Times the usual seconds that Spark takes to train to the accuracy. */
    private static final double SPARK_SLOWNESS = 40;

    private static final List<Java> JAVA = List.of(
            new Java("ONNX Runtime", "onnxruntime", "OnnxRuntime", "", 1, List.of()),
            new Java(
                    "DJL",
                    "djl",
                    "Djl",
                    TRAINING,
                    1,
                    List.of(
                            "-Dai.djl.pytorch.num_threads=1",
                            "-Dai.djl.pytorch.num_interop_threads=1",
                            "-Dai.djl.offline=true",
                            "-DOPT_OUT_TRACKING=true")),
            new Java("DL4J", "dl4j", "Dl4j", TRAINING, 2, List.of()),
            new Java("Smile", "smile", "Smile", TRAINING, 1, List.of()),
            new Java("VectorBLAS", "netlib", "VectorBlas", TRAINING, 1, List.of()),
            new Java("ojAlgo", "ojalgo", "OjAlgo", TRAINING, 2, List.of()),
            new Java("Weka", "weka", "Weka", "train-1", 6, WEKA),
            new Java("Spark", "spark", "Spark", "", 8, SPARK));

    /** A library for Python: its name in rows, and the word by which the program knows it, which is its package. */
    private record Python(String by, String library) {}

    private static final List<Python> PYTHON = List.of(
            new Python("PyTorch", "torch"), new Python("NumPy", "numpy"), new Python("scikit-learn", "sklearn"));

    private final Setting setting;
    private final Path modules;
    private final List<Program> usual = new ArrayList<>(), aside = new ArrayList<>(), slow = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private Reference reference;

    /** For those who bring OpenBLAS: what that of the system needs on this CPU. */
    private Map<String, String> coreType = Map.of();

    private Peers(Setting setting, Path modules) {
        this.setting = setting;
        this.modules = modules;
    }

    /**
     * Looks for the programs; compiles those in C.
     *
     * @param setting how they are run
     * @return what there is
     * @throws InterruptedException if the thread is interrupted
     */
    public static Found find(Setting setting) throws InterruptedException {
        return find(setting, MODULES);
    }

    /** As the other one, with the modules of the peers for Java in another folder. */
    static Found find(Setting setting, Path modules) throws InterruptedException {
        Peers peers = new Peers(setting, modules);
        peers.thisLibrary();
        peers.c();
        for (Java java : JAVA) peers.java(java);
        for (Python python : PYTHON) peers.python(python);
        return new Found(
                List.copyOf(peers.usual),
                List.copyOf(peers.aside),
                List.copyOf(peers.slow),
                List.copyOf(peers.leftOut));
    }

    private synchronized Reference reference() throws IOException {
        if (reference == null) {
            Path work = Files.createDirectories(setting.folder.resolve("work"));
            reference = Reference.prepare(work, DIGITS, setting.model);
        }
        return reference;
    }

    /** Bits of the JVM's widest vectors; 0 for one without the Vector API. */
    private static int widest() {
        boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        return vectors ? FloatVector.SPECIES_PREFERRED.vectorBitSize() : 0;
    }

    private List<Integer> widths() {
        int widest = widest();
        if (widest == 0) return List.of();
        if (setting.widths.isEmpty()) return widest >= 512 ? List.of(256, 512) : List.of(widest);
        return List.copyOf(new TreeSet<>(
                setting.widths.stream().filter(width -> width <= widest).toList()));
    }

    // Commands

    /** The command of a JVM with the driver, up to its options. */
    private static List<Object> driver(List<String> options, String path, String peer) {
        List<Object> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java"));
        words.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        words.addAll(options);
        words.addAll(List.of("-cp", path, Driver.class.getName(), peer));
        return words;
    }

    /** The command with more words, in the same environment. */
    private static Command with(Command command, Object... words) {
        return Command.of(command.words(), List.of(words)).with(command.environment());
    }

    /** Adds a program to the usual ones, or to those aside if it is slow. */
    private void add(String name, Command command, String tasks, double slowness) {
        (slowness > 1 ? aside : usual).add(measured(name, command, tasks, slowness));
    }

    private Program measured(String name, Command command, String tasks, double slowness) {
        double seconds = setting.seconds * slowness;
        String each = String.format(Locale.ROOT, "%.2f", seconds / tasks.split(",").length);
        // A JVM starts, and warms up for longer while that gains; so does Python.
        double whole = name.startsWith("C,") || name.startsWith("OpenBLAS") ? seconds + 0.5 : 2 * seconds + 1.5;
        return PeerProgram.measured(name, whole, with(command, "--tasks", tasks, "--seconds", each), this::reference);
    }

    private void addThreads(String name, Command command) {
        if (Runtime.getRuntime().availableProcessors() > 1)
            aside.add(measured(name + ", training on two threads", with(command, "--threads", 2), "train-128", 1));
    }

    /** The time to the first prediction; a program of this library has no name in its rows. */
    private void addStart(String by, Command command) {
        aside.add(PeerProgram.started(
                (by.isEmpty() ? "Lanewise" : by) + ", start",
                START_SECONDS,
                with(command, "--tasks", "start"),
                this::reference,
                by));
    }

    private void thisLibrary() {
        String path = System.getProperty("java.class.path"), main = ThisLibrary.class.getName();
        for (int width : widths()) {
            List<String> options = List.of(JavaProgram.ALIGNED, "-Dlanewise.width=" + width);
            Command command = Command.of(driver(options, path, main), "--" + Key.KERNELS, width);
            String name = "Lanewise, " + width + " bit";
            add(name + ", training", command, TRAINING, 1);
            add(name + ", prediction", command, PREDICTION, 1);
            addThreads(name, command);
            if (Runtime.getRuntime().availableProcessors() > 1)
                aside.add(new TwoProcesses(measured(name + ", training", command, "train-128", 1)));
        }
        Command unforced = Command.of(driver(List.of(), path, main));
        addStart("", unforced);
        aside.add(measured("Lanewise, training to an accuracy", unforced, "accuracy", 1));
    }

    private void java(Java java) {
        Path target = modules.resolve(java.module).resolve("target"), libraries = target.resolve("lib");
        if (!Files.isDirectory(libraries)) {
            leftOut.add(java.by + ": no " + libraries + "; to get it: mvn -q -Ppeers package -DskipTests -pl "
                    + MODULES.resolve(java.module) + " -am");
            return;
        }
        String path = String.join(
                File.pathSeparator,
                Build.origin(Driver.class).toString(),
                Build.origin(Lanewise.class).toString(),
                target.resolve("classes").toString(),
                libraries + File.separator + "*");
        List<Object> words = driver(java.options, path, "lanewise.bench.peers." + java.main);
        Map<String, String> environment = new HashMap<>(ONE_THREAD);
        environment.putAll(coreType);
        Command command = Command.of(words, "--" + Key.BY, java.by).with(environment);
        add(java.by + ", prediction", command, PREDICTION, java.slowness);
        if (!java.training.isEmpty()) add(java.by + ", training", command, java.training, java.slowness);
        addStart(java.by, command);
        if (java.by.equals("Spark"))
            slow.add(measured("Spark, training to an accuracy", command, "accuracy", SPARK_SLOWNESS));
    }

    private static boolean runs(Object... words) throws InterruptedException {
        try {
            Command.of(words).output();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void python(Python python) throws InterruptedException {
        for (String command : setting.pythons)
            if (runs(command, "-c", "import numpy, " + python.library)) {
                choosing(
                        python.by,
                        Command.of(command, "bench/python/peers.py", python.library, "--" + Key.BY, python.by)
                                .with(coreType),
                        aside);
                return;
            }
        leftOut.add(python.by + ": none of " + setting.pythons + " has " + python.library
                + "; to get it: apt-get install python3-" + python.library + ", or pip install " + python.library);
    }

    /**
     * Adds the programs of a library that chooses its kernels by itself; on a CPU with 512 bit also those of it held to 256.
     */
    private void choosing(String by, Command command, List<Program> to) {
        trained(by, command, to);
        addStart(by, command);
        if (widest() > 256)
            trained(
                    by + " held to 256 bit",
                    with(command, "--" + Key.KERNELS, 256).with(AT_MOST_256),
                    to);
    }

    private void trained(String name, Command command, List<Program> to) {
        to.add(measured(name + ", prediction", command, PREDICTION, 1));
        to.add(measured(name + ", training", command, TRAINING, 1));
        addThreads(name, command);
    }

    // C

    private void c() throws InterruptedException {
        CCompiler compiler;
        try {
            Command.of("gzip", "--version").output();
            compiler = CCompiler.find(setting.compiler, widest());
        } catch (IOException e) {
            leftOut.add("C: " + e.getMessage() + "; to get it: a C compiler (its command in CC) and gzip");
            return;
        }
        for (int width : widths()) {
            if (compiler.widths().contains(width)) yardstick(compiler, width);
            else
                leftOut.add("C, " + width + " bit: " + compiler.version() + " has " + compiler.widths()
                        + " bit for this CPU");
        }
        openBlas(compiler);
    }

    private void yardstick(CCompiler compiler, int width) throws InterruptedException {
        String name = "C, " + width + " bit, ";
        try {
            Path program = compiler.compile(NATIVE.resolve("mnist.c"), width, setting.folder.resolve("mnist-" + width));
            Command command = Command.of(program, "suite", "--" + Key.KERNELS, width);
            Command deferred = Command.of(command.words(), "--" + Key.BY, "C");
            add(name + "prediction", deferred, PREDICTION, 1);
            add(name + "training", deferred, "train-1", 1);
            add(
                    name + "training at once",
                    Command.of(command.words(), "--" + Key.BY, "C, at once", "--eager", 1),
                    "train-1",
                    1);
        } catch (IOException e) {
            leftOut.add(name.substring(0, name.length() - 2) + ": " + e.getMessage());
        }
    }

    private void openBlas(CCompiler compiler) throws InterruptedException {
        if (compiler.widths().isEmpty()) return;
        int width = compiler.widths().get(compiler.widths().size() - 1);
        Path program;
        try {
            program = compiler.compile(
                    NATIVE.resolve("blas.c"),
                    width,
                    setting.folder.resolve("blas"),
                    "-fno-math-errno",
                    "-fno-trapping-math",
                    "-lopenblas");
        } catch (IOException e) {
            leftOut.add("OpenBLAS: " + e.getMessage() + "; to get it: apt-get install libopenblas-dev");
            return;
        }
        try {
            coreType = coreType(variables -> core(program, variables), width);
            Command command =
                    Command.of(program, "suite", "--" + Key.BY, "OpenBLAS").with(coreType);
            choosing("OpenBLAS", command, usual);
            usual.add(PeerProgram.measured("OpenBLAS, dense layers", 2, with(command, "--tasks", "dense"), () -> null));
        } catch (IOException e) {
            leftOut.add("OpenBLAS: " + e.getMessage());
        }
    }

    private static String core(Path program, Map<String, String> variables) throws IOException, InterruptedException {
        return Command.of(program, "core").with(variables).output().strip();
    }

    /** Tells for which CPU OpenBLAS takes its kernels, by its own name, if some variables are set. */
    interface Core {
        String with(Map<String, String> variables) throws IOException, InterruptedException;
    }

    /**
     * The variable that names a CPU to OpenBLAS, where it takes kernels that are narrower than this CPU's vectors: on one
     * that is newer than itself it takes those of 128 bit. None where it takes wide ones by itself.
     *
     * @param core asks it
     * @param width of the CPU's vectors
     * @throws IOException if it takes kernels of 128 bit all the same, or cannot be asked
     */
    static Map<String, String> coreType(Core core, int width) throws IOException, InterruptedException {
        if (!System.getProperty("os.arch").equals("amd64") || width < 256) return Map.of();
        int chosen = coreWidth(core.with(Map.of()));
        if (chosen >= width) return Map.of();
        String name = width == 256 ? "Haswell" : "SkylakeX";
        Map<String, String> named = Map.of(CORE_TYPE, name);
        String taken = core.with(named);
        if (coreWidth(taken) > chosen) return named;
        if (chosen >= 256) return Map.of();
        throw new IOException("with " + CORE_TYPE + "=" + name + " it takes its kernels for " + taken + ", those for "
                + name + " expected; is it built for one CPU alone?");
    }

    /** Bits of the vectors in OpenBLAS's kernels for a CPU of x86. */
    private static int coreWidth(String core) {
        return switch (core.toLowerCase(Locale.ROOT)) {
            case "skylakex", "cooperlake", "sapphirerapids" -> 512;
            case "haswell", "zen", "excavator" -> 256;
            default -> 128;
        };
    }
}
