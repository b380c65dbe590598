package lanewise.bench.peers;

import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** DL4J's MultiLayerNetwork: output, and fit of one batch at a time. */
public final class Dl4j implements Peer {

    private MultiLayerNetwork network;
    private INDArray input;

    @Override
    public String name() {
        return "DL4J";
    }

    @Override
    public String version() {
        return "1.0.0-M2.1, " + Nd4j.getBackend().getClass().getSimpleName();
    }

    @Override
    public String settings() {
        return "MultiLayerNetwork with its workspaces, input arrays reused, trained on floats made beforehand; OMP_NUM_THREADS"
                + " is 1";
    }

    private static MultiLayerNetwork network(float[] weights, double rate) {
        int[] sizes = Work.sizes();
        MultiLayerConfiguration configuration = new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Sgd(rate))
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(sizes[0])
                        .nOut(sizes[1])
                        .activation(Activation.SIGMOID)
                        .build())
                .layer(new DenseLayer.Builder()
                        .nIn(sizes[1])
                        .nOut(sizes[2])
                        .activation(Activation.SIGMOID)
                        .build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(sizes[2])
                        .nOut(sizes[3])
                        .activation(Activation.SOFTMAX)
                        .build())
                .build();
        MultiLayerNetwork network = new MultiLayerNetwork(configuration);
        network.init();
        for (int k = 0, at = 0; k < 3; k++) {
            float[] w = new float[sizes[k] * sizes[k + 1]], b = new float[sizes[k + 1]];
            System.arraycopy(weights, at, w, 0, w.length);
            System.arraycopy(weights, at + w.length, b, 0, b.length);
            at += w.length + b.length;
            network.setParam(k + "_W", Nd4j.create(w, new long[] {sizes[k], sizes[k + 1]}, 'c'));
            network.setParam(k + "_b", Nd4j.create(b, new long[] {1, sizes[k + 1]}, 'c'));
        }
        return network;
    }

    @Override
    public void load(Work work) throws Exception {
        network = network(work.weights(), 0.05);
        input = Nd4j.create(1, Work.PIXELS);
    }

    @Override
    public void predict(float[] digit, float[] probabilities) {
        input.data().setData(digit);
        INDArray output = network.output(input, false);
        for (int c = 0; c < Work.CLASSES; c++) probabilities[c] = output.getFloat(c);
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        return scoring(network, digits, rows);
    }

    private static Scoring scoring(MultiLayerNetwork network, float[] digits, int rows) {
        int count = digits.length / Work.PIXELS;
        INDArray[] inputs = new INDArray[(count + rows - 1) / rows];
        for (int b = 0; b < inputs.length; b++) {
            int n = Math.min(rows, count - b * rows);
            float[] some = new float[n * Work.PIXELS];
            System.arraycopy(digits, b * rows * Work.PIXELS, some, 0, some.length);
            inputs[b] = Nd4j.create(some, new long[] {n, Work.PIXELS}, 'c');
        }
        INDArray[] outputs = new INDArray[inputs.length];
        return new Scoring() {
            @Override
            public void run() {
                for (int b = 0; b < inputs.length; b++) outputs[b] = network.output(inputs[b], false);
            }

            @Override
            public float[] probabilities() {
                float[] probabilities = new float[count * Work.CLASSES];
                int at = 0;
                for (INDArray output : outputs)
                    for (float[] row : output.toFloatMatrix()) for (float p : row) probabilities[at++] = p;
                return probabilities;
            }
        };
    }

    @Override
    public Training training(float[] weights, Digits digits, int batch, int threads) {
        MultiLayerNetwork trained = network(weights, Work.rate(batch));
        INDArray x = Nd4j.create(batch, Work.PIXELS), y = Nd4j.create(batch, Work.CLASSES);
        float[] samples = digits.floats();
        float[] pixels = new float[batch * Work.PIXELS], classes = new float[batch * Work.CLASSES];
        return new Training() {
            @Override
            public void run(int[] order, int from, int to, float rate) {
                for (int at = from; at < to; at += batch) {
                    java.util.Arrays.fill(classes, 0);
                    for (int r = 0; r < batch; r++) {
                        System.arraycopy(samples, order[at + r] * Work.PIXELS, pixels, r * Work.PIXELS, Work.PIXELS);
                        classes[r * Work.CLASSES + digits.labels()[order[at + r]]] = 1;
                    }
                    x.data().setData(pixels);
                    y.data().setData(classes);
                    trained.fit(x, y);
                }
            }

            @Override
            public float[] probabilities(float[] test) {
                Scoring scoring = scoring(trained, test, 1000);
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
