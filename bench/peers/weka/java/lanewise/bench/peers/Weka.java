package lanewise.bench.peers;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import weka.classifiers.functions.MultilayerPerceptron;
import weka.classifiers.functions.neural.NeuralConnection;
import weka.classifiers.functions.neural.NeuralNode;
import weka.core.Attribute;
import weka.core.DenseInstance;
import weka.core.Instance;
import weka.core.Instances;

/**
 * Weka's MultilayerPerceptron, in doubles: an object for each unit. Its outputs are sigmoids that are divided by their sum,
 * its loss is the squared error, and it trains epochs of one set of samples. Given weights are written into its units, which
 * takes reflection.
 */
public final class Weka implements Peer {

    private final Instances none = instances(0);
    private MultilayerPerceptron network;

    @Override
    public String name() {
        return "Weka";
    }

    @Override
    public String version() {
        return "3.8.7";
    }

    @Override
    public String settings() {
        return "MultilayerPerceptron in doubles, sigmoid outputs divided by their sum, squared error; attributes not"
                + " normalized, no momentum, epochs of the first " + Work.TRAINED + " digits";
    }

    @Override
    public boolean softmax() {
        return false;
    }

    private static Instances instances(int count) {
        ArrayList<Attribute> attributes = new ArrayList<>();
        for (int i = 0; i < Work.PIXELS; i++) attributes.add(new Attribute("pixel" + i));
        List<String> classes = new ArrayList<>();
        for (int c = 0; c < Work.CLASSES; c++) classes.add("digit" + c);
        attributes.add(new Attribute("class", classes));
        Instances instances = new Instances("digits", attributes, count);
        instances.setClassIndex(Work.PIXELS);
        return instances;
    }

    private Instance instance(float[] pixels, int at, Instances set) {
        double[] values = new double[Work.PIXELS + 1];
        for (int i = 0; i < Work.PIXELS; i++) values[i] = pixels[at + i];
        Instance instance = new DenseInstance(1, values);
        instance.setDataset(set);
        return instance;
    }

    private static Field field(String name) throws ReflectiveOperationException {
        Field field = MultilayerPerceptron.class.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    private static MultilayerPerceptron network(Instances samples, float[] weights) throws Exception {
        MultilayerPerceptron network = new MultilayerPerceptron();
        network.setHiddenLayers(Work.sizes()[1] + "," + Work.sizes()[2]);
        network.setLearningRate(Work.rate(1));
        network.setMomentum(0);
        network.setNormalizeAttributes(false);
        network.setNominalToBinaryFilter(false);
        network.setReset(false);
        network.setTrainingTime(Integer.MAX_VALUE);
        network.initializeClassifier(samples);
        // In the order that was given; the class has shuffled them.
        field("m_instances").set(network, new Instances(samples));
        NeuralConnection[] ends = (NeuralConnection[]) field("m_outputs").get(network);
        NeuralConnection[] layer = new NeuralConnection[ends.length];
        for (int o = 0; o < ends.length; o++) layer[o] = ends[o].getInputs()[0];
        int[] sizes = Work.sizes();
        int end = weights.length;
        for (int k = 2; k >= 0; k--) {
            int in = sizes[k], out = sizes[k + 1], from = end - out - in * out;
            for (int o = 0; o < out; o++) {
                // The bias comes first there.
                double[] own = ((NeuralNode) layer[o]).getWeights();
                own[0] = weights[end - out + o];
                for (int i = 0; i < in; i++) own[i + 1] = weights[from + i * out + o];
            }
            layer = layer[0].getInputs();
            end = from;
        }
        return network;
    }

    @Override
    public void load(Work work) throws Exception {
        Instances two = instances(2);
        for (int c = 0; c < 2; c++) {
            Instance digit = instance(work.digit(), 0, two);
            digit.setClassValue(c);
            two.add(digit);
        }
        network = network(two, work.weights());
    }

    @Override
    public void predict(float[] digit, float[] probabilities) throws Exception {
        copy(network.distributionForInstance(instance(digit, 0, none)), probabilities, 0);
    }

    private static void copy(double[] from, float[] to, int at) {
        for (int c = 0; c < Work.CLASSES; c++) to[at + c] = (float) from[c];
    }

    /** It has no predictions in batches that are more than one after the other. */
    @Override
    public int[] batchSizes() {
        return new int[] {1};
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        return scoring(network, digits);
    }

    private Scoring scoring(MultilayerPerceptron network, float[] digits) {
        List<Instance> inputs = new ArrayList<>();
        for (int at = 0; at < digits.length; at += Work.PIXELS) inputs.add(instance(digits, at, none));
        float[] probabilities = new float[inputs.size() * Work.CLASSES];
        return new Scoring() {
            @Override
            public void run() throws Exception {
                for (int i = 0; i < inputs.size(); i++)
                    copy(network.distributionForInstance(inputs.get(i)), probabilities, i * Work.CLASSES);
            }

            @Override
            public float[] probabilities() {
                return probabilities;
            }
        };
    }

    @Override
    public Training training(float[] weights, Digits digits, int batch, int threads) throws Exception {
        if (batch != 1) throw new UnsupportedOperationException("Weka has no batches");
        Instances samples = instances(Work.TRAINED);
        float[] pixels = new float[Work.PIXELS];
        for (int i = 0; i < Work.TRAINED; i++) {
            digits.copy(i, pixels, 0);
            Instance sample = instance(pixels, 0, samples);
            sample.setClassValue(digits.labels()[i]);
            samples.add(sample);
        }
        MultilayerPerceptron trained = network(samples, weights);
        return new Training() {
            @Override
            public int stretch() {
                return Work.TRAINED;
            }

            @Override
            public void run(int[] order, int from, int to, float rate) throws Exception {
                if (!trained.next()) throw new IllegalStateException("Weka stopped its training by itself");
            }

            @Override
            public float[] probabilities(float[] test) throws Exception {
                Scoring scoring = scoring(trained, test);
                scoring.run();
                return scoring.probabilities();
            }
        };
    }
}
