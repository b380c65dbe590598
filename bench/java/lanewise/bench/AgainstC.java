package lanewise.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import lanewise.bench.Contest.Figure;
import lanewise.bench.Contest.Outcome;
import lanewise.bench.WidthContest.Java;
import lanewise.bench.WidthContest.Part;
import lanewise.bench.WidthContest.Setting;
import lanewise.bench.machine.CCompiler;
import lanewise.bench.machine.Command;
import lanewise.bench.machine.Machine;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares this library with C programs of the same vector width, and with the peers that are there. */
@CommandLine.Command(
        name = "against-c",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs this library, C programs and peers in turn, on MNIST, and prints medians and ratios as Markdown: for each"
                    + " vector width the C program that is compiled for it beside this library at -Dlanewise.width.",
            "",
            "Wants a C compiler (CC, by default cc), gzip and built jars (mvn package -DskipTests). OpenBLAS's headers,"
                    + " a python3 with torch, and ONNX Runtime (mvn -Ppeers package -DskipTests) take part if they are"
                    + " there.",
            ""
        })
final class AgainstC implements Callable<Integer> {

    /** On a CPU with wider vectors these make libraries that choose by themselves stay at 256 bit, too. */
    private static final Map<String, String> AT_MOST_256 = Map.of(
            "OPENBLAS_CORETYPE",
            "Haswell",
            "ATEN_CPU_CAPABILITY",
            "avx2",
            "ONEDNN_MAX_CPU_ISA",
            "AVX2",
            "MKL_ENABLE_INSTRUCTIONS",
            "AVX2");

    private static final Path NATIVE = Path.of("bench/native");
    private static final int FAILED = 1;

    @Option(names = "--rounds", paramLabel = "N", description = "How often each program runs. Default: 5, quick 3.")
    private Integer rounds;

    @Option(names = "--epochs", paramLabel = "N", description = "Epochs of each training. Default: 5, quick 3.")
    private Integer epochs;

    @Option(
            names = "--widths",
            paramLabel = "BITS,...",
            split = ",",
            description = "Vector widths: 128, 256, 512. Default: 256 and 512, as far as the CPU has them.")
    private List<Integer> widths;

    @Option(
            names = "--parts",
            paramLabel = "PART,...",
            split = ",",
            defaultValue = "single,batch,threads,dense,cold,limits",
            description = "What is measured: ${COMPLETION-CANDIDATES}. Default: all.")
    private List<Part> parts;

    @Option(names = "--quick", description = "Takes some five minutes for a width, and is less exact.")
    private boolean quick;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the results to this file, too.")
    private Path json;

    @Spec
    private CommandSpec spec;

    private final List<String> leftOut = new ArrayList<>();
    private CCompiler compiler;

    /**
     * The results at one width.
     *
     * @param bits width
     * @param kernels of this library
     * @param blas kernels of OpenBLAS, null without it
     * @param outcome figures, ratios, failures
     */
    record Width(int bits, String kernels, String blas, Outcome outcome) {}

    /**
     * Everything, as {@code --json} writes it.
     *
     * @param machine where
     * @param compiler of the C programs
     * @param rounds of the contest
     * @param leftOut one line for each thing that is missing
     * @param widths the results
     */
    record Result(Machine machine, String compiler, int rounds, List<String> leftOut, List<Width> widths) {}

    /**
     * Runs it and ends the JVM with its status.
     *
     * @param args options
     */
    public static void main(String[] args) {
        System.exit(Main.commandLine(new AgainstC()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds == null) rounds = quick ? 3 : 5;
        if (epochs == null) epochs = quick ? 3 : 5;
        expect(rounds >= 1 && rounds <= 9999, "--rounds", rounds, "1 to 9999");
        expect(epochs >= 1 && epochs <= 9999, "--epochs", epochs, "1 to 9999");
        JsonFile file = new JsonFile(json);
        if (!Files.isRegularFile(WidthContest.EXAMPLES))
            throw new IOException("there is no " + WidthContest.EXAMPLES + "; build it with: mvn package -DskipTests");
        compiler = compiler();
        List<Integer> chosen = widths();
        Path folder = Files.createTempDirectory("against-c");
        try {
            Setting setting = setting(folder);
            List<Width> results = new ArrayList<>();
            for (int bits : chosen) results.add(measure(bits, setting));
            progress("");
            Result result = new Result(Machine.here(), compiler.version(), rounds, leftOut, results);
            System.out.print(markdown(result));
            file.write(result);
            return results.stream().allMatch(w -> w.outcome.failures().isEmpty()) ? 0 : FAILED;
        } finally {
            delete(folder);
        }
    }

    private void expect(boolean met, String option, int given, String expected) {
        if (!met)
            throw new ParameterException(spec.commandLine(), option + " " + given + ": " + expected + " expected");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }

    private void progress(String text) {
        System.err.printf("\r%-76s\r%s", "", text);
    }

    // What there is

    private static CCompiler compiler() throws IOException, InterruptedException {
        String cc = System.getenv("CC");
        try {
            Command.of("gzip", "--version").output();
            return CCompiler.find(
                    cc == null || cc.isBlank() ? "cc" : cc, FloatVector.SPECIES_PREFERRED.vectorBitSize());
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "; a C compiler (CC) and gzip are needed", e);
        }
    }

