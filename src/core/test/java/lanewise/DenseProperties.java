package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import lanewise.kernel.ScalarKernels;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;

/** Dense layers against plain loops, and updates that wait against updates that do not; all to the bit. */
@Tag("bits")
class DenseProperties {

    /** A layer, and the seed of its parameters and its data. */
    record Case(int inputs, int outputs, int activation, boolean bias, long seed) {

        Dense layer() {
            Dense dense = Dense.of(inputs, outputs, Activation.all().get(activation));
            return bias ? dense : dense.withoutBias();
        }

        SplittableRandom random() {
            return new SplittableRandom(seed);
        }
    }

    @Provide
    Arbitrary<Case> cases() {
        return cases(
                Arbitraries.of(1, 2, 3, 4, 5, 15, 16, 17, 31, 61),
                Arbitraries.of(1, 2, 15, 16, 17, 31, 33, 64, 65, 100, 128, 129, 256));
    }

    @Provide
    Arbitrary<Case> fewSlots() {
        return cases(Arbitraries.of(1, 3, 5), Arbitraries.of(4096, 8191, 33_000));
    }

    /** Of 256, 8, 4 slots and one. */
    @Provide
    Arbitrary<Case> longWaits() {
        return cases(Arbitraries.of(13, 24), Arbitraries.of(17, 4096, 8191, 33_000));
    }

    private static Arbitrary<Case> cases(Arbitrary<Integer> inputs, Arbitrary<Integer> outputs) {
        return Combinators.combine(
                        inputs,
                        outputs,
                        Arbitraries.integers().between(0, Activation.all().size() - 1),
                        Arbitraries.of(true, false),
                        Arbitraries.longs().withoutEdgeCases())
                .as(Case::new);
    }

    // Data

    private static Slice[] parameters(Layer layer, SplittableRandom random) {
        Slice[] parameters = Slice.allocate(layer.parameters());
        for (Slice slice : parameters)
            for (int r = 0; r < slice.rows(); r++)
                for (int c = 0; c < slice.columns(); c++)
                    slice.set(r, c, random.nextInt(20) == 0 ? -0f : (float) random.nextDouble(-1, 1));
        return parameters;
    }

    /** A row of values of which all, many, few or none are zero, of either sign. */
    private static float[] row(int n, SplittableRandom random) {
        double share = List.of(0.0, 0.1, 0.5, 0.9, 1.0).get(random.nextInt(5));
        float[] row = new float[n];
        for (int i = 0; i < n; i++)
            row[i] = random.nextDouble() < share
                    ? random.nextBoolean() ? 0f : -0f
                    : (float) random.nextDouble(-1, 1) * (random.nextInt(10) == 0 ? 1e-30f : 1f);
        return row;
    }

    private static float[][] rows(int count, int n, SplittableRandom random) {
        float[][] rows = new float[count][];
        for (int r = 0; r < count; r++) rows[r] = row(n, random);
        return rows;
    }

    private static void put(float[][] rows, Slice slice) {
        for (int r = 0; r < rows.length; r++) System.arraycopy(rows[r], 0, slice.array(), slice.at(r), rows[r].length);
    }

    /** A matrix in the midst of a larger array whose every other float is NaN. */
    private static Slice elsewhere(int rows, int columns, SplittableRandom random) {
        int offset = random.nextInt(40), stride = (columns + 15) / 16 * 16 + 16 * random.nextInt(2);
        float[] array = new float[offset + rows * stride + random.nextInt(20)];
        Arrays.fill(array, Float.NaN);
        return new Slice(array, offset, rows, columns, stride);
    }

