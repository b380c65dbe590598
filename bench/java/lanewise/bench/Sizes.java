package lanewise.bench;

import com.google.gson.Gson;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import lanewise.Lanewise;
import lanewise.bench.machine.Fastest;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.Roofline;
import lanewise.bench.micro.Roofline.Bandwidth;
import lanewise.bench.micro.Roofline.Limits;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;
import lanewise.kernel.Selection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures cost against size: square dense layers of many widths and batch sizes, beside the machine's limits. */
@Command(
        name = "sizes",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures training and prediction of square dense layers against width, batch size and zeros, on one thread,"
                    + " and prints Markdown: samples a second, and the share of what the machine allows at that size.",
            ""
        })
final class Sizes implements Callable<Integer> {

    private static final double[] ZEROS = {0, 0.8};

    /** Seconds for all cells together; those whose single step takes longer go beyond. */
    private static final double SECONDS = 360, QUICK_SECONDS = 30;

    /** Seconds for each limit of the machine. */
    private static final double LIMIT_SECONDS = 0.6, QUICK_LIMIT_SECONDS = 0.2;

    /** Seconds for each kind of call before the first cell, so that the JIT compiler has compiled the kernels. */
    private static final double WARM_UP = 3, QUICK_WARM_UP = 1.5;

    /** The suite's cells: their cost is that of all forks. */
    private static final List<Integer> SUITE_WIDTHS = List.of(64, 128, 256, 512, 1024, 2048);

    private static final List<Integer> SUITE_BATCHES = List.of(1, 32, 256);

    /** Cells below this share are marked. */
    private static final double LOW = 0.4;

    @Option(
            names = "--widths",
            paramLabel = "N,...",
            split = ",",
            defaultValue = "64,128,256,512,1024,2048,4096",
            description = "Inputs and outputs of the layer, multiples of 64. Default: ${DEFAULT-VALUE}.")
    private List<Integer> widths;

    @Option(
            names = "--batches",
            paramLabel = "N,...",
            split = ",",
            defaultValue = "1,4,16,32,64,128,256,1024",
            description = "Samples in a batch, divisors of 1024. Default: ${DEFAULT-VALUE}.")
    private List<Integer> batches;

    @Option(names = "--quick", description = "Takes about a minute instead of eight, and is less exact.")
    private boolean quick;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the results to this file, too.")
    private Path json;

    @Spec
    private CommandSpec spec;

    /**
     * One cell of the table.
     *
     * @param kind training or prediction
     * @param zeros share of inputs that are zero
     * @param width inputs and outputs
     * @param batch rows
     * @param samplesPerSecond measured
     * @param share of what the bound allows
     * @param bound compute or bandwidth
     */
    record Cell(String kind, double zeros, int width, int batch, double samplesPerSecond, double share, String bound) {}

    /** Everything, as {@code --json} writes it. */
    record Result(String version, String kernels, Machine machine, Limits limits, List<Cell> cells) {}

    /**
     * A program that measures fewer cells for the suite: rows of the group scale, whose forks are processes.
     *
     * @param classpath that has this class
     * @param kernels bits of vectors
     * @param seconds for all cells together
     */
    static Program program(String classpath, String kernels, double seconds) {
        return new JavaProgram(
                "cost over size, " + kernels + " bit",
                seconds + 4 * QUICK_WARM_UP + 2,
                classpath,
                JavaProgram.options(kernels),
                Sizes.class.getName(),
                List.of(String.valueOf(seconds)));
    }

