package lanewise.testkit;

import java.util.List;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.layer.Stack;
import lanewise.memory.Slice;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * Arbitraries of what makes layers fail: widths around blocks of 16, exact zeros, subnormal and huge numbers, saturation.
 * All shrink towards small sizes and zero.
 */
public final class Cases {

    private Cases() {}

    /** Widths on and beside multiples of 16, and primes. */
    private static final List<Integer> UGLY =
            List.of(1, 2, 3, 4, 5, 7, 8, 11, 15, 16, 17, 23, 31, 32, 33, 47, 48, 49, 61, 63, 64, 65);

    /** Few rows, and rows on and beside multiples of 8 and 16. */
    private static final List<Integer> ROWS = List.of(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33);

    /**
     * Widths of layers.
     *
     * @param largest at least 1
     * @return on and beside multiples of 16, primes, and 1
     */
    public static Arbitrary<Integer> sizes(int largest) {
        return Arbitraries.of(UGLY.stream().filter(size -> size <= largest).toList());
    }

    /**
     * Shapes of layers.
     *
     * @param largest width, at least 1
     * @return widths as {@link #sizes}, 1 to 33 rows, any seed
     */
    public static Arbitrary<Shape> shapes(int largest) {
        return Combinators.combine(sizes(largest), sizes(largest), Arbitraries.of(ROWS), seeds())
                .as(Shape::new);
    }

    /**
     * Seeds.
     *
     * @return from 0 to 999,999, so that they are easy to read and shrink fast
     */
    public static Arbitrary<Long> seeds() {
        return Arbitraries.longs().between(0, 999_999).withoutEdgeCases();
    }

    /**
     * The library's activations.
     *
     * @return those of {@link Activation#all}, and some with parameters of their own
     */
    public static Arbitrary<Activation> activations() {
        return Arbitraries.oneOf(
                Arbitraries.of(Activation.all()),
                Arbitraries.of(Activation.leakyRelu(0.3f), Activation.elu(0.5f), Activation.clip(-0.5f, 2f)));
    }

    /**
     * Stacks of dense layers.
     *
     * @param largest width, at least 1
     * @return one to three layers, with and without bias
     */
    public static Arbitrary<Stack> stacks(int largest) {
        Arbitrary<Boolean> bias = Arbitraries.of(true, true, true, false);
        Arbitrary<List<Integer>> widths = sizes(largest).list().ofMinSize(2).ofMaxSize(4);
        return Combinators.combine(
                        widths, activations().list().ofSize(3), bias.list().ofSize(3))
                .as((sizes, activations, biases) -> {
                    Layer[] layers = new Layer[sizes.size() - 1];
                    for (int i = 0; i < layers.length; i++) {
                        Dense dense = Dense.of(sizes.get(i), sizes.get(i + 1), activations.get(i));
                        layers[i] = biases.get(i) ? dense : dense.withoutBias();
                    }
                    return new Stack(List.of(layers));
                });
    }

    /**
     * Networks of {@link #stacks}, with parameters initialised by any seed.
     *
     * @param largest width, at least 1
     * @return their text is their table of layers
     */
    public static Arbitrary<Network> networks(int largest) {
        return Combinators.combine(stacks(largest), seeds()).as((stack, seed) -> {
            Network.Builder builder = Network.builder(stack.inputSize());
            for (Layer layer : stack.layers()) builder.add(layer);
            return builder.build(seed);
        });
    }

    /**
     * Numbers that make functions fail: zeros of both signs, subnormals, numbers around {@link lanewise.layer.Arithmetic#TINY},
     * small and large integers, where exponentials saturate, and up to a limit.
     *
     * @param largest limit of the absolute value, positive
     * @return finite floats
     */
    public static Arbitrary<Float> hardFloats(float largest) {
        List<Float> hard = java.util.stream.Stream.of(
                        0f,
                        -0f,
                        1f,
                        -1f,
                        Float.MIN_VALUE,
                        -Float.MIN_VALUE,
                        1e-40f,
                        Float.MIN_NORMAL,
                        -1e-30f,
                        1e-25f,
                        0.9e-25f,
                        1e-10f,
                        -1e-7f,
                        0.5f,
                        2f,
                        -3f,
                        10f,
                        -17f,
                        88f,
                        -87.5f,
                        89f,
                        -104f,
                        1e4f,
                        -1e4f,
                        1e10f,
                        -1e19f,
                        largest,
                        -largest)
                .filter(x -> Math.abs(x) <= largest)
                .toList();
        // As integers, which shrink in few steps.
        Arbitrary<Float> eighths = Arbitraries.integers().between(-800, 800).map(i -> i / 8f);
        Arbitrary<Float> anySize = Combinators.combine(
                        Arbitraries.integers().between(-255, 255),
                        Arbitraries.integers().between(-149, Math.getExponent(largest) - 8))
                .as((mantissa, exponent) -> Math.scalb((float) mantissa, exponent));
        return Arbitraries.oneOf(Arbitraries.of(hard), eighths, anySize).filter(x -> Math.abs(x) <= largest);
    }

    /**
     * Fills a matrix with numbers like {@link #hardFloats}, each row in its own way: all zeros, all alike, tiny, large,
     * saturated, few that are not zero, or everything at once.
     *
     * @param matrix overwritten
     * @param random decides
     * @param largest limit of the absolute value, positive
     */
    public static void fillHard(Slice matrix, RandomSource random, float largest) {
        float[] tiny = {0f, -0f, Float.MIN_VALUE, -1e-40f, Float.MIN_NORMAL, 1e-30f, -0.9e-25f, 1e-25f};
        float saturated = Math.min(largest, 1e4f);
        for (int r = 0; r < matrix.rows(); r++) {
            int way = random.nextInt(8);
            float common = random.normal();
            for (int c = 0; c < matrix.columns(); c++) {
                int own = way == 7 ? random.nextInt(7) : way;
                float sign = random.nextLong() < 0 ? -1 : 1;
                matrix.set(
                        r,
                        c,
                        switch (own) {
                            case 0 -> 0f;
                            case 1 -> Math.min(largest, Math.max(-largest, common));
                            case 2 -> tiny[random.nextInt(tiny.length)];
                            case 3 -> sign * largest;
                            case 4 -> sign * saturated;
                            case 5 -> random.nextInt(5) == 0 ? sign * Math.min(1f, largest) : 0f;
                            default -> sign * largest * random.uniform();
                        });
            }
        }
    }

    /**
     * Fills a matrix with standard normal numbers of which two thirds are exactly zero, in some rows all.
     *
     * @param matrix overwritten
     * @param random decides
     */
    public static void fillSparse(Slice matrix, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++) {
            boolean empty = r > 0 && random.nextInt(8) == 0;
            for (int c = 0; c < matrix.columns(); c++)
                matrix.set(r, c, empty || random.nextInt(3) > 0 ? 0f : random.normal());
        }
    }
}
