package lanewise.bench.micro;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Predictions of the 784-128-64-10 network: nanoseconds and bytes for each input; 0 B/op or the number is invalid.
 *
 * <p>{@link #readParameters} is the limit without zeros: to read all parameters once, from the second-level cache where
 * they fit it, and do nothing with them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PredictionBenchmark {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int INPUTS = 128, PIXELS = 784, CLASSES = 10;

    /** Share of pixels that are zero; digits of MNIST have 0.81. */
    @Param({"0.81", "0.0"})
    double zeros;

    private final float[] floats = new float[INPUTS * PIXELS];
    private final byte[] bytes = new byte[INPUTS * PIXELS];
    private final float[] predictions = new float[INPUTS * CLASSES];
    private final int[] classes = new int[INPUTS];
    private Predictor one;
    private Predictor batch;
    private Slice parameters;

    /** Makes the model, and inputs in which non-zero pixels come in strokes. */
    @Setup
    public void model() {
        Network network = Network.builder(PIXELS)
                .dense(128, Activation.SIGMOID)
                .dense(64, Activation.SIGMOID)
                .dense(CLASSES, Activation.IDENTITY)
                .build(1);
        Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY).aligned();
        model.warmUp();
        one = model.predictor();
        batch = model.predictor(32);
        RandomSource random = new RandomSource(1);
        boolean ink = false;
        for (int i = 0; i < floats.length; i++) {
            if (zeros == 0 || random.nextInt(4) == 0) ink = random.uniform() >= zeros;
            if (ink) bytes[i] = (byte) (1 + random.nextInt(255));
            floats[i] = (bytes[i] & 0xff) * (1f / 255f);
        }
        parameters = Slice.allocate(1, network.parameterCount() / 128 * 128);
    }

    /** One by one. */
    @Benchmark
    @OperationsPerInvocation(INPUTS)
    public void predict() {
        for (int i = 0; i < INPUTS; i++) one.predict(floats, i * PIXELS, predictions, i * CLASSES);
    }

    /** In batches. */
    @Benchmark
    @OperationsPerInvocation(INPUTS)
    public void predictBatch() {
        batch.predict(floats, 0, predictions, 0, INPUTS);
    }

    /** From raw bytes, in batches, without the output's exp. */
    @Benchmark
    @OperationsPerInvocation(INPUTS)
    public void classifyBatch() {
        batch.classify(bytes, 0, classes, 0, INPUTS);
    }

    /**
     * As many floats as the network has parameters, read once.
     *
     * @return their sum
     */
    @Benchmark
    public float readParameters() {
        float[] w = parameters.array();
        int o = parameters.offset(), end = o + parameters.columns(), step = S.length();
        FloatVector a = FloatVector.zero(S), b = a, c = a, d = a;
        for (; o < end; o += 4 * step) {
            a = a.add(FloatVector.fromArray(S, w, o));
            b = b.add(FloatVector.fromArray(S, w, o + step));
            c = c.add(FloatVector.fromArray(S, w, o + 2 * step));
            d = d.add(FloatVector.fromArray(S, w, o + 3 * step));
        }
        return a.add(b).add(c.add(d)).lane(0);
    }
}
