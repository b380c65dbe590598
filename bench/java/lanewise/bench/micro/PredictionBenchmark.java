package lanewise.bench.micro;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.bench.program.KernelsProfiler;
import lanewise.kernel.Selection;
import lanewise.layer.Loss;
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
 * Predictions of the 784-128-64-10 network: nanoseconds and bytes for each input.
 *
 * <p><b>What it measures.</b> The mean time of a call, or of an input's part in a call for a batch, of a model that is warm.
 * 128 inputs are predicted in a round, so that their zeros are not learnt by the branch predictor.
 *
 * <p><b>The wrong way</b> is to read a latency from it: a mean hides the slow calls, and these are what users of a service
 * meet. {@code predict.latency} gives distributions. <b>The right way</b> is to compare code with code:
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh PredictionBenchmark.predict -p zeros=0.81 -jvmArgsAppend -Dlanewise.width=256"
 * </pre>
 *
 * <p>0 B/op, or the number is invalid.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PredictionBenchmark extends Windowed {

    private static final int[] HIDDEN = {128, 64};
    private static final int INPUTS = 128, ROWS = 32;

    /** Share of pixels that are zero; digits of MNIST have 0.81. */
    @Param({"0.81", "0.0"})
    double zeros;

    private final float[] predictions = new float[INPUTS * Digits.CLASSES];
    private final int[] classes = new int[INPUTS];
    private float[] floats;
    private byte[] bytes;
    private Predictor one;
    private Predictor batch;

    /** Makes the model and the digits. */
    @Setup
    public void model() {
        Model model = warmModel();
        one = model.predictor();
        batch = model.predictor(ROWS);
        Digits digits = Digits.of(zeros);
        bytes = digits.pixels();
        floats = digits.floats();
        KernelsProfiler.watch(() -> kernels(model));
    }

    /** A model of the digits' network that has its kernels for good. */
    static Model warmModel() {
        Model model =
                Model.of(Digits.network(HIDDEN), Loss.SOFTMAX_CROSS_ENTROPY).aligned();
        model.warmUp();
        return model;
    }

    /** Bits of the vectors of the kernels that a model's predictors of any number of rows use; 0 while it is not warm. */
    static int kernels(Model model) {
        return model.readiness() == Model.Readiness.WARM ? Selection.width() : 0;
    }

    /** The work of a method, for each input. */
    static Work work(String method, Map<String, String> params) {
        int rows = method.equals("predict") ? 1 : ROWS;
        return NetworkWork.ofDigits(Double.parseDouble(params.getOrDefault("zeros", "0.81")), rows, HIDDEN)
                .prediction();
    }

    /** One by one. */
    @Benchmark
    @OperationsPerInvocation(INPUTS)
    public void predict() {
        for (int i = 0; i < INPUTS; i++) one.predict(floats, i * Digits.PIXELS, predictions, i * Digits.CLASSES);
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
}
