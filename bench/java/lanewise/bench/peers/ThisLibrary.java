package lanewise.bench.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.train.Step;
import lanewise.train.Trainer;
import lanewise.train.UpdateRule;

/** This library: steps and predictors, as {@link lanewise.train.Trainer} and servers use them. */
public final class ThisLibrary implements Peer {

    private static final Loss LOSS = Loss.SOFTMAX_CROSS_ENTROPY;

    /** Of the training to an accuracy. */
    private static final float COURSE_RATE = 0.1f;

    private Model model;
    private Predictor one;

    @Override
    public String name() {
        return "Lanewise";
    }

    @Override
    public String version() {
        return Lanewise.version();
    }

    @Override
    public String settings() {
        return "float arrays; trained on bytes; to an accuracy by one epoch of the trainer, sample by sample, at 0.1";
    }

    /** The kernels that run, as rows name them. */
    static String kernels() {
        String words = Lanewise.kernels();
        return words.startsWith("scalar") ? "scalar" : words.replaceAll("\\D", "");
    }

    /** The network's layers, to the logits. */
    static Network.Builder layers() {
        int[] sizes = Work.sizes();
        return Network.builder(sizes[0])
                .dense(sizes[1], Activation.SIGMOID)
                .dense(sizes[2], Activation.SIGMOID)
                .dense(sizes[3], Activation.IDENTITY);
    }

    /** The network with the given weights; null: those with which trainings begin. */
    static Network network(float[] weights) {
        Network network = layers().build(1);
        if (weights != null) network.setParameters(weights);
        return network;
    }

    static Dataset data(Digits digits) {
        byte[] labels = new byte[digits.count()];
        for (int i = 0; i < labels.length; i++) labels[i] = (byte) digits.labels()[i];
        return Dataset.ofBytes(Work.PIXELS, digits.pixels(), labels, Work.CLASSES);
    }

    /** The probabilities of digits. */
    static float[] predictions(Network network, float[] digits) {
        int count = digits.length / Work.PIXELS;
        float[] probabilities = new float[count * Work.CLASSES];
        Model.of(network, LOSS).predictor(32).predict(digits, 0, probabilities, 0, count);
        return probabilities;
    }

    @Override
    public void load(Work work) throws Exception {
        Path file = work.folder().resolve("model.lanewise");
        if (!Files.exists(file)) ModelFile.save(Model.of(network(work.weights()), LOSS), file);
        model = ModelFile.load(file);
        one = model.predictor();
    }

    @Override
    public void predict(float[] digit, float[] probabilities) {
        one.predict(digit, 0, probabilities, 0);
    }

    @Override
    public int[] batchSizes() {
        return new int[] {1, 32, 128};
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        model.warmUp();
        Predictor predictor = rows == 1 ? one : model.predictor(rows);
        float[] probabilities = new float[digits.length / Work.PIXELS * Work.CLASSES];
        return new Scoring() {
            @Override
            public void run() {
                if (rows > 1) predictor.predict(digits, 0, probabilities, 0, digits.length / Work.PIXELS);
                else
                    for (int i = 0, o = 0; i < digits.length; i += Work.PIXELS, o += Work.CLASSES)
                        predictor.predict(digits, i, probabilities, o);
            }

            @Override
            public float[] probabilities() {
                return probabilities;
            }
        };
    }

    @Override
    public Training training(float[] weights, Digits digits, int batch, int threads) {
        Dataset data = data(digits);
        Network network = network(weights);
        Workers workers = threads == 1 ? Workers.one() : Workers.of(threads);
        Step step = new Step(network, LOSS, UpdateRule.SGD, batch, 1, workers);
        step.expect(Long.MAX_VALUE);
        return new Training() {
            @Override
            public void run(int[] order, int from, int to, float rate) {
                for (int at = from; at < to; at += batch) {
                    step.load(data, order, at, batch);
                    step.run(batch, rate);
                }
            }

            @Override
            public float[] probabilities(float[] test) {
                step.finish();
                return predictions(network, test);
            }

            @Override
            public void close() {
                step.close();
                workers.close();
            }
        };
    }

    /** One epoch, sample by sample, by the trainer. */
    @Override
    public Course course(float[] weights, Digits digits) {
        Dataset data = data(digits);
        Network network = network(weights);
        return new Course() {
            @Override
            public void run() {
                Trainer.builder(network, LOSS)
                        .learningRate(COURSE_RATE)
                        .epochs(1)
                        .build()
                        .train(data);
            }

            @Override
            public float[] probabilities(float[] test) {
                return predictions(network, test);
            }
        };
    }
}
