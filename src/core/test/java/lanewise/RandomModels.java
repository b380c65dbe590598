package lanewise;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Embedding;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.RandomSource;
import lanewise.layer.Rescale;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;

/** Models and inputs for tests, of ugly sizes, all from a seed. */
public final class RandomModels {

    private static final int[] SIZES = {1, 2, 3, 10, 15, 16, 17, 31, 33, 64, 65, 127, 130};

    private static final int VOCABULARY = 50;

    private RandomModels() {}

    /** A network of one to four dense layers, with and without bias, and other layers of all kinds between them. */
    public static Network network(long seed) {
        RandomSource random = new RandomSource(seed);
        return network(Network.builder(size(random)), seed, random);
    }

    /** A network whose first layer is an embedding. */
    public static Network embedding(long seed) {
        RandomSource random = new RandomSource(seed);
        int indices = 1 + random.nextInt(5);
        Embedding embedding = Embedding.of(indices, VOCABULARY, 1 + random.nextInt(20));
        return network(Network.builder(indices).add(embedding), seed, random);
    }

    private static Network network(Network.Builder builder, long seed, RandomSource random) {
        for (int layers = 1 + random.nextInt(4); layers > 0; layers--) {
            if (random.nextInt(3) == 0) between(builder, random);
            builder.add(dense(builder.outputSize(), layers == 1 ? 2 + random.nextInt(20) : size(random), random));
            if (random.nextInt(3) == 0) between(builder, random);
        }
        Network network = builder.build(seed);
        List<ParameterShape> shapes = network.stack().parameters();
        for (int p = 0; p < shapes.size(); p++) {
            Slice slice = network.parameters().get(p);
            boolean variance = shapes.get(p).name().endsWith("variance");
            if (slice.rows() == 1)
                for (int c = 0; c < slice.columns(); c++) // also biases
                slice.set(0, c, variance ? 0.5f + random.uniform() : 2f * random.uniform() - 1f);
        }
        return network;
    }

    private static void between(Network.Builder builder, RandomSource random) {
        int width = builder.outputSize();
        switch (random.nextInt(10)) {
            case 0:
                builder.dropout(0.5);
                return;
            case 1:
                builder.layerNorm();
                return;
            case 2:
                builder.add(PRelu.of(width));
                return;
            case 3:
                builder.add(Softmax.of(width));
                return;
            case 4:
                builder.residual(block -> block.add(dense(width, 17, random))
                        .batchNorm()
                        .add(dense(17, width, random))
                        .dropout(0.1));
                return;
            case 5:
                builder.add(new Stack(List.of(Dropout.of(width, 0.5), dense(width, 33, random), PRelu.of(33))));
                return;
            case 6:
                builder.add(Rescale.of(width));
                return;
            case 7:
                builder.add(Affine.of(width));
                return;
            case 8:
                builder.add(Pointwise.of(width, activation(random)));
                return;
            default:
                builder.batchNorm();
        }
    }

    private static int size(RandomSource random) {
        return SIZES[random.nextInt(SIZES.length)];
    }

    private static Dense dense(int inputs, int outputs, RandomSource random) {
        Dense dense = Dense.of(inputs, outputs, activation(random));
        return random.nextInt(4) == 0 ? dense.withoutBias() : dense;
    }

    private static Activation activation(RandomSource random) {
        List<Activation> activations = new ArrayList<>(Activation.all());
        activations.add(Activation.leakyRelu(0.25f));
        return activations.get(random.nextInt(activations.size()));
    }

    /** A model of {@link #network}, with everything that a model may carry. */
    public static Model model(long seed) {
        return model(network(seed), seed);
    }

    /** A model with everything that a model may carry. */
    public static Model model(Network network, long seed) {
        RandomSource random = new RandomSource(seed, 1);
        List<Loss> losses = Loss.all();
        Loss loss = losses.get(random.nextInt(losses.size()));
        Model.Builder builder = Model.builder(network, takesLogits(network, loss) ? loss : Loss.MEAN_SQUARED_ERROR);
        if (random.nextInt(2) == 0) builder.task(Task.MULTICLASS);
        if (random.nextInt(2) == 0) builder.name("model " + seed + " ‒ ziffern 数字 \uD83D\uDD22");
        if (random.nextInt(2) == 0) {
            List<String> labels = new ArrayList<>();
            for (int i = 0; i < network.outputSize(); i++) labels.add(i % 5 == 4 ? "" : "class " + i);
            builder.labels(labels);
        }
        if (random.nextInt(2) == 0) builder.bytes(random.uniform() + 0.001f, random.uniform() - 0.5f);
        for (int i = random.nextInt(4); i > 0; i--) builder.metadata("key " + random.nextInt(9), "värde " + i);
        if (loss.output() != Output.IDENTITY && takesLogits(network, loss) && random.nextInt(2) == 0)
            builder.temperature(0.25f + 2 * random.uniform());
        return builder.build();
    }

    private static boolean takesLogits(Network network, Loss loss) {
        try {
            loss.check(network.stack());
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
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

    /** Rows of indices, for {@link #embedding}. */
    public static float[] indices(int inputSize, int rows, long seed) {
        RandomSource random = new RandomSource(seed, 2);
        float[] indices = new float[inputSize * rows];
        for (int i = 0; i < indices.length; i++) indices[i] = random.nextInt(VOCABULARY);
        return indices;
    }

    /** What a model carries besides parameters, in an order that can be compared. */
    public static SortedMap<String, Object> describe(Model model) {
        SortedMap<String, Object> all = new TreeMap<>();
        all.put("stack", model.stack().toString());
        all.put("shapes", model.stack().parameters());
        all.put("output", model.output());
        all.put("task", model.task());
        all.put("temperature", model.temperature());
        all.put("name", model.name());
        all.put("labels", model.labels());
        all.put("byteScale", model.byteScale());
        all.put("byteOffset", model.byteOffset());
        all.put("metadata", model.metadata());
        all.put("fingerprint", model.fingerprint());
        return all;
    }
}
