package lanewise.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.RandomSource;
import lanewise.layer.Softmax;
import lanewise.train.optimizer.AdaDelta;
import lanewise.train.optimizer.AdaGrad;
import lanewise.train.optimizer.Adam;
import lanewise.train.optimizer.AdamW;
import lanewise.train.optimizer.AmsGrad;
import lanewise.train.optimizer.Momentum;
import lanewise.train.optimizer.NAdam;
import lanewise.train.optimizer.Nesterov;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.RmsProp;
import lanewise.train.schedule.Constant;
import lanewise.train.schedule.Cosine;
import lanewise.train.schedule.Exponential;
import lanewise.train.schedule.Linear;
import lanewise.train.schedule.OneCycle;
import lanewise.train.schedule.RampUp;
import lanewise.train.schedule.ReduceOnPlateau;
import lanewise.train.schedule.Schedule;
import lanewise.train.schedule.StepDecay;

/**
 * Short trainings of all layers and activations, whose parameters are the same to the bit on every machine.
 *
 * <p>Also a program, for JVMs that have no test engine: it needs the library and this class alone. {@code .ci/other-cpus}
 * runs it on emulated CPUs.
 */
enum Fingerprints {
    NORMALISED("f6a81cf7c4ceb8a6", Loss.SOFTMAX_CROSS_ENTROPY, Fingerprints::normalised),
    REGULARISED("6cdeb00c86a5a291", Loss.SOFTMAX_CROSS_ENTROPY, Fingerprints::regularised),
    LARGE_BATCHES("16ec362f2ea0a506", Loss.SOFTMAX_CROSS_ENTROPY, Fingerprints::largeBatches),
    EMBEDDED("d1d79f47d8f07035", Loss.HUBER, Fingerprints::embedded),
    PER_SAMPLE("f7210c98629a6857", Loss.BINARY_CROSS_ENTROPY, Fingerprints::perSample),
    OPTIMIZED("ae708f1db6fa8067", Loss.SOFTMAX_CROSS_ENTROPY, Fingerprints::optimized),
    IMPORTED("7bd1ff8f737345c6", Loss.SOFTMAX_CROSS_ENTROPY, Fingerprints::imported);

    /** The network's fingerprint after the training. */
    final String expected;

    private final Loss loss;
    private final IntFunction<Network> training;

    Fingerprints(String expected, Loss loss, IntFunction<Network> training) {
        this.expected = expected;
        this.loss = loss;
        this.training = training;
    }

    /** Trains a new network on one thread. */
    Network train() {
        return train(1);
    }

    /** Trains a new network on so many threads. */
    Network train(int threads) {
        return training.apply(threads);
    }

    /** Points in five dimensions; the class is the sign of a product, which no straight line separates. */
    static Dataset points() {
        RandomSource random = new RandomSource(1);
        float[] inputs = new float[5 * 300], classes = new float[300];
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.normal();
        for (int i = 0; i < 300; i++) classes[i] = inputs[5 * i] * inputs[5 * i + 1] > 0 ? 1 : 0;
        return Dataset.ofFloats(5, inputs, 1, classes);
    }

    private static Network untrained() {
        return Network.builder(5)
                .add(Dense.of(5, 40, Activation.IDENTITY).withoutBias())
                .batchNorm()
                .add(PRelu.of(40))
                .dropout(0.1)
                .residual(block -> block.layerNorm().dense(33, Activation.MISH).dense(40, Activation.IDENTITY))
                .residual(block -> block.dense(40, Activation.SELU).dropout(0.2))
                .dense(17, Activation.GELU)
                .dense(2, Activation.IDENTITY)
                .build(7);
    }

