package lanewise;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import lanewise.check.GradientCheck;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.RandomSource;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import lanewise.memory.Slice;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/**
 * Every layer, activation and loss of the library, proven by its own gradient checker at ugly sizes. The seeds are fixed:
 * the checker may be wrong once in thousands of points, and that is a matter of its own tests.
 */
@Tag("bits")
class GradientsProperties {

    /** What is checked; {@code name} shows in a failure. */
    record Case(String name, GradientCheck check) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final Arbitrary<Integer> SIZES = Arbitraries.of(1, 2, 3, 7, 15, 16, 17, 31, 33);

    private static final List<IntFunction<Layer>> LAYERS = List.of(
            n -> Dense.of(n, 7, Activation.TANH),
            n -> Dropout.of(n, 0.3),
            n -> Dropout.of(n, 0.3).forPrediction(),
            PRelu::of,
            GradientsProperties::rescale,
            Affine::of,
            n -> Pointwise.of(n, Activation.TANH_SHRINK),
            n -> Pointwise.of(n, Activation.HARD_TANH),
            n -> Pointwise.of(n, Activation.IDENTITY),
            n -> new Stack(
                    List.of(Affine.of(n), Pointwise.of(n, Activation.celu(2f)), Dense.of(n, 3, Activation.TANH))),
            // Of one unit they are constant, and layer normalisation of two nearly: a check refuses to prove nothing.
            n -> Softmax.of(n + 1),
            n -> LayerNorm.of(n + 2),
            n -> LayerNorm.of(n + 1).withEpsilon(0.5f),
            BatchNorm::of,
            n -> BatchNorm.of(n).forPrediction(),
            n -> Residual.of(Dense.of(n, 7, Activation.TANH), Dense.of(7, n, Activation.IDENTITY)),
            n -> Residual.of(BatchNorm.of(n), Dense.of(n, n, Activation.SOFTPLUS), Dropout.of(n, 0.5)),
            n -> new Stack(List.of(
                    // A bias would be taken off by the batch's mean: its gradient is zero.
                    Dense.of(3, n + 2, Activation.IDENTITY).withoutBias(),
                    BatchNorm.of(n + 2),
                    PRelu.of(n + 2),
                    Residual.of(LayerNorm.of(n + 2), Dense.of(n + 2, n + 2, Activation.SELU)),
                    Dense.of(n + 2, 2, Activation.IDENTITY),
                    Softmax.of(2))));

    private static Layer rescale(int size) {
        float[] shift = new float[size], factor = new float[size], offset = new float[size];
        for (int i = 0; i < size; i++) {
            shift[i] = 0.3f * i - 1f;
            factor[i] = (i % 2 == 0 ? 1.5f : -0.25f) * (1 + i % 3);
            offset[i] = 0.1f * i;
        }
        return Rescale.of(shift, factor, offset);
    }

    @Example
    void everyLayerIsAmongThem() {
        Set<Class<?>> layers =
                new HashSet<>(Set.of(Embedding.class)); // whose inputs are indices: a property of its own
        for (IntFunction<Layer> layer : LAYERS) layers.add(layer.apply(7).getClass());
        Library.requireAll(Library.layers(), layers, "in GradientsProperties.LAYERS: add a layer of it there");
    }

    @Provide
    Arbitrary<Case> layers() {
        return Combinators.combine(
                        Arbitraries.of(LAYERS),
                        SIZES,
                        Arbitraries.of(3, 4, 5, 16, 17),
                        Arbitraries.longs().withoutEdgeCases())
                .as((layer, size, rows, seed) -> {
                    GradientCheck check =
                            GradientCheck.of(layer.apply(size)).rows(rows).seed(seed);
                    return new Case(layer.apply(size) + ", " + rows + " rows, seed " + seed, check.coordinates(64));
                });
    }

    @Property(tries = 120, seed = "1")
    void layersAreCorrect(@ForAll("layers") Case c) {
        c.check.run().assertCorrect();
    }

    @Property(tries = 20, seed = "2")
    void embeddingsAreCorrect(@ForAll("sizes") int size, @ForAll long seed) {
        BiConsumer<Slice, RandomSource> indices = (input, random) -> {
            for (int r = 0; r < input.rows(); r++)
                for (int c = 0; c < input.columns(); c++) input.set(r, c, random.nextInt(5));
        };
        GradientCheck.of(Embedding.of(3, 5, size))
                .inputs(indices)
                .seed(seed)
                .run()
                .assertCorrect();
    }

    @Provide
    Arbitrary<Integer> sizes() {
        return SIZES;
    }

    @Property(tries = 45, seed = "3")
    void activationsAreCorrect(@ForAll("activations") Activation activation, @ForAll long seed) {
        GradientCheck.of(activation).seed(seed).run().assertCorrect();
    }

    @Provide
    Arbitrary<Activation> activations() {
        return Arbitraries.oneOf(
                Arbitraries.of(Activation.all()),
                Arbitraries.of(
                        Activation.elu(0.5f),
                        Activation.leakyRelu(0.3f),
                        Activation.softplus(0.5f),
                        Activation.clip(-0.3f, 2f),
                        Activation.celu(2f)));
    }

    @Property(tries = 80, seed = "4")
    void lossesAreCorrect(@ForAll("losses") Loss loss, @ForAll("sizes") int size, @ForAll long seed) {
        // Softmax of one output is constant, and a check refuses to prove nothing.
        boolean classes = loss instanceof Loss.SoftmaxCrossEntropy || loss == Loss.KULLBACK_LEIBLER;
        int outputs = classes ? size + 1 : size;
        GradientCheck check = GradientCheck.of(loss, outputs).seed(seed);
        if (loss == Loss.HINGE) check = check.targets(outputs, GradientsProperties::signs);
        check.run().assertCorrect();
    }

    @Provide
    Arbitrary<Loss> losses() {
        return Arbitraries.oneOf(
                Arbitraries.of(Loss.all()),
                Arbitraries.of(Loss.huber(0.2f), Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.1f)));
    }

    private static void signs(Slice targets, RandomSource random) {
        for (int r = 0; r < targets.rows(); r++)
            for (int c = 0; c < targets.columns(); c++) targets.set(r, c, random.nextInt(2) * 2 - 1);
    }

    @Example
    void classWeightsAreCorrect() {
        Loss.SoftmaxCrossEntropy weighted = Loss.SOFTMAX_CROSS_ENTROPY.withClassWeights(1, 0.5f, 3, 0);
        GradientCheck.of(weighted, 4).rows(16).run().assertCorrect();
        GradientCheck.of(weighted.withLabelSmoothing(0.2f), 4).rows(16).run().assertCorrect();
    }

    /** What training uses: everything together, the loss included. */
    @Example
    void aWholeNetworkIsCorrect() {
        Network network = Network.builder(6)
                .add(Dense.of(6, 17, Activation.IDENTITY).withoutBias())
                .batchNorm()
                .add(PRelu.of(17))
                .dropout(0.2)
                .residual(block -> block.layerNorm().dense(17, Activation.MISH).dense(17, Activation.IDENTITY))
                .dense(4, Activation.IDENTITY)
                .build(3);
        GradientCheck.of(network, Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.1f))
                .rows(9)
                .run()
                .assertCorrect();
    }
}
