package lanewise.bench;

import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.Step;

/** Square dense layers on made-up samples, to be timed: training steps and predictions. */
final class Layers {

    /** Samples that batches go through, so that the same row does not come twice in a row. */
    private static final int SAMPLES = 1024;

    private static final float RATE = 1e-6f;

    private final int width;
    private final float[] inputs;
    private final Dataset data;
    private final double density;
    private final Model model;
    private final int[] order = new int[SAMPLES];

    /**
     * A layer's samples.
     *
     * @param width inputs and outputs
     * @param zeros share of inputs that are zero, at random
     */
    Layers(int width, double zeros) {
        this.width = width;
        RandomSource random = new RandomSource(1);
        inputs = new float[SAMPLES * width];
        int count = 0;
        for (int i = 0; i < inputs.length; i++)
            if (random.uniform() >= zeros) {
                inputs[i] = random.normal();
                count++;
            }
        density = (double) count / inputs.length;
        data = Dataset.ofFloats(width, inputs, 1, new float[SAMPLES]);
        for (int i = 0; i < SAMPLES; i++) order[i] = i;
        Network network =
                Network.builder(width).dense(width, Activation.IDENTITY).build(1);
        model = Model.of(network, Loss.MEAN_SQUARED_ERROR).aligned();
    }

    /** Share of inputs that are not zero. */
    double density() {
        return density;
    }

    /**
     * Steps of plain gradient descent of one layer: a batch's inputs are set, then forward, the input's gradient, the
     * weights' gradient, the update.
     *
     * @param batch rows, a divisor of 1,024
     * @return does one step, with the next samples each time
     */
    Runnable training(int batch) {
        // The layer in front has the input's gradient computed, which a network's first layer does not need.
        Network network = Network.builder(width)
                .add(new Through(width))
                .dense(width, Activation.IDENTITY)
                .build(1);
        Step step = new Step(network, new GivenGradient(width), batch, 1);
        return new Runnable() {
            private int from;

            @Override
            public void run() {
                step.load(data, order, from, batch);
                step.run(batch, RATE);
                from = (from + batch) % SAMPLES;
            }
        };
    }

    /**
     * Predictions.
     *
     * @param batch rows, a divisor of 1,024
     * @return predicts once, the next samples each time
     */
    Runnable prediction(int batch) {
        Predictor predictor = batch == 1 ? model.predictor() : model.predictor(batch);
        float[] predictions = new float[batch * width];
        return new Runnable() {
            private int from;

            @Override
            public void run() {
                if (batch == 1) predictor.predict(inputs, from * width, predictions, 0);
                else predictor.predict(inputs, from * width, predictions, 0, batch);
                from = (from + batch) % SAMPLES;
            }
        };
    }

    /** A layer that hands everything on, in both directions. */
    private record Through(int width) implements Layer {

        @Override
        public int inputSize() {
            return width;
        }

        @Override
        public int outputSize() {
            return width;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++) copy(input, output, r);
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput != null) for (int r = from; r < to; r++) copy(dOutput, dInput, r);
        }

        private void copy(Slice source, Slice target, int row) {
            System.arraycopy(source.array(), source.at(row), target.array(), target.at(row), width);
        }
    }

    /** A loss without arithmetic: the same gradient for each row, and the loss 0. */
    private static final class GivenGradient extends Loss {

        private final float[] gradient;

        GivenGradient(int width) {
            super("given gradient");
            gradient = new float[width];
            RandomSource random = new RandomSource(2);
            for (int i = 0; i < width; i++) gradient[i] = random.normal();
        }

        @Override
        public boolean accepts(int outputs, int targetColumns) {
            return true;
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            System.arraycopy(gradient, 0, dLogits.array(), dLogits.at(row), gradient.length);
            return 0;
        }
    }
}