    private static Network normalised(int threads) {
        Network network = untrained();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.05f))
                .learningRate(new Linear(0.1f))
                .batchSize(16)
                .epochs(12)
                .seed(3)
                .threads(threads)
                .build()
                .train(points());
        return network;
    }

    private static Network regularised(int threads) {
        Network network = untrained();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .regularizer(Regularizer.l1(1e-4f).and(Regularizer.l2(1e-3f)))
                .batchSize(16)
                .epochs(3)
                .threads(threads)
                .build()
                .train(points());
        return network;
    }

    /** Batches of more than a block of rows, whose gradients are summed block by block. */
    private static Network largeBatches(int threads) {
        Network network = untrained();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .learningRate(0.1f)
                .batchSize(300)
                .epochs(3)
                .threads(threads)
                .build()
                .train(points());
        return network;
    }

    private static Network embedded(int threads) {
        Network network = Network.builder(2)
                .add(Embedding.of(2, 20, 7))
                .layerNorm()
                .dense(20, Activation.ELU)
                .dense(1, Activation.HARD_SWISH)
                .build(7);
        float[] inputs = new float[2 * 100], targets = new float[100];
        RandomSource random = new RandomSource(5);
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.nextInt(20);
        for (int i = 0; i < 100; i++) targets[i] = (inputs[2 * i] + inputs[2 * i + 1]) / 10;
        Trainer.builder(network, Loss.HUBER)
                .learningRate(0.03f)
                .epochs(10)
                .threads(threads)
                .build()
                .train(Dataset.ofFloats(2, inputs, 1, targets));
        return network;
    }

    /** The layer and the activations that the others leave out, on inputs of which two in three are zero, like pixels. */
    private static Network perSample(int threads) {
        Network network = Network.builder(50)
                .dense(37, Activation.RELU)
                .dense(20, Activation.SILU)
                .dense(20, Activation.GELU_TANH)
                .dense(18, Activation.SOFTPLUS)
                .dense(17, Activation.LEAKY_RELU)
                .dense(16, Activation.SOFTSIGN)
                .dense(15, Activation.HARD_SIGMOID)
                .dense(14, Activation.TANH)
                .dense(13, Activation.SIGMOID)
                .add(Softmax.of(13))
                .dense(1, Activation.IDENTITY)
                .build(7);
        float[] inputs = new float[50 * 100], classes = new float[100];
        RandomSource random = new RandomSource(9);
        for (int i = 0; i < inputs.length; i++) inputs[i] = Math.max(0f, 3f * random.uniform() - 2f);
        for (int i = 0; i < 100; i++) classes[i] = inputs[50 * i] > inputs[50 * i + 1] ? 1 : 0;
        Trainer.builder(network, Loss.BINARY_CROSS_ENTROPY)
                .learningRate(0.1f)
                .epochs(5)
                .threads(threads)
                .build()
                .train(Dataset.ofFloats(50, inputs, 1, classes));
        return network;
    }

    /** The layers and activations that imported networks have, sample by sample and, with a penalty, in batches. */
    private static Network imported(int threads) {
        Network network = Network.builder(5)
                .add(Affine.of(5))
                .dense(40, Activation.softplus(2f))
                .dense(33, Activation.LOG_SIGMOID)
                .add(Affine.of(33))
                .add(Pointwise.of(33, Activation.HARD_TANH))
                .residual(block ->
                        block.add(Pointwise.of(33, Activation.TANH_SHRINK)).dense(33, Activation.celu(0.7f)))
                .layerNorm()
                .add(Pointwise.of(33, Activation.GELU))
                .dense(20, Activation.threshold(0.1f, -0.2f))
                .dense(2, Activation.clip(-7f, 7f))
                .build(7);
        for (int batch : new int[] {1, 16})
            Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .learningRate(0.03f)
                    .regularizer(batch == 1 ? Regularizer.NONE : Regularizer.l2(1e-3f))
                    .batchSize(batch)
                    .epochs(3)
                    .threads(threads)
                    .build()
                    .train(points());
        return network;
    }

    /** All optimizers and schedules one after the other, with weights, clipping, decay, averages and early stopping. */
    private static Network optimized(int threads) {
        Network network = untrained();
        Dataset points = points();
        Map<Optimizer, Schedule> rules = new LinkedHashMap<>();
        rules.put(new Momentum(0.9, 0.1), new StepDecay(0.02f, 20, 0.5));
        rules.put(new Nesterov(), new Exponential(0.02f, 0.1));
        rules.put(new Adam(), new Cosine(0.01f));
        rules.put(new AdamW(), new Cosine(0.01f, 7, 1.5));
        rules.put(new AmsGrad(), new OneCycle(0.01f));
        rules.put(new NAdam(), new RampUp(10, new Linear(0.01f)));
        rules.put(new RmsProp(), new ReduceOnPlateau(new Constant(0.003f), 0.5, 0, 0.01));
        rules.put(new RmsProp(0.9, 1e-6, 0.5, true), new Constant(0.001f));
        rules.put(new AdaGrad(), new Constant(0.01f));
        rules.put(new AdaDelta(), new Constant(1f));
        rules.forEach((optimizer, schedule) -> Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .optimizer(optimizer)
                .learningRate(schedule)
                .regularizer(Regularizer.l2(1e-3f).and(Regularizer.decay(0.1f)))
                .clipping(new Clipping(0.5, 0.05))
                .averaging(0.9)
                .batchSize(16)
                .epochs(4)
                .patience(2)
                .validation(points.range(250, 300))
                .threads(threads)
                .build()
                .train(points.range(0, 250).classWeighted(1f, 1.5f)));
        return network;
    }

    /**
     * Prints the kernels and, for each training, its fingerprint and the SHA-256 of the model's file. Ends with status 1 if
     * a fingerprint is not the expected one.
     *
     * @param args none
     */
    public static void main(String[] args) throws IOException, NoSuchAlgorithmException {
        System.out.println("kernels: " + Lanewise.kernels());
        boolean failed = false;
        for (Fingerprints each : values()) {
            Network network = each.train();
            String fingerprint = network.fingerprint();
            System.out.println(each + " fingerprint: " + fingerprint);
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            ModelFile.save(Model.of(network, each.loss), file);
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(file.toByteArray());
            System.out.println(each + " model file: " + HexFormat.of().formatHex(digest));
            if (!fingerprint.equals(each.expected)) {
                System.err.println(each + ": fingerprint " + each.expected + " expected, but it is " + fingerprint);
                failed = true;
            }
        }
        if (failed) System.exit(1);
    }
}
