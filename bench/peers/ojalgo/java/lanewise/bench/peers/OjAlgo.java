package lanewise.bench.peers;

import org.ojalgo.ann.ArtificialNeuralNetwork;
import org.ojalgo.ann.ArtificialNeuralNetwork.Activator;
import org.ojalgo.ann.ArtificialNeuralNetwork.Error;
import org.ojalgo.ann.NetworkInvoker;
import org.ojalgo.ann.NetworkTrainer;
import org.ojalgo.matrix.store.MatrixStore;
import org.ojalgo.matrix.store.R032Store;

/** ojAlgo's ArtificialNeuralNetwork in floats: an invoker for so many rows, and a trainer for batches of so many. */
public final class OjAlgo implements Peer {

    private final R032Store input = R032Store.FACTORY.make(1, Work.PIXELS);
    private ArtificialNeuralNetwork network;
    private NetworkInvoker one;

    @Override
    public String name() {
        return "ojAlgo";
    }

    @Override
    public String version() {
        return "57.1.0";
    }

    @Override
    public String settings() {
        return "R032Store, an invoker and a trainer for each size of batches, trained on stores and floats made beforehand";
    }

    private static ArtificialNeuralNetwork network() {
        int[] sizes = Work.sizes();
        return ArtificialNeuralNetwork.builder(R032Store.FACTORY, sizes[0])
                .layer(sizes[1], Activator.SIGMOID)
                .layer(sizes[2], Activator.SIGMOID)
                .layer(sizes[3], Activator.SOFTMAX)
                .get();
    }

    private static NetworkTrainer trainer(ArtificialNeuralNetwork network, float[] weights, int batch) {
        NetworkTrainer trainer = network.newTrainer(batch);
        int[] sizes = Work.sizes();
        for (int k = 0, at = 0; k < 3; k++) {
            for (int i = 0; i < sizes[k]; i++)
                for (int o = 0; o < sizes[k + 1]; o++) trainer.weight(k, i, o, weights[at++]);
            for (int o = 0; o < sizes[k + 1]; o++) trainer.bias(k, o, weights[at++]);
        }
        return trainer.error(Error.CROSS_ENTROPY);
    }

    @Override
    public void load(Work work) throws Exception {
        network = network();
        trainer(network, work.weights(), 1);
        one = network.newInvoker();
    }

    @Override
    public void predict(float[] digit, float[] probabilities) {
        for (int i = 0; i < digit.length; i++) input.set(i, digit[i]);
        MatrixStore<Double> output = one.invoke(input);
        for (int c = 0; c < Work.CLASSES; c++) probabilities[c] = output.floatValue(c);
    }

    @Override
    public int[] batchSizes() {
        return new int[] {1, 50, 200, 1000};
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        return scoring(network, digits, rows);
    }

    /** Some of the digits, by the number of the first. */
    private static R032Store rows(float[] digits, int first, int rows) {
        R032Store store = R032Store.FACTORY.make(rows, Work.PIXELS);
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < Work.PIXELS; i++) store.set(r, i, digits[(first + r) * Work.PIXELS + i]);
        return store;
    }

    private static Scoring scoring(ArtificialNeuralNetwork network, float[] digits, int rows) {
        int count = digits.length / Work.PIXELS;
        NetworkInvoker invoker = network.newInvoker(rows);
        R032Store[] inputs = new R032Store[count / rows];
        for (int b = 0; b < inputs.length; b++) inputs[b] = rows(digits, b * rows, rows);
        float[] probabilities = new float[count * Work.CLASSES];
        return new Scoring() {
            @Override
            public void run() {
                int at = 0;
                for (R032Store batch : inputs) {
                    MatrixStore<Double> output = invoker.invoke(batch);
                    for (int r = 0; r < rows; r++)
                        for (int c = 0; c < Work.CLASSES; c++) probabilities[at++] = output.floatValue(r, c);
                }
            }

            @Override
            public float[] probabilities() {
                return probabilities;
            }
        };
    }

    @Override
    public Training training(float[] weights, Digits digits, int batch, int threads) {
        ArtificialNeuralNetwork own = network();
        NetworkTrainer trainer = trainer(own, weights, batch);
        float[] floats = digits.floats();
        // Single digits lie in stores of their own; a batch is made of floats, column by column.
        R032Store[] samples = new R032Store[batch == 1 ? digits.count() : 0], classes = new R032Store[Work.CLASSES];
        for (int i = 0; i < samples.length; i++) samples[i] = rows(floats, i, 1);
        for (int c = 0; c < Work.CLASSES; c++) {
            classes[c] = R032Store.FACTORY.make(1, Work.CLASSES);
            classes[c].set(0, c, 1f);
        }
        R032Store x = R032Store.FACTORY.make(batch, Work.PIXELS), y = R032Store.FACTORY.make(batch, Work.CLASSES);
        return new Training() {
            @Override
            public void run(int[] order, int from, int to, float rate) {
                // Gradients of a batch are added up there, not averaged.
                trainer.rate(rate / batch);
                for (int at = from; at < to; at += batch)
                    if (batch == 1) trainer.train(samples[order[at]], classes[digits.labels()[order[at]]]);
                    else batch(order, at);
            }

            private void batch(int[] order, int at) {
                y.fillAll(0.0);
                for (int r = 0; r < batch; r++) {
                    int first = order[at + r] * Work.PIXELS;
                    for (int i = 0; i < Work.PIXELS; i++) x.set(r, i, floats[first + i]);
                    y.set(r, digits.labels()[order[at + r]], 1f);
                }
                trainer.train(x, y);
            }

            @Override
            public float[] probabilities(float[] test) {
                Scoring scoring = scoring(own, test, 1);
                try {
                    scoring.run();
                    return scoring.probabilities();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }
}
