package lanewise.bench.program;

import com.google.gson.Gson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.Step;

/**
 * Measures a dense layer 1024 to 1024 at batch 128 without zeros, and a training step of 1024-1024-1024, in GFLOP/s: rows
 * {@code train.dense}. The task {@code dense} of bench/native/blas.c does the same by a matrix library.
 */
public final class DenseLayers {

    private static final int WIDTH = 1024, ROWS = 128;

    /** Of one product of the layer. */
    private static final double OPERATIONS = 2.0 * ROWS * WIDTH * WIDTH;

    /** A step has five: two forward, one input's gradient, two weights' gradients. */
    private static final int PRODUCTS = 5;

    /** Slices of the warm-up, at most so many, and the gain that asks for one more. */
    private static final int SLICES = 3, MOST_SLICES = 16;

    private static final double FASTER = 1.05;

    private static final RandomSource RANDOM = new RandomSource(1);

    /** Some of a training, of so many products. */
    private record Part(String name, int products, Runnable task) {}

    private DenseLayers() {}

    /**
     * The program.
     *
     * @param classpath that has this class
     * @param kernels scalar, or bits of vectors
     * @param seconds that it takes in all
     */
    public static Program program(String classpath, String kernels, double seconds) {
        return new JavaProgram(
                "dense layers, " + kernels,
                seconds,
                classpath,
                JavaProgram.options(kernels),
                DenseLayers.class.getName(),
                List.of(kernels, Double.toString(seconds)));
    }

    /**
     * Measures.
     *
     * @param args the kernels, as rows name them; seconds in all
     */
    public static void main(String[] args) {
        Dense layer = Dense.of(WIDTH, WIDTH, Activation.IDENTITY);
        Parameters parameters = Parameters.alignedZeros(layer);
        layer.initialize(parameters, RANDOM);
        Batch batch = Batch.forTraining(layer, ROWS);
        Pass pass = batch.pass();
        fill(batch.input());
        fill(batch.dOutput());
        Network network = Network.builder(WIDTH)
                .dense(WIDTH, Activation.SIGMOID)
                .dense(WIDTH, Activation.IDENTITY)
                .build(1);
        Step step = new Step(network, Loss.MEAN_SQUARED_ERROR, ROWS, WIDTH);
        fill(step.batch().input());
        fill(step.targets());
        Slice in = batch.input(), out = batch.output(), dOut = batch.dOutput(), dIn = batch.dInput();
        List<Part> parts = List.of(
                new Part("forward", 1, () -> layer.forward(pass, 0, ROWS, parameters, in, out)),
                new Part("input gradient", 1, () -> layer.backward(pass, 0, ROWS, parameters, in, out, dOut, dIn)),
                new Part(
                        "weight gradient",
                        1,
                        () -> layer.parameterGradient(pass, 0, ROWS, in, out, dOut, 1e-6f, parameters, 0, 1)),
                new Part("step", PRODUCTS, () -> step.run(ROWS, 1e-3f)));
        List<Program.Figure> figures = figures(args[0], parts, Double.parseDouble(args[1]));
        System.out.println(new Gson()
                .toJson(new Program.Output(
                        new Subject("Lanewise", Lanewise.version(), Lanewise.kernels() + "; one thread", ""),
                        List.of(),
                        figures)));
    }

    /** Warms up, then measures in half of the time: each part in turn, over and over, one call to a window. */
    private static List<Program.Figure> figures(String kernels, List<Part> parts, double seconds) {
        warmUp(parts, seconds / 2 / SLICES);
        List<Windows> windows = parts.stream().map(part -> new Windows()).toList();
        long end = System.nanoTime() + (long) (seconds / 2 * 1e9);
        do {
            for (int i = 0; i < parts.size(); i++) {
                Part part = parts.get(i);
                windows.get(i).measure(() -> rates(List.of(part), 0)[0]);
            }
        } while (System.nanoTime() < end);
        List<Program.Figure> figures = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) figures.add(figure(kernels, parts.get(i).name, windows.get(i)));
        return figures;
    }

    /** Some slices of the warm-up, and on while one makes a part faster than all before: the JIT compiler is at work then. */
    private static void warmUp(List<Part> parts, double slice) {
        double[] best = new double[parts.size()];
        boolean gains = true;
        for (int k = 0; k < MOST_SLICES && (gains || k <= SLICES); k++) {
            double[] rates = rates(parts, slice);
            gains = false;
            for (int i = 0; i < rates.length; i++) {
                gains |= rates[i] >= FASTER * best[i];
                best[i] = Math.max(best[i], rates[i]);
            }
        }
    }

    /**
     * Each part in turn, over and over, so that none finds its arrays in a cache that the others have left alone.
     *
     * @return GFLOP/s of each
     */
    private static double[] rates(List<Part> parts, double limit) {
        long[] took = new long[parts.size()];
        long start = System.nanoTime(), now = start;
        int rounds = 0;
        do {
            for (int i = 0; i < took.length; i++) {
                long from = now;
                parts.get(i).task.run();
                now = System.nanoTime();
                took[i] += now - from;
            }
            rounds++;
        } while (now - start < limit * 1e9);
        double[] rates = new double[took.length];
        for (int i = 0; i < took.length; i++) rates[i] = parts.get(i).products * OPERATIONS * rounds / took[i];
        return rates;
    }

    private static Program.Figure figure(String kernels, String part, Windows gigaflops) {
        return new Program.Figure(
                "train.dense",
                Map.of("part", part, "batch", Integer.toString(ROWS), Key.KERNELS, kernels),
                "thrpt",
                "GFLOP/s",
                false,
                gigaflops.values(),
                null,
                null,
                null,
                gigaflops.clocks());
    }

    private static void fill(Slice slice) {
        for (int r = 0; r < slice.rows(); r++)
            for (int c = 0; c < slice.columns(); c++) slice.set(r, c, 1e-2f * RANDOM.normal());
    }
}