    /**
     * Measures the suite's cells and prints them as {@link Output}.
     *
     * @param args seconds for all cells together
     */
    public static void main(String[] args) {
        // Else a cell might time the scalar kernels.
        System.setProperty("lanewise.kernels", "vector");
        Sizes sizes = new Sizes();
        sizes.widths = SUITE_WIDTHS;
        sizes.batches = SUITE_BATCHES;
        sizes.quick = true;
        double each = Double.parseDouble(args[0]) / (SUITE_WIDTHS.size() * SUITE_BATCHES.size() * ZEROS.length * 2);
        sizes.warmUp();
        List<Figure> figures = new ArrayList<>();
        for (int width : SUITE_WIDTHS)
            for (double zeros : ZEROS) {
                Layers layers = new Layers(width, zeros);
                for (int batch : SUITE_BATCHES)
                    for (boolean training : new boolean[] {true, false}) {
                        Runnable task = training ? layers.training(batch) : layers.prediction(batch);
                        double rate = batch / Fastest.seconds(task, each / 2, each / 2);
                        figures.add(figure(training, width, batch, zeros, rate));
                    }
            }
        Subject subject = new Subject("Lanewise", Lanewise.version(), "one thread", "");
        System.out.println(new Gson().toJson(new Output(subject, List.of(), figures)));
    }

    private static Figure figure(boolean training, int width, int batch, double zeros, double rate) {
        Map<String, String> params = Map.of(
                "width",
                String.valueOf(width),
                "batch",
                String.valueOf(batch),
                "zeros",
                String.valueOf(zeros),
                Key.KERNELS,
                String.valueOf(Selection.width()));
        return new Figure(
                training ? "scale.training" : "scale.prediction",
                params,
                "thrpt",
                "samples/s",
                false,
                List.of(rate),
                null,
                null,
                String.valueOf(Selection.width()));
    }

    @Override
    public Integer call() throws IOException {
        for (int width : widths)
            expect(width > 0 && width <= 16384 && width % 64 == 0, "--widths", width, "a multiple of 64 up to 16384");
        for (int batch : batches) expect(batch > 0 && 1024 % batch == 0, "--batches", batch, "a divisor of 1024");
        JsonFile file = new JsonFile(json);
        progress("the machine's limits");
        Limits limits = Roofline.measure(
                widths.stream().map(Sizes::bytes).toList(), quick ? QUICK_LIMIT_SECONDS : LIMIT_SECONDS);
        Result result = new Result(Lanewise.version(), Lanewise.kernels(), Machine.here(), limits, cells(limits));
        progress("");
        System.out.print(markdown(result));
        file.write(result);
        return 0;
    }

    private void expect(boolean met, String option, int given, String expected) {
        if (!met)
            throw new ParameterException(spec.commandLine(), option + " " + given + ": " + expected + " expected");
    }

    private static void progress(String text) {
        System.err.printf("\r%-60s\r%s", "", text);
    }

    private List<Cell> cells(Limits limits) {
        double seconds = (quick ? QUICK_SECONDS : SECONDS) / (widths.size() * batches.size() * ZEROS.length * 2);
        progress("warm-up");
        warmUp();
        List<Cell> cells = new ArrayList<>();
        for (int width : widths)
            for (double zeros : ZEROS) measure(new Layers(width, zeros), width, zeros, limits, seconds, cells);
        return List.copyOf(cells);
    }

    private void warmUp() {
        int smallest = widths.stream().min(Integer::compare).orElseThrow();
        for (double zeros : ZEROS) {
            Layers layers = new Layers(smallest, zeros);
            for (int batch : new int[] {1, 1024}) {
                Fastest.seconds(layers.training(batch), quick ? QUICK_WARM_UP : WARM_UP, 0);
                Fastest.seconds(layers.prediction(batch), quick ? QUICK_WARM_UP : WARM_UP, 0);
            }
        }
    }

    private void measure(Layers layers, int width, double zeros, Limits limits, double seconds, List<Cell> cells) {
        for (int batch : batches) {
            progress(width + "x" + width + ", batch " + batch + ", " + percent(zeros) + " zeros");
            for (boolean training : new boolean[] {true, false}) {
                Runnable task = training ? layers.training(batch) : layers.prediction(batch);
                double took = Fastest.seconds(task, seconds / 2, seconds / 2);
                double compute = operations(training, width, batch, layers.density()) / (limits.gigaflops() * 1e9);
                double transfer = transferSeconds(training, width, batch, layers.density(), limits.at(bytes(width)));
                cells.add(new Cell(
                        training ? "training" : "prediction",
                        zeros,
                        width,
                        batch,
                        batch / took,
                        Math.max(compute, transfer) / took,
                        compute >= transfer ? "compute" : "bandwidth"));
            }
        }
    }

