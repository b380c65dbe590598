package lanewise.bench.peers;

import smile.classification.MLP;
import smile.model.mlp.Layer;
import smile.model.mlp.OutputFunction;
import smile.util.function.TimeFunction;

/** Smile's MLP, in doubles: predict with posteriors, and update by samples and by batches. */
public final class Smile implements Peer {

    private final double[] digit = new double[Work.PIXELS], posteriors = new double[Work.CLASSES];
    private Network network;

    /** Gives the weights away, which the class keeps for those who extend it. */
    private static final class Network extends MLP {

        private static final long serialVersionUID = 1;

        Network(float[] weights) {
            super(
                    Layer.input(Work.PIXELS),
                    Layer.sigmoid(Work.sizes()[1]),
                    Layer.sigmoid(Work.sizes()[2]),
                    Layer.mle(Work.CLASSES, OutputFunction.SOFTMAX));
            int at = 0;
            for (int k = 0; k < 3; k++) {
                // The first of all is the layer of inputs.
                Layer layer = k < 2 ? net[k + 1] : output;
                int in = Work.sizes()[k], out = Work.sizes()[k + 1];
                for (int i = 0; i < in; i++)
                    for (int o = 0; o < out; o++) layer.weight().set(o, i, weights[at++]);
                for (int o = 0; o < out; o++) layer.bias().set(o, weights[at++]);
            }
        }
    }

    @Override
    public String name() {
        return "Smile";
    }

    @Override
    public String version() {
        return "6.3.0";
    }

    @Override
    public String settings() {
        return "MLP in doubles, on OpenBLAS; digits are doubles beforehand, but for single predictions";
    }

    @Override
    public void load(Work work) throws Exception {
        network = new Network(work.weights());
    }

    @Override
    public void predict(float[] pixels, float[] probabilities) {
        for (int i = 0; i < digit.length; i++) digit[i] = pixels[i];
        network.predict(digit, posteriors);
        for (int c = 0; c < posteriors.length; c++) probabilities[c] = (float) posteriors[c];
    }

    /** It has no predictions in batches. */
    @Override
    public int[] batchSizes() {
        return new int[] {1};
    }

    /** The digits, each an array of its own. */
    private static double[][] doubles(float[] digits) {
        double[][] doubles = new double[digits.length / Work.PIXELS][Work.PIXELS];
        for (int i = 0; i < digits.length; i++) doubles[i / Work.PIXELS][i % Work.PIXELS] = digits[i];
        return doubles;
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        int count = digits.length / Work.PIXELS;
        double[][] inputs = doubles(digits);
        float[] probabilities = new float[count * Work.CLASSES];
        return new Scoring() {
            @Override
            public void run() {
                score(network, inputs, probabilities);
            }

            @Override
            public float[] probabilities() {
                return probabilities;
            }
        };
    }

    private void score(MLP network, double[][] inputs, float[] probabilities) {
        for (int r = 0; r < inputs.length; r++) {
            network.predict(inputs[r], posteriors);
            for (int c = 0; c < Work.CLASSES; c++) probabilities[r * Work.CLASSES + c] = (float) posteriors[c];
        }
    }

    @Override
    public Training training(float[] weights, Digits digits, int batch, int threads) {
        Network trained = new Network(weights);
        double[][] samples = doubles(digits.floats()), x = new double[batch][];
        int[] labels = new int[batch];
        return new Training() {
            private float rate;

            @Override
            public void run(int[] order, int from, int to, float rate) {
                if (rate != this.rate) trained.setLearningRate(TimeFunction.constant(this.rate = rate));
                for (int at = from; at < to; at += batch) {
                    for (int r = 0; r < batch; r++) {
                        x[r] = samples[order[at + r]];
                        labels[r] = digits.labels()[order[at + r]];
                    }
                    if (batch == 1) trained.update(x[0], labels[0]);
                    else trained.update(x, labels);
                }
            }

            @Override
            public float[] probabilities(float[] test) {
                float[] probabilities = new float[Work.TEST * Work.CLASSES];
                score(trained, doubles(test), probabilities);
                return probabilities;
            }
        };
    }
}
