package lanewise;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Models and inputs for tests, of ugly sizes, all from a seed. */
public final class RandomModels {

    private static final int[] SIZES = {1, 2, 3, 10, 15, 16, 17, 31, 33, 64, 65, 127, 130};

    private RandomModels() {}

    /** A network of one to four layers, some of them in a stack inside, with or without bias. */
    public static Network network(long seed) {
        RandomSource random = new RandomSource(seed);
        int width = size(random), layers = 1 + random.nextInt(4);
        Network.Builder builder = Network.builder(width);
        for (int i = 0; i < layers; i++) {
            List<Layer> inner = new ArrayList<>();
            for (int j = random.nextInt(4) == 0 ? 2 : 1; j > 0; j--) {
                int outputs = i == layers - 1 && j == 1 ? 2 + random.nextInt(20) : size(random);
                inner.add(dense(width, outputs, random));
                width = outputs;
            }
            builder.add(inner.size() == 1 ? inner.get(0) : new Stack(inner));
        }
        Network network = builder.build(seed);
        for (Slice slice : network.parameters())
            if (slice.rows() == 1) Initializer.uniform(1).fill(slice, random); // biases too
        return network;
    }

    private static int size(RandomSource random) {
        return SIZES[random.nextInt(SIZES.length)];
    }

    private static Dense dense(int inputs, int outputs, RandomSource random) {
        List<Activation> activations = new ArrayList<>(Activation.all());
        activations.add(Activation.leakyRelu(0.25f));
        Dense dense = Dense.of(inputs, outputs, activations.get(random.nextInt(activations.size())));
        return random.nextInt(4) == 0 ? dense.withoutBias() : dense;
    }

    /** A model of such a network, with everything that a model may carry. */
    public static Model model(long seed) {
        RandomSource random = new RandomSource(seed, 1);
        Network network = network(seed);
        List<Loss> losses = List.of(Loss.SOFTMAX_CROSS_ENTROPY, Loss.BINARY_CROSS_ENTROPY, Loss.MEAN_SQUARED_ERROR);
        Model.Builder builder = Model.builder(network, losses.get(random.nextInt(losses.size())));
        if (random.nextInt(2) == 0) builder.name("model " + seed + " ‒ ziffern 数字 \uD83D\uDD22");
        if (random.nextInt(2) == 0) {
            List<String> labels = new ArrayList<>();
            for (int i = 0; i < network.outputSize(); i++) labels.add(i % 5 == 4 ? "" : "class " + i);
            builder.labels(labels);
        }
        if (random.nextInt(2) == 0) builder.bytes(random.uniform() + 0.001f, random.uniform() - 0.5f);
        for (int i = random.nextInt(4); i > 0; i--) builder.metadata("key " + random.nextInt(9), "värde " + i);
        return builder.build();
    }

    /** Rows of inputs: about a third are zeros, some of them −0.0; every fifth row has no zeros, every seventh is zero. */
    public static float[] inputs(int inputSize, int rows, long seed) {
        RandomSource random = new RandomSource(seed, 2);
        float[] inputs = new float[inputSize * rows];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < inputSize; i++) {
                int kind = r % 7 == 6 ? 0 : r % 5 == 4 ? 9 : random.nextInt(9);
                inputs[r * inputSize + i] = kind == 0 ? -0f : kind < 3 ? 0f : random.normal();
            }
        return inputs;
    }

    /** What a model carries besides parameters, in an order that can be compared. */
    public static SortedMap<String, Object> describe(Model model) {
        SortedMap<String, Object> all = new TreeMap<>();
        all.put("stack", model.stack().toString());
        all.put("shapes", model.stack().parameters());
        all.put("output", model.output());
        all.put("name", model.name());
        all.put("labels", model.labels());
        all.put("byteScale", model.byteScale());
        all.put("byteOffset", model.byteOffset());
        all.put("metadata", model.metadata());
        all.put("fingerprint", model.fingerprint());
        return all;
    }
}