    /** Bytes of a layer's weights. */
    static long bytes(int width) {
        return (long) Float.BYTES * width * width;
    }

    /**
     * Useful floating-point operations for a batch: those on inputs that are zero do not count. Forward and the weights'
     * gradient skip them, the input's gradient cannot.
     */
    static double operations(boolean training, int width, int batch, double density) {
        double product = 2.0 * width * width * batch;
        return training ? product * (2 * density + 1) : product * density;
    }

    /**
     * Seconds that the weights take to come from their cache, and to go back. For a batch, forward reads the rows of
     * weights that have a non-zero input in it, the input's gradient reads all, and the update reads and writes those of
     * forward. A single row's forward can do the update of the step before on its way.
     */
    static double transferSeconds(boolean training, int width, int batch, double density, Bandwidth bandwidth) {
        double all = bytes(width), used = all * (1 - Math.pow(1 - density, batch));
        if (!training) return bandwidth.readSeconds(used);
        double forward = batch == 1 ? 0 : bandwidth.readSeconds(used);
        return forward + bandwidth.readSeconds(all) + bandwidth.updateSeconds(used);
    }

    /** The results as Markdown. */
    static String markdown(Result result) {
        StringBuilder text = new StringBuilder();
        text.append("Lanewise ")
                .append(result.version)
                .append(", ")
                .append(result.kernels)
                .append(": ");
        text.append(result.machine).append(".\n\n");
        Limits limits = result.limits;
        text.append(String.format(
                Locale.ROOT, "One core: %.1f GFLOP/s at %d bit, and by size:%n%n", limits.gigaflops(), limits.bits()));
        text.append("| array | read, GB/s | written, GB/s | updated, GB/s |\n|---:|---:|---:|---:|\n");
        for (Bandwidth b : limits.bandwidths())
            text.append(String.format(
                    Locale.ROOT,
                    "| %,d KB | %.1f | %.1f | %.1f |%n",
                    b.bytes() >> 10,
                    b.read(),
                    b.write(),
                    b.update()));
        for (String kind : List.of("training", "prediction"))
            for (double zeros : ZEROS) {
                List<Cell> cells = result.cells.stream()
                        .filter(c -> c.kind.equals(kind) && c.zeros == zeros)
                        .toList();
                List<Integer> batches =
                        cells.stream().map(Cell::batch).distinct().toList();
                text.append("\n**")
                        .append(kind)
                        .append(", ")
                        .append(percent(zeros))
                        .append(" zeros**, samples/s (share)\n\n");
                text.append("| width \\ batch |");
                batches.forEach(b -> text.append(String.format(Locale.ROOT, " %,d |", b)));
                text.append("\n|---:|").append("---:|".repeat(batches.size()));
                int width = 0;
                for (Cell c : cells) {
                    if (c.width != width) text.append(String.format(Locale.ROOT, "%n| %,d |", c.width));
                    width = c.width;
                    text.append(String.format(
                            Locale.ROOT,
                            c.share < LOW ? " %s (**%.2f**%s) |" : " %s (%.2f%s) |",
                            rounded(c.samplesPerSecond),
                            c.share,
                            c.bound.equals("compute") ? "" : " b"));
                }
                text.append('\n');
            }
        return text.append("\nb: bound by bandwidth, else by arithmetic; bold: below ")
                .append(LOW)
                .append(".\n")
                .toString();
    }

    private static String percent(double share) {
        return Math.round(100 * share) + " %";
    }

    /** Three digits that count. */
    static String rounded(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(3));
        return String.format(Locale.ROOT, "%,." + Math.max(0, rounded.scale()) + "f", rounded);
    }
}
