package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import lanewise.kernel.ScalarKernels;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.PRelu;
import lanewise.layer.RowDescent;
import lanewise.layer.Stack;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
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
    Arbitrary<Case> deepCases() {
        return cases(Arbitraries.of(1, 3, 17, 64, 129, 300, 600), Arbitraries.of(1, 10, 17, 48, 64, 65, 96, 128, 200));
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

    private static Parameters parameters(Layer layer, SplittableRandom random) {
        Parameters parameters = Parameters.zeros(layer);
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

    private static float preActivation(Case c, Parameters parameters, float[] x, int o) {
        int segments = c.outputs <= 64 ? 4 : 1, length = c.inputs / segments;
        float sum = 0f;
        for (int s = 0; s < segments; s++) {
            float part = s == 0 && c.bias ? parameters.get(1).get(0, o) : 0f;
            int end = s == segments - 1 ? c.inputs : (s + 1) * length;
            for (int i = s * length; i < end; i++)
                part = Math.fma(x[i], parameters.get(0).get(i, o), part);
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
        Parameters parameters = parameters(layer, random);
        int rows = 1 + random.nextInt(random.nextBoolean() ? 5 : 80);
        Pass pass = Batch.forTraining(layer, rows).pass();
        float[][] x = rows(rows, c.inputs, random), d = rows(rows, c.outputs, random);
        put(x, pass.batch().input());
        put(d, pass.batch().dOutput());
        layer.forward(
                pass, 0, rows, parameters, pass.batch().input(), pass.batch().output());
        layer.backward(
                pass,
                0,
                rows,
                parameters,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                pass.batch().dInput());
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
                    sums[o % 16] = Math.fma(parameters.get(0).get(i, o), d[r][o], sums[o % 16]);
                for (int apart = 8; apart > 0; apart /= 2) for (int k = 0; k < apart; k++) sums[k] += sums[k + apart];
                dx[r][i] = flush(sums[0] + 0f);
            }
            same("output", y[r], row(pass.batch().output(), r));
            same("pre-activation's gradient", d[r], row(pass.batch().dOutput(), r));
            same("input's gradient", dx[r], row(pass.batch().dInput(), r));
        }
        assertPadding(pass.batch().dOutput(), rows);
        assertPadding(pass.batch().dInput(), rows);

        Parameters target = parameters(layer, random), expected = parameters(layer, c.random());
        for (int p = 0; p < target.size(); p++) {
            float[] copy = new float[target.get(p).rows() * target.get(p).columns()];
            target.get(p).copyTo(copy, 0);
            expected.get(p).copyFrom(copy, 0);
        }
        float scale = (float) random.nextDouble(-1, 1);
        layer.parameterGradient(
                pass,
                0,
                rows,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                scale,
                target,
                0,
                1);
        for (int r = 0; r < rows; r++)
            for (int o = 0; o < c.outputs; o++) {
                float scaled = scale * d[r][o];
                for (int i = 0; i < c.inputs; i++)
                    if (x[r][i] != 0f)
                        expected.get(0)
                                .set(
                                        i,
                                        o,
                                        Math.fma(
                                                x[r][i], scaled, expected.get(0).get(i, o)));
                if (c.bias) expected.get(1).set(0, o, expected.get(1).get(0, o) + scaled);
            }
        for (int p = 0; p < target.size(); p++)
            same("parameters' gradient", whole(expected.get(p)), whole(target.get(p)));
    }

    @Property(tries = 400)
    void aRowsResultDependsOnThatRowAlone(@ForAll("cases") Case c) {
        SplittableRandom random = c.random();
        Dense layer = c.layer();
        Parameters parameters = parameters(layer, random);
        int rows = 1 + random.nextInt(40);
        float[][] x = rows(rows, c.inputs, random);
        Batch batch = Batch.forTraining(layer, rows);
        put(x, batch.input());
        layer.forward(batch.pass(), 0, rows, parameters, batch.input(), batch.output());
        Pass alone = Batch.forPrediction(layer, 1).pass(),
                parts = Batch.forPrediction(layer, rows + 3).pass();
        Slice input = elsewhere(rows, c.inputs, random), output = elsewhere(rows, c.outputs, random);
        for (float[] row : x)
            for (int i = 0; i < row.length; i++) if (row[i] == 0f) row[i] = random.nextBoolean() ? 0f : -0f;
        put(x, input);
        int cut = random.nextInt(rows + 1);
        layer.forward(parts, cut, rows, parameters, input, output);
        layer.forward(parts, 0, cut, parameters, input, output);
        for (int r = 0; r < rows; r++) {
            alone.batch().setInput(0, x[r], 0);
            layer.forward(
                    alone,
                    0,
                    1,
                    parameters,
                    alone.batch().input(),
                    alone.batch().output());
            same("alone", row(batch.output(), r), row(alone.batch().output(), 0));
            same("elsewhere", row(batch.output(), r), row(output, r));
        }
    }

    /** Batches of rows alike and unalike, in training and in prediction, of layers deeper than a panel or a block. */
    @Property(tries = 60)
    void aBatchGivesTheBitsOfItsRowsOneByOne(@ForAll("deepCases") Case c) {
        SplittableRandom random = c.random();
        Dense layer = c.layer();
        Parameters parameters = parameters(layer, random);
        int rows = 1 + random.nextInt(70);
        double share = List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0).get(random.nextInt(6));
        float[][] x = rows(rows, c.inputs, random);
        if (random.nextInt(3) > 0)
            for (float[] row : x)
                for (int i = 0; i < row.length; i++)
                    row[i] = random.nextDouble() < share ? 0f : (float) random.nextDouble(-1, 1);
        Pass alone = Batch.forPrediction(layer, 1).pass();
        for (Batch batch : List.of(Batch.forTraining(layer, rows), Batch.forPrediction(layer, rows))) {
            put(x, batch.input());
            layer.forward(batch.pass(), 0, rows, parameters, batch.input(), batch.output());
            for (int r = 0; r < rows; r++) {
                put(new float[][] {x[r]}, alone.batch().input());
                layer.forward(
                        alone,
                        0,
                        1,
                        parameters,
                        alone.batch().input(),
                        alone.batch().output());
                same("row " + r + " of " + rows, row(alone.batch().output(), 0), row(batch.output(), r));
            }
        }
    }

    @Property(tries = 100)
    void sharesOfTheParametersAddUpToAll(@ForAll("cases") Case c) {
        SplittableRandom random = c.random();
        Dense layer = c.layer();
        int rows = 1 + random.nextInt(random.nextBoolean() ? 4 : 80), parts = 1 + random.nextInt(7);
        Pass pass = Batch.forTraining(layer, rows).pass();
        put(rows(rows, c.inputs, random), pass.batch().input());
        put(rows(rows, c.outputs, random), pass.batch().dOutput());
        Parameters parameters = parameters(layer, random);
        layer.forward(
                pass, 0, rows, parameters, pass.batch().input(), pass.batch().output());
        layer.backward(
                pass,
                0,
                rows,
                parameters,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                null);
        Parameters once = parameters(layer, c.random()), shares = parameters(layer, c.random());
        layer.parameterGradient(
                pass,
                0,
                rows,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                0.3f,
                once,
                0,
                1);
        for (int part = parts - 1; part >= 0; part--)
            layer.parameterGradient(
                    pass,
                    0,
                    rows,
                    pass.batch().input(),
                    pass.batch().output(),
                    pass.batch().dOutput(),
                    0.3f,
                    shares,
                    part,
                    parts);
        for (int p = 0; p < once.size(); p++) same("parameter " + p, whole(once.get(p)), whole(shares.get(p)));
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

    /** Its backward pass reads the weights, for the input's gradient. */
    @Property(tries = 200)
    void aLayerBehindAnotherWaits(@ForAll("cases") Case c) {
        new Trial(c, new Stack(List.of(PRelu.of(c.inputs), c.layer()))).run(40);
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
        if (trial.waiting.kernels().width() == 0) {
            assertEquals(0, trial.waited, "in scalar code nothing waits");
            return;
        }
        Statistics.label("waited")
                .collect(trial.waited > 2)
                .coverage(s -> s.check(true).percentage(p -> p > 30));
        assertTrue(trial.waited == 0 || c.outputs > 16);
    }

    /** Random steps with {@link RowDescent} on one batch, and the same with the layer's own methods on another. */
    private static final class Trial {

        final Case c;
        final Layer layer;
        final SplittableRandom random;
        final int most;
        final Batch waiting;
        final Batch prompt;
        final Parameters late;
        final Parameters now;
        final RowDescent descent;
        int waited;

        Trial(Case c) {
            this(c, c.layer());
        }

        Trial(Case c, Layer layer) {
            this.c = c;
            this.layer = layer;
            random = c.random();
            most = 1 + random.nextInt(6);
            waiting = Batch.forTraining(layer, most);
            prompt = Batch.forTraining(layer, most);
            late = parameters(layer, c.random());
            now = parameters(layer, c.random());
            descent = new RowDescent(layer, late, waiting);
        }

        void run(int steps) {
            for (int step = 0; step < steps; step++) {
                int rows = random.nextInt(3) == 0 ? 1 + random.nextInt(most) : 1;
                if (random.nextInt(8) == 0) forward(rows(rows, c.inputs, random), "a forward pass for itself");
                forward(rows(rows, c.inputs, random), "step " + step);
                if (random.nextInt(12) == 0) continue;
                backwardAndUpdate(rows, rows == 1);
                if (!Arrays.equals(row(now.get(0), 0), row(late.get(0), 0))) waited++;
                if (random.nextInt(10) == 0) finish();
            }
            finish();
        }

        /** Steps of one row, in which the input's elements are the rarer the later, without an end of waiting in between. */
        void waitFor(int steps) {
            for (int step = 0; step < steps; step++) {
                float[] x = new float[c.inputs];
                for (int i = 0; i < c.inputs; i++)
                    if (random.nextInt(1 << i % 12) == 0 && i % 4 > 0) x[i] = (float) random.nextDouble(-1, 1);
                forward(new float[][] {x}, "step " + step);
                backwardAndUpdate(1, true);
            }
            finish();
        }

        private void backwardAndUpdate(int rows, boolean waits) {
            float[][] d = rows(rows, layer.outputSize(), random);
            float scale = (float) random.nextDouble(-1, 0);
            put(d, waiting.dOutput());
            put(d, prompt.dOutput());
            if (waits) descent.backward();
            else backward(waiting, rows, late);
            backward(prompt, rows, now);
            for (int r = 0; r < rows; r++) same("dOutput", row(prompt.dOutput(), r), row(waiting.dOutput(), r));
            if (waits) descent.update(scale);
            else update(waiting, rows, scale, late);
            update(prompt, rows, scale, now);
        }

        private void backward(Batch batch, int rows, Parameters parameters) {
            layer.backward(batch.pass(), 0, rows, parameters, batch.input(), batch.output(), batch.dOutput(), null);
        }

        private void update(Batch batch, int rows, float scale, Parameters parameters) {
            layer.parameterGradient(
                    batch.pass(), 0, rows, batch.input(), batch.output(), batch.dOutput(), scale, parameters, 0, 1);
        }

        private void forward(float[][] x, String what) {
            int rows = x.length, cut = random.nextInt(3) == 0 ? random.nextInt(rows + 1) : 0;
            put(x, waiting.input());
            put(x, prompt.input());
            if (rows == 1) descent.forward();
            else {
                descent.finish();
                forward(waiting, cut, rows, late);
            }
            forward(prompt, cut, rows, now);
            for (int r = 0; r < rows; r++) same(what, row(prompt.output(), r), row(waiting.output(), r));
        }

        private void forward(Batch batch, int cut, int rows, Parameters parameters) {
            layer.forward(batch.pass(), 0, cut, parameters, batch.input(), batch.output());
            layer.forward(batch.pass(), cut, rows, parameters, batch.input(), batch.output());
        }

        private void finish() {
            descent.finish();
            for (int p = 0; p < now.size(); p++) same("parameter " + p, whole(now.get(p)), whole(late.get(p)));
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
        Parameters parameters = Parameters.zeros(layer);
        Counting kernels = new Counting();
        Pass pass = Batch.forPrediction(layer, rows, kernels).pass();
        SplittableRandom random = new SplittableRandom(22);
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < inputs; i++)
                if (random.nextInt(5) == 0) {
                    pass.batch().input().set(r, i, 1f);
                    nonZeros++;
                }
        layer.forward(
                pass, 0, rows, parameters, pass.batch().input(), pass.batch().output());
        assertEquals(nonZeros, kernels.inputs);
        assertEquals(0, kernels.unions);
    }
}