    private List<Integer> widths() throws IOException {
        int widest = FloatVector.SPECIES_PREFERRED.vectorBitSize();
        List<Integer> there =
                compiler.widths().stream().filter(w -> w <= widest).toList();
        if (there.isEmpty())
            throw new IOException("no vector width that both the C compiler and the JVM (" + widest
                    + " bit) have for this CPU; AVX2 with FMA is the least on x86");
        if (widths == null) {
            int least = there.contains(256) ? 256 : there.get(there.size() - 1);
            for (int bits : List.of(256, 512))
                if (!there.contains(bits)) leftOut.add(bits + " bit: not on this machine");
            return there.stream().filter(w -> w >= least).toList();
        }
        for (int bits : widths)
            if (!there.contains(bits)) leftOut.add(bits + " bit: this machine has " + there + " bit");
        List<Integer> both = List.copyOf(
                new TreeSet<>(widths.stream().filter(there::contains).toList()));
        expect(!both.isEmpty(), "--widths", widths.get(0), "of " + there + " one at least");
        return both;
    }

    private Setting setting(Path folder) throws IOException, InterruptedException {
        progress("looking for programs");
        Java java = WidthContest.java(0);
        boolean threaded = java.with("-jar", WidthContest.EXAMPLES, "mnist", "--help")
                .output()
                .contains("--threads");
        if (!threaded) leftOut.add("threads of this library: mnist has no option --threads");
        String python = null;
        for (String command : List.of("/usr/bin/python3", "python3"))
            if (runs(Command.of(command, "-c", "import torch"))) python = command;
        if (python == null) leftOut.add("PyTorch: no python3 that has torch");
        if (!WidthContest.hasPeers())
            leftOut.add(
                    "ONNX Runtime: no " + WidthContest.PEERS.resolve("lib") + " (mvn -q -Ppeers package -DskipTests)");
        Path model = folder.resolve("model.lanewise");
        java.with("-jar", WidthContest.EXAMPLES, "mnist", "--epochs", 1, "--quiet", "--save", model)
                .output();
        return new Setting(folder, model, python, threaded, epochs, quick);
    }

    private static boolean runs(Command command) throws InterruptedException {
        try {
            command.output();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    // The contests

    private Width measure(int bits, Setting setting) throws IOException, InterruptedException {
        progress(bits + " bit: compiling");
        Path folder = setting.folder();
        Path mnist = compiler.compile(NATIVE.resolve("mnist.c"), bits, folder.resolve("mnist-" + bits));
        Map<String, String> environment =
                bits == 256 && FloatVector.SPECIES_PREFERRED.vectorBitSize() > bits ? AT_MOST_256 : Map.of();
        Path blas = folder.resolve("blas-" + bits);
        String blasKernels = null;
        try {
            compiler.compile(
                    NATIVE.resolve("blas.c"), bits, blas, "-fno-math-errno", "-fno-trapping-math", "-lopenblas");
            String printed =
                    Command.of(blas, "dense", "--rounds", 1).with(environment).output();
            blasKernels = Command.word(printed, "^OpenBLAS kernels: (.*)");
        } catch (IOException e) {
            leftOut.add("OpenBLAS at " + bits + " bit: " + e.getMessage());
        }
        WidthContest contest = new WidthContest(setting, bits, mnist, blasKernels == null ? null : blas, environment);
        Outcome outcome = contest.of(parts).run(rounds, text -> progress(bits + " bit, " + text));
        return new Width(bits, contest.kernels(), blasKernels, outcome);
    }

    // The report

    /** The results as Markdown. */
    static String markdown(Result result) {
        StringBuilder text = new StringBuilder();
        text.append("### ").append(result.machine.cpu()).append("\n\n");
        text.append(result.machine).append("; ").append(result.compiler).append("; ");
        text.append(result.rounds).append(result.rounds == 1 ? " round.\n" : " rounds.\n");
        if (!result.leftOut.isEmpty()) text.append('\n');
        for (String line : result.leftOut)
            text.append("- Left out: ").append(line).append(".\n");
        for (Width width : result.widths) {
            text.append("\n#### ").append(width.bits).append(" bit\n\n");
            text.append("This library: ").append(width.kernels);
            if (width.blas != null) text.append("; OpenBLAS: its kernels for ").append(width.blas);
            text.append(".\n");
            if (!width.outcome.failures().isEmpty()) text.append('\n');
            for (String failure : width.outcome.failures())
                text.append("- Failed: ").append(failure).append(".\n");
            table(text, "this library's figure divided by the other's", width.outcome.ratios());
            table(text, "figure", width.outcome.figures());
        }
        return text.toString();
    }

    private static void table(StringBuilder text, String title, List<Figure> figures) {
        if (figures.isEmpty()) return;
        text.append("\n| ").append(title).append(" | median | min | max |\n|---|---:|---:|---:|\n");
        for (Figure f : figures) {
            boolean ratio = f.unit().equals("ratio");
            text.append("| ").append(f.name());
            if (!ratio) text.append(" (").append(f.unit()).append(')');
            for (double value : new double[] {f.median(), f.min(), f.max()})
                text.append(" | ").append(ratio ? String.format(Locale.ROOT, "%.2f", value) : Scale.rounded(value));
            text.append(" |\n");
        }
    }
}