    private static void same(String what, float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < expected.length; i++)
            if (Float.floatToRawIntBits(expected[i]) != Float.floatToRawIntBits(actual[i]))
                fail(what + "[" + i + "]: " + expected[i] + " expected, but it is " + actual[i]);
    }

    private static float[] row(Slice slice, int row) {
        return Arrays.copyOfRange(slice.array(), slice.at(row), slice.at(row) + slice.columns());
    }

    /** With its padding. */
    private static float[] whole(Slice slice) {
        return Arrays.copyOfRange(slice.array(), slice.offset(), slice.offset() + slice.rows() * slice.stride());
    }

    private static void assertPadding(Slice slice, int rows) {
        for (int r = 0; r < rows; r++)
            for (int c = slice.columns(); c < (slice.columns() + 15) / 16 * 16; c++)
                assertEquals(0, Float.floatToRawIntBits(slice.array()[slice.at(r) + c]), "padding is not +0.0");
    }

    // The contract in plain loops

    private static float preActivation(Case c, Slice[] parameters, float[] x, int o) {
        int segments = c.outputs <= 64 ? 4 : 1, length = c.inputs / segments;
        float sum = 0f;
        for (int s = 0; s < segments; s++) {
            float part = s == 0 && c.bias ? parameters[1].get(0, o) : 0f;
            int end = s == segments - 1 ? c.inputs : (s + 1) * length;
            for (int i = s * length; i < end; i++) part = Math.fma(x[i], parameters[0].get(i, o), part);
            sum = s == 0 ? part : sum + part;
        }
        return sum + 0f;
    }

    private static float flush(float v) {
        return Math.abs(v) < 1e-25f ? 0f : v;
    }

    @Property(tries = 400)
    void forwardAndBackwardAreTheContractsPlainLoops(@ForAll("cases") Case c) {
        SplittableRandom random = c.random();
        Dense layer = c.layer();
        Slice[] parameters = parameters(layer, random);
        int rows = 1 + random.nextInt(5);
        Pass pass = Pass.forTraining(layer, rows);
        float[][] x = rows(rows, c.inputs, random), d = rows(rows, c.outputs, random);
        put(x, pass.input());
        put(d, pass.dOutput());
        layer.forward(pass, 0, rows, parameters, pass.input(), pass.output());
        layer.backward(pass, 0, rows, parameters, pass.input(), pass.output(), pass.dOutput(), pass.dInput());
        float[][] y = new float[rows][c.outputs], dx = new float[rows][c.inputs];
        for (int r = 0; r < rows; r++) {
            for (int o = 0; o < c.outputs; o++) {
                float z = preActivation(c, parameters, x[r], o);
                y[r][o] = layer.activation().value(z);
                if (layer.activation() != Activation.IDENTITY)
                    d[r][o] = flush(d[r][o] * layer.activation().derivative(z, y[r][o]));
            }
            for (int i = 0; i < c.inputs; i++) {
                float[] sums = new float[16];
                for (int o = 0; o < c.outputs; o++)
                    sums[o % 16] = Math.fma(parameters[0].get(i, o), d[r][o], sums[o % 16]);
                for (int apart = 8; apart > 0; apart /= 2) for (int k = 0; k < apart; k++) sums[k] += sums[k + apart];
                dx[r][i] = flush(sums[0] + 0f);
            }
            same("output", y[r], row(pass.output(), r));
            same("pre-activation's gradient", d[r], row(pass.dOutput(), r));
            same("input's gradient", dx[r], row(pass.dInput(), r));
        }
        assertPadding(pass.dOutput(), rows);
        assertPadding(pass.dInput(), rows);

        Slice[] target = parameters(layer, random), expected = parameters(layer, c.random());
        for (int p = 0; p < target.length; p++) {
            float[] copy = new float[target[p].rows() * target[p].columns()];
            target[p].copyTo(copy, 0);
            expected[p].copyFrom(copy, 0);
        }
        float scale = (float) random.nextDouble(-1, 1);
        layer.accumulate(pass, rows, pass.input(), pass.output(), pass.dOutput(), scale, target, 0, 1);
        for (int r = 0; r < rows; r++)
            for (int o = 0; o < c.outputs; o++) {
                float scaled = scale * d[r][o];
                for (int i = 0; i < c.inputs; i++)
                    if (x[r][i] != 0f) expected[0].set(i, o, Math.fma(x[r][i], scaled, expected[0].get(i, o)));
                if (c.bias) expected[1].set(0, o, expected[1].get(0, o) + scaled);
            }
        for (int p = 0; p < target.length; p++) same("parameters' gradient", whole(expected[p]), whole(target[p]));
    }

    @Property(tries = 400)
    void aRowsResultDependsOnThatRowAlone(@ForAll("cases") Case c) {
        SplittableRandom random = c.random();
        Dense layer = c.layer();
        Slice[] parameters = parameters(layer, random);
        int rows = 1 + random.nextInt(40);
        float[][] x = rows(rows, c.inputs, random);
        Pass batch = Pass.forTraining(layer, rows);
        put(x, batch.input());
        layer.forward(batch, 0, rows, parameters, batch.input(), batch.output());
        Pass alone = Pass.forPrediction(layer, 1), parts = Pass.forPrediction(layer, rows + 3);
        Slice input = elsewhere(rows, c.inputs, random), output = elsewhere(rows, c.outputs, random);
        for (float[] row : x)
            for (int i = 0; i < row.length; i++) if (row[i] == 0f) row[i] = random.nextBoolean() ? 0f : -0f;
        put(x, input);
        int cut = random.nextInt(rows + 1);
        layer.forward(parts, cut, rows, parameters, input, output);
        layer.forward(parts, 0, cut, parameters, input, output);
        for (int r = 0; r < rows; r++) {
            alone.setInput(0, x[r], 0);
            layer.forward(alone, 0, 1, parameters, alone.input(), alone.output());
            same("alone", row(batch.output(), r), row(alone.output(), 0));
            same("elsewhere", row(batch.output(), r), row(output, r));
        }
    }

    @Property(tries = 100)
    void sharesOfTheParametersAddUpToAll(@ForAll("cases") Case c) {
        SplittableRandom random = c.random();
        Dense layer = c.layer();
        int rows = 1 + random.nextInt(4), parts = 1 + random.nextInt(7);
        Pass pass = Pass.forTraining(layer, rows);
        put(rows(rows, c.inputs, random), pass.input());
        put(rows(rows, c.outputs, random), pass.dOutput());
        Slice[] parameters = parameters(layer, random);
        layer.forward(pass, 0, rows, parameters, pass.input(), pass.output());
        layer.backward(pass, 0, rows, parameters, pass.input(), pass.output(), pass.dOutput(), null);
        Slice[] once = parameters(layer, c.random()), shares = parameters(layer, c.random());
        layer.accumulate(pass, rows, pass.input(), pass.output(), pass.dOutput(), 0.3f, once, 0, 1);
        for (int part = parts - 1; part >= 0; part--)
            layer.accumulate(pass, rows, pass.input(), pass.output(), pass.dOutput(), 0.3f, shares, part, parts);
        for (int p = 0; p < once.length; p++) same("parameter " + p, whole(once[p]), whole(shares[p]));
    }

    // Updates that wait

    @Property(tries = 400)
    void updatesThatWaitGiveTheBitsOfThoseThatDoNot(@ForAll("cases") Case c) {
        new Trial(c).run(60);
    }

    @Property(tries = 12)
    void nothingIsLostWhenAllSlotsAreTaken(@ForAll("fewSlots") Case c) {
        new Trial(c).run(30);
    }

    /** Some rows wait until all slots are taken, again and again. */
    @Property(tries = 12)
    void rowsThatWaitForLongKeepTheirUpdates(@ForAll("longWaits") Case c) {
        new Trial(c).waitFor(c.outputs == 17 ? 700 : 40);
    }

    @Property(tries = 12)
    void layersOfAStackWaitEachForItself(@ForAll("fewSlots") Case any) {
        Case c = new Case(any.inputs, 4097, any.activation, any.bias, any.seed); // seven slots
        Layer last = Dense.of(c.outputs, 20, Activation.TANH);
        new Trial(c, new Stack(List.of(c.layer(), last, Dense.of(20, 3, Activation.IDENTITY)))).run(30);
    }

    @Property(tries = 3)
    void nothingIsLostInLongTrainings(@ForAll long seed) {
        new Trial(new Case(9, 128, 1, true, seed)).run(700);
    }

    /** Were the inputs never sparse or the batches never of one row, nothing would ever wait. */
    @Property(tries = 100)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void updatesDoWait(@ForAll("cases") Case c) {
        Trial trial = new Trial(c);
        trial.run(30);
        Statistics.label("waited")
                .collect(trial.waited > 2)
                .coverage(s -> s.check(true).percentage(p -> p > 30));
        assertTrue(trial.waited == 0 || c.outputs > 16);
    }

    /** Random steps with {@link Layer#descend} in one pass, and the same with {@link Layer#accumulate} in another. */
    private static final class Trial {

        final Case c;
        final Layer layer;
        final SplittableRandom random;
        final int most;
        final Pass waiting;
        final Pass prompt;
        final Slice[] late;
        final Slice[] now;
        int waited;

        Trial(Case c) {
            this(c, c.layer());
        }

        Trial(Case c, Layer layer) {
            this.c = c;
            this.layer = layer;
            random = c.random();
            most = 1 + random.nextInt(6);
            waiting = Pass.forTraining(layer, most);
            prompt = Pass.forTraining(layer, most);
            late = parameters(layer, c.random());
            now = parameters(layer, c.random());
        }

        void run(int steps) {
            boolean first = random.nextBoolean(), moody = random.nextInt(4) == 0;
            for (int step = 0; step < steps; step++) {
                if (moody) first = random.nextBoolean();
                int rows = random.nextInt(3) == 0 ? 1 + random.nextInt(most) : 1;
                if (random.nextInt(8) == 0) forward(rows(rows, c.inputs, random), "a forward pass for itself");
                forward(rows(rows, c.inputs, random), "step " + step);
                if (random.nextInt(12) == 0) continue;
                float[][] d = rows(rows, layer.outputSize(), random);
                for (Pass pass : new Pass[] {waiting, prompt}) {
                    put(d, pass.dOutput());
                    layer.backward(
                            pass,
                            0,
                            rows,
                            pass == waiting ? late : now,
                            pass.input(),
                            pass.output(),
                            pass.dOutput(),
                            first ? null : pass.dInput());
                }
                for (int r = 0; r < rows; r++) {
                    same("dOutput", row(prompt.dOutput(), r), row(waiting.dOutput(), r));
                    if (!first) same("dInput", row(prompt.dInput(), r), row(waiting.dInput(), r));
                }
                float scale = (float) random.nextDouble(-1, 0);
                layer.descend(waiting, rows, waiting.input(), waiting.output(), waiting.dOutput(), scale, late);
                layer.accumulate(prompt, rows, prompt.input(), prompt.output(), prompt.dOutput(), scale, now, 0, 1);
                if (!Arrays.equals(row(now[0], 0), row(late[0], 0))) waited++;
                if (random.nextInt(10) == 0) catchUp();
            }
            catchUp();
        }

        /** Steps of one row, in which the input's elements are the rarer the later, without a catching up in between. */
        void waitFor(int steps) {
            for (int step = 0; step < steps; step++) {
                float[] x = new float[c.inputs];
                for (int i = 0; i < c.inputs; i++)
                    if (random.nextInt(1 << i % 12) == 0 && i % 4 > 0) x[i] = (float) random.nextDouble(-1, 1);
                forward(new float[][] {x}, "step " + step);
                float[][] d = rows(1, layer.outputSize(), random);
                for (Pass pass : new Pass[] {waiting, prompt}) {
                    put(d, pass.dOutput());
                    Slice[] parameters = pass == waiting ? late : now;
                    layer.backward(pass, 0, 1, parameters, pass.input(), pass.output(), pass.dOutput(), null);
                }
                float scale = (float) random.nextDouble(-1, 0);
                layer.descend(waiting, 1, waiting.input(), waiting.output(), waiting.dOutput(), scale, late);
                layer.accumulate(prompt, 1, prompt.input(), prompt.output(), prompt.dOutput(), scale, now, 0, 1);
            }
            catchUp();
        }

        void forward(float[][] x, String what) {
            int rows = x.length, cut = random.nextInt(3) == 0 ? random.nextInt(rows + 1) : 0;
            for (Pass pass : new Pass[] {waiting, prompt}) {
                Slice[] parameters = pass == waiting ? late : now;
                put(x, pass.input());
                layer.forward(pass, 0, cut, parameters, pass.input(), pass.output());
                layer.forward(pass, cut, rows, parameters, pass.input(), pass.output());
            }
            for (int r = 0; r < rows; r++) same(what, row(prompt.output(), r), row(waiting.output(), r));
        }

        void catchUp() {
            layer.catchUp(waiting, late);
            for (int p = 0; p < now.length; p++) same("parameter " + p, whole(now[p]), whole(late[p]));
        }
    }

    /** Counts the inputs that rows are multiplied by, and calls over a union of rows' inputs. */
    private static final class Counting extends ScalarKernels {
        int inputs, unions;

        @Override
        public void gemv(
                float[] x,
                int xo,
                int inputs,
                int[] positions,
                int po,
                int count,
                float[] w,
                int wo,
                int stride,
                float[] bias,
                int bo,
                float[] y,
                int yo) {
            this.inputs += count;
            super.gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
        }

        @Override
        public void gemm(
                float[] x,
                int xo,
                int xs,
                int inputs,
                int[] positions,
                int po,
                int count,
                float[] w,
                int wo,
                int stride,
                float[] bias,
                int bo,
                float[] y,
                int yo,
                int ys) {
            if (positions != null) unions++;
            super.gemm(x, xo, xs, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo, ys);
        }
    }

    @Example
    void aBatchIsMultipliedByNoMoreInputsThanItsRowsOneByOneWhereAUnionDoesNotPay() {
        int inputs = 60, outputs = 100, rows = 7, nonZeros = 0;
        Dense layer = Dense.of(inputs, outputs, Activation.IDENTITY);
        Slice[] parameters = {Slice.allocate(inputs, outputs), Slice.allocate(1, outputs)};
        Counting kernels = new Counting();
        Pass pass = Pass.forPrediction(layer, rows, kernels);
        SplittableRandom random = new SplittableRandom(22);
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < inputs; i++)
                if (random.nextInt(5) == 0) {
                    pass.input().set(r, i, 1f);
                    nonZeros++;
                }
        layer.forward(pass, 0, rows, parameters, pass.input(), pass.output());
        assertEquals(nonZeros, kernels.inputs);
        assertEquals(0, kernels.unions);
    }
}
