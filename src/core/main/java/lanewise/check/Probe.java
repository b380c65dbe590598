package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;

/**
 * A property of a point that usual random ones do not have. Random points avoid what real data have: exact zeros, equal
 * values, sizes beyond the usual. A mistake that shows at a probe, and not at usual points, is a mistake under this
 * probe's condition alone.
 *
 * @param condition in words that follow "only"; empty for a usual point
 * @param inputs changes usual inputs; null if they stay as they are
 * @param parameters changes a matrix of usual parameters; null if they stay as they are
 * @param rows of the batch; 0 for the usual number
 * @param refined probes that ask for a part of this one's condition each, the mildest first
 */
record Probe(
        String condition,
        BiConsumer<Slice, RandomSource> inputs,
        BiConsumer<Slice, RandomSource> parameters,
        int rows,
        List<Probe> refined) {

    /** As a layer initialises its parameters, moved a little, and as it draws an example of its input. */
    static final Probe USUAL = new Probe("", null, null, 0, List.of());

    /** One input of each row is zero, in every second row −0.0; in which columns, is spread over all. */
    static final Probe A_ZERO = ofInputs("where an input is exactly zero", (input, random) -> {
        float first = random.uniform();
        for (int r = 0; r < input.rows(); r++) {
            float place = (first + (r + 0.5f * random.uniform()) / input.rows()) % 1;
            input.set(r, (int) (place * input.columns()), r % 2 == 0 ? 0f : -0f);
        }
    });

    /** Inputs are ±½, ±1 or ±2. */
    static final Probe TIES = ofInputs(
            "where inputs of a row are equal",
            (input, random) -> each(input, x -> {
                float size = Math.scalb(1f, random.nextInt(3) - 1);
                return x < 0 ? -size : size;
            }));

    static final Probe LARGE = scaled("where inputs are large", "larger", 4, 8, 32, 128, 1024, 10_000);

    static final Probe SMALL =
            scaled("where inputs are small", "smaller", 0x1p-3f, 0x1p-5f, 0x1p-7f, 0x1p-10f, 0x1p-13f);

    /** About one input of eight is not zero. */
    static final Probe MANY_ZEROS = zeros("where more than three quarters of the inputs are zero", Probe::manyZeros);

    /** Every second row is zero, beginning with the second. */
    static final Probe ZERO_ROWS = zeros("where all inputs of a row are zero", (input, random, zero) -> {
        for (int r = 1; r < input.rows(); r += 2)
            for (int c = 0; c < input.columns(); c++) input.set(r, c, zero.of(input.get(r, c)));
    });

    /** Sizes of the inputs of one row lie between a thousandth and a thousand times the usual. */
    static final Probe OF_ALL_SIZES = ofInputs(
            "where inputs of a row are of very different sizes",
            (input, random) -> each(input, x -> x * (float) StrictMath.exp((2 * random.uniform() - 1) * 6.9)));

    /** For activations alone: values of all sizes from 2⁻²⁴ to 2¹⁴, two binary orders in a row, and zeros. */
    static final Probe SWEEP = new Probe(
            "where x is far from the usual",
            (input, random) -> {
                for (int r = 0; r < input.rows(); r++)
                    for (int c = 0; c < input.columns(); c++) {
                        float size = Math.scalb(1 + random.uniform(), 2 * r + random.nextInt(2) - 24);
                        input.set(r, c, Math.copySign(random.nextInt(32) == 0 ? 0f : size, input.get(r, c)));
                    }
            },
            null,
            19,
            List.of());

    /** Every second parameter has the other sign. */
    static final Probe OTHER_SIGNS = ofParameters(
            "where parameters have another sign than at first",
            (values, random) -> each(values, x -> random.nextInt(2) == 0 ? -x : x));

    /** Parameters are three to eight times as large. */
    static final Probe LARGE_PARAMETERS = ofParameters(
            "where parameters are several times as large as at first",
            (values, random) -> each(values, x -> x * (3 + 5 * random.uniform())));

    /** Parameters are a sixteenth, and some are zero, one at least. */
    static final Probe SMALL_PARAMETERS = ofParameters("where parameters are small or zero", (values, random) -> {
        each(values, x -> random.nextInt(4) == 0 ? 0f : x / 16);
        values.set(random.nextInt(values.rows()), random.nextInt(values.columns()), 0f);
    });

    /** Parameters are not moved from where the layer begins. */
    static final Probe INITIAL =
            ofParameters("where parameters are as the layer initialises them", (values, random) -> {});

    /** More rows than any block of rows that a layer computes together. */
    static final Probe MANY_ROWS = ofRows("in batches of many rows", 33, ofRows(9), ofRows(17), ofRows(33));

    static final Probe TWO_ROWS = ofRows("in batches of two rows", 2);

    /** All but the usual; milder ones come first. */
    static final List<Probe> ALL = List.of(
            A_ZERO,
            TIES,
            MANY_ZEROS,
            ZERO_ROWS,
            LARGE,
            SMALL,
            OF_ALL_SIZES,
            SWEEP,
            INITIAL,
            OTHER_SIGNS,
            LARGE_PARAMETERS,
            SMALL_PARAMETERS,
            TWO_ROWS,
            MANY_ROWS);

    private interface Change {
        float of(float x);
    }

    /** Sets some inputs to zero, or to what is put in place of zero. */
    private interface Zeros {
        void set(Slice input, RandomSource random, Change zero);
    }

    private static void manyZeros(Slice input, RandomSource random, Change zero) {
        for (int r = 0; r < input.rows(); r++) {
            int kept = random.nextInt(input.columns());
            for (int c = 0; c < input.columns(); c++)
                if (c != kept && random.nextInt(8) > 0) input.set(r, c, zero.of(input.get(r, c)));
        }
    }

    /** Refined, all inputs are small, or those that are zero nearly so: that these are zero exactly may not matter. */
    private static Probe zeros(String condition, Zeros zeros) {
        List<Probe> refined = new ArrayList<>(SMALL.refined);
        refined.add(ofInputs(condition + " or nearly", (input, random) -> zeros.set(input, random, x -> x * 0x1p-13f)));
        return new Probe(condition, (input, random) -> zeros.set(input, random, x -> 0f), null, 0, refined);
    }

    private static Probe ofInputs(String condition, BiConsumer<Slice, RandomSource> inputs, Probe... refined) {
        return new Probe(condition, inputs, null, 0, List.of(refined));
    }

    private static Probe ofParameters(String condition, BiConsumer<Slice, RandomSource> parameters) {
        return new Probe(condition, null, parameters, 0, List.of());
    }

    private static Probe ofRows(String condition, int rows, Probe... refined) {
        return new Probe(condition, null, null, rows, List.of(refined));
    }

    private static Probe ofRows(int rows) {
        return ofRows("in batches of " + rows + " rows and more", rows);
    }

    /** Each row is scaled by one of these numbers; refined, all rows by one of them. */
    private static Probe scaled(String condition, String more, float... scales) {
        Probe[] refined = new Probe[scales.length];
        for (int i = 0; i < scales.length; i++) {
            float scale = scales[i];
            refined[i] = ofInputs(
                    String.format(Locale.ROOT, "where inputs are about %.1g times the usual, or %s", scale, more),
                    (input, random) -> each(input, x -> x * scale));
        }
        return ofInputs(
                condition,
                (input, random) -> {
                    for (int r = 0; r < input.rows(); r++)
                        for (int c = 0; c < input.columns(); c++)
                            input.set(r, c, input.get(r, c) * scales[r % scales.length]);
                },
                refined);
    }

    private static void each(Slice matrix, Change change) {
        for (int r = 0; r < matrix.rows(); r++)
            for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, change.of(matrix.get(r, c)));
    }
}
