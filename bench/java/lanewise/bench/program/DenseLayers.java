package lanewise.bench.program;

import com.google.gson.Gson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.bench.machine.Fastest;
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

    /** Figures. */
    private static final int PARTS = 4;

    /** A step has five: two forward, one input's gradient, two weights' gradients. */
    private static final int PRODUCTS = 5;

    private static final RandomSource RANDOM = new RandomSource(1);

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
                List.of(kernels, Double.toString(seconds / PARTS)));
    }

    /**
     * Measures.
     *
     * @param args the kernels, as rows name them; seconds for each of the four figures
     */
    public static void main(String[] args) {
        double seconds = Double.parseDouble(args[1]);
        Dense layer = Dense.of(WIDTH, WIDTH, Activation.IDENTITY);
        Parameters parameters = Parameters.alignedZeros(layer);
        layer.initialize(parameters, RANDOM);
        Batch batch = Batch.forTraining(layer, ROWS);
        Pass pass = batch.pass();
        fill(batch.input());
        fill(batch.dOutput());
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put(
                "forward",
                gigaflops(1, seconds, () -> layer.forward(pass, 0, ROWS, parameters, batch.input(), batch.output())));
        figures.put(
                "input gradient",
                gigaflops(
                        1,
                        seconds,
                        () -> layer.backward(
                                pass,
                                0,
                                ROWS,
                                parameters,
                                batch.input(),
                                batch.output(),
                                batch.dOutput(),
                                batch.dInput())));
        figures.put(
                "weight gradient",
                gigaflops(
                        1,
                        seconds,
                        () -> layer.parameterGradient(
                                pass,
                                0,
                                ROWS,
                                batch.input(),
                                batch.output(),
                                batch.dOutput(),
                                1e-6f,
                                parameters,
                                0,
                                1)));
        Network network = Network.builder(WIDTH)
                .dense(WIDTH, Activation.SIGMOID)
                .dense(WIDTH, Activation.IDENTITY)
                .build(1);
        Step step = new Step(network, Loss.MEAN_SQUARED_ERROR, ROWS, WIDTH);
        fill(step.batch().input());
        fill(step.targets());
        figures.put("step", gigaflops(PRODUCTS, seconds, () -> step.run(ROWS, 1e-3f)));
        System.out.println(new Gson()
                .toJson(new Program.Output(
                        new Subject("Lanewise", Lanewise.version(), Lanewise.kernels() + "; one thread", ""),
                        List.of(),
                        figures.entrySet().stream()
                                .map(figure -> figure(args[0], figure.getKey(), figure.getValue()))
                                .toList())));
    }

    private static Program.Figure figure(String kernels, String part, double gigaflops) {
        return new Program.Figure(
                "train.dense",
                Map.of("part", part, "batch", Integer.toString(ROWS), Key.KERNELS, kernels),
                "thrpt",
                "GFLOP/s",
                false,
                List.of(gigaflops),
                null,
                null,
                null);
    }

    private static void fill(Slice slice) {
        for (int r = 0; r < slice.rows(); r++)
            for (int c = 0; c < slice.columns(); c++) slice.set(r, c, 1e-2f * RANDOM.normal());
    }

    private static double gigaflops(int products, double seconds, Runnable task) {
        return 1e-9 * products * OPERATIONS / Fastest.seconds(task, seconds / 2, seconds / 2);
    }
}
