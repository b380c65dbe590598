package lanewise.bench;

import com.google.gson.Gson;
import java.util.LinkedHashMap;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.bench.machine.Fastest;
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
 * A program that measures a dense layer 1024→1024 at batch 128 without zeros, and a training step of 1024-1024-1024: 10⁹
 * floating-point operations a second, as JSON. {@code blas dense} in bench/native does the same by a matrix library.
 */
final class DenseLayers {

    private static final int WIDTH = 1024, ROWS = 128;

    /** Of one product of the layer. */
    private static final double OPERATIONS = 2.0 * ROWS * WIDTH * WIDTH;

    /** A step has five: two forward, one input's gradient, two weights' gradients. */
    private static final int PRODUCTS = 5;

    private static final RandomSource RANDOM = new RandomSource(1);

    private DenseLayers() {}

    /**
     * Measures.
     *
     * @param args seconds for each of the four figures
     */
    public static void main(String[] args) {
        double seconds = args.length > 0 ? Double.parseDouble(args[0]) : 3;
        Dense layer = Dense.of(WIDTH, WIDTH, Activation.IDENTITY);
        Parameters parameters = Parameters.alignedZeros(layer);
        layer.initialize(parameters, RANDOM);
        Batch batch = Batch.forTraining(layer, ROWS);
        Pass pass = batch.pass();
        fill(batch.input());
        fill(batch.dOutput());
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("kernels", Lanewise.kernels());
        figures.put(
                "forward",
                gigaflops(1, seconds, () -> layer.forward(pass, 0, ROWS, parameters, batch.input(), batch.output())));
        figures.put(
                "inputGradient",
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
                "weightGradient",
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
        System.out.println(new Gson().toJson(figures));
    }

    private static void fill(Slice slice) {
        for (int r = 0; r < slice.rows(); r++)
            for (int c = 0; c < slice.columns(); c++) slice.set(r, c, 1e-2f * RANDOM.normal());
    }

    private static double gigaflops(int products, double seconds, Runnable task) {
        return 1e-9 * products * OPERATIONS / Fastest.seconds(task, seconds / 2, seconds / 2);
    }
}
