package lanewise.check;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Layers as users write them, right at the first look, each with at most one {@link PlantedSlips.Slip}. */
abstract class SlippedLayer implements Layer {

    /** Between writing what threads share and reading it. */
    private static final Crossing CROSSING = new Crossing();

    final int size;
    final PlantedSlips.Slip slip;

    SlippedLayer(int size, PlantedSlips.Slip slip) {
        this.size = size;
        this.slip = slip;
    }

    final boolean is(PlantedSlips.Slip other) {
        return slip == other;
    }

    @Override
    public int inputSize() {
        return size;
    }

    @Override
    public int outputSize() {
        return size;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + " " + inputSize() + "->" + outputSize();
    }

    /** A gradient that comes in, as some slips change it. */
    final float upstream(float d) {
        switch (slip) {
            case CLIPS_UPSTREAM -> d = Math.max(-2, Math.min(2, d));
            case CLIPS_UPSTREAM_AT_10000 -> d = Math.max(-1e4f, Math.min(1e4f, d));
            case LARGE_UPSTREAM_IS_ZERO -> d = Math.abs(d) > 1e5f ? 0 : d;
            case FLOOR_UNDER_UPSTREAM -> d = Math.copySign(Math.max(Math.abs(d), 1e-4f), d);
            case TINY_UPSTREAM_IS_ZERO -> d = Math.abs(d) < 1e-6f ? 0 : d;
            case VERY_TINY_UPSTREAM_IS_ZERO -> d = Math.abs(d) < 1e-10f ? 0 : d;
            default -> {}
        }
        return d;
    }

    /** output = tanh(input · weights + bias). */
    static final class Dense extends SlippedLayer {

        private static final float[] SHARED = new float[4096];

        private static final Map<Integer, float[]> SCRATCH = new HashMap<>();

        private final int outputs;
        private float[] packed;

        Dense(int inputs, int outputs, PlantedSlips.Slip slip) {
            super(inputs, slip);
            this.outputs = outputs;
        }

        @Override
        public int outputSize() {
            return outputs;
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(
                    new ParameterShape("weights", Role.WEIGHTS, size, outputs),
                    new ParameterShape("bias", Role.BIAS, 1, outputs));
        }

        /** Kept: the output. Scratch: the weights, for one slip, and a row. */
        @Override
        public Memory memory(boolean training) {
            return Memory.NONE
                    .perRow(outputs)
                    .scratch(size, outputs)
                    .scratchInts(1)
                    .scratch(1, outputs);
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            for (int i = 0; i < size; i++)
                for (int o = 0; o < outputs; o++) parameters.get(0).set(i, o, draw(random) / (float) Math.sqrt(size));
        }

        private float draw(RandomSource random) {
            return is(PlantedSlips.Slip.INITIALIZES_BY_MATH_RANDOM) ? (float) (2 * Math.random() - 1) : random.normal();
        }

        private int kept(int row) {
            return is(PlantedSlips.Slip.KEEPS_ROWS_MODULO_8) ? row % 8 : row;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            Slice w = weights(pass, parameters.get(0), PlantedSlips.Slip.PACKS_FORWARD_WEIGHTS_ONCE_PER_PASS);
            int end = to;
            if (is(PlantedSlips.Slip.FORGETS_REST_OF_BLOCKS) && to - from > 8) end -= (to - from) % 8;
            float[] row = SHARED;
            if (is(PlantedSlips.Slip.SCRATCH_IN_A_MAP)) row = SCRATCH.computeIfAbsent(outputs, float[]::new);
            boolean shares = is(PlantedSlips.Slip.STATIC_ROW_IN_FORWARD) || is(PlantedSlips.Slip.SCRATCH_IN_A_MAP);
            for (int r = from; r < end; r++) {
                for (int o = 0; o < outputs; o++) SHARED[o % SHARED.length] = 0;
                for (int o = 0; o < outputs; o++) {
                    float sum = is(PlantedSlips.Slip.PACKS_FORWARD_WEIGHTS_ONCE)
                            ? 0
                            : parameters.get(1).get(0, o);
                    if (is(PlantedSlips.Slip.PREDICTS_WITHOUT_BIAS) && !pass.training()) sum = 0;
                    if (is(PlantedSlips.Slip.SINGLE_ROWS_WITHOUT_BIAS_IN_PREDICTION)
                            && !pass.training()
                            && pass.rows() == 1) sum = 0;
                    if (is(PlantedSlips.Slip.NO_BIAS_IN_FIRST_BATCH)
                            && pass.batch().firstRow() == 0) sum = 0;
                    if (is(PlantedSlips.Slip.LAST_OF_MANY_ROWS_WITHOUT_BIAS) && to - from > 16 && r == to - 1) sum = 0;
                    for (int i = 0; i < size; i++) sum = Arithmetic.fma(input.get(r, i), w.get(i, o), sum);
                    pass.scratch(1).set(0, o, sum);
                    if (shares) row[o % row.length] = sum;
                }
                if (shares) CROSSING.pass();
                for (int o = 0; o < outputs; o++) {
                    float sum = pass.scratch(1).get(0, o);
                    if (shares) sum = row[o % row.length];
                    output.set(r, o, Arithmetic.tanh(sum));
                    if (is(PlantedSlips.Slip.PREDICTS_WITHOUT_ACTIVATION) && !pass.training()) output.set(r, o, sum);
                    pass.perRow(0).set(kept(r), o, output.get(r, o));
                }
            }
            for (int r = end; r < to; r++) for (int o = 0; o < outputs; o++) output.set(r, o, 0);
        }

        /** The weights, or those that one slip has packed in this pass, or another one in the layer. */
        private Slice weights(Pass pass, Slice weights, PlantedSlips.Slip packs) {
            boolean backward = packs == PlantedSlips.Slip.PACKS_WEIGHTS_ONCE_PER_PASS;
            if (is(PlantedSlips.Slip.PACKS_WEIGHTS_ONCE) && backward
                    || is(PlantedSlips.Slip.PACKS_FORWARD_WEIGHTS_ONCE) && !backward) {
                if (packed == null) weights.copyTo(packed = new float[size * outputs], 0);
                return new Slice(packed, 0, size, outputs, outputs);
            }
            if (!is(packs)) return weights;
            Slice packed = pass.scratch(0);
            if (pass.scratchInts()[0] == 0) {
                float[] copy = new float[size * outputs];
                weights.copyTo(copy, 0);
                packed.copyFrom(copy, 0);
                pass.scratchInts()[0] = 1;
            }
            return packed;
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            Slice w = weights(pass, parameters.get(0), PlantedSlips.Slip.PACKS_WEIGHTS_ONCE_PER_PASS);
            for (int r = from; r < to; r++) {
                boolean zero = true;
                for (int o = 0; o < outputs; o++) {
                    float d = upstream(dOutput.get(r, o)), y = pass.perRow(0).get(kept(r), o);
                    zero &= d == 0;
                    dOutput.set(r, o, Arithmetic.flush(d * (1 - y * y)));
                }
                if (is(PlantedSlips.Slip.SKIPS_ZERO_ROWS) && zero) continue;
                if (is(PlantedSlips.Slip.ENDS_AT_A_ZERO_ROW) && zero) return;
                for (int i = 0; dInput != null && i < size; i++) {
                    float sum = 0;
                    for (int o = 0; o < outputs; o++) sum = Arithmetic.fma(w.get(i, o), dOutput.get(r, o), sum);
                    if (is(PlantedSlips.Slip.NO_INPUT_GRADIENT_FROM_ROW_16) && r >= 16) sum = 0;
                    dInput.set(r, i, Arithmetic.flush(sum));
                }
            }
        }

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            if (is(PlantedSlips.Slip.NOTHING_IN_STEP_0) && pass.batch().step() == 0) return;
            if (is(PlantedSlips.Slip.WARMS_UP_BY_STEP))
                scale *= Math.min(1, (1 + pass.batch().step()) / 4f);
            int first = size * part / parts, end = size * (part + 1) / parts;
            int most = to, mostForBias = to;
            if (is(PlantedSlips.Slip.SUMS_8_ROWS)) most = Math.min(to, from + 8);
            if (is(PlantedSlips.Slip.SUMS_16_ROWS_OF_BIAS)) mostForBias = Math.min(to, from + 16);
            int least = is(PlantedSlips.Slip.SUMS_LAST_12_ROWS) ? Math.max(from, to - 12) : from;
            for (int r = least; r < most; r++)
                for (int i = first; i < end; i++)
                    for (int o = 0; o < outputs; o++)
                        target.get(0)
                                .set(
                                        i,
                                        o,
                                        Arithmetic.fma(
                                                input.get(r, i),
                                                scale * dOutput.get(r, o),
                                                target.get(0).get(i, o)));
            for (int r = from; part == 0 && r < mostForBias; r++) {
                if (is(PlantedSlips.Slip.SPARSE_UPSTREAM_WITHOUT_BIAS) && zeros(dOutput, r) * 2 >= outputs) continue;
                for (int o = 0; o < outputs; o++)
                    target.get(1).set(0, o, target.get(1).get(0, o) + scale * dOutput.get(r, o));
            }
        }

        private int zeros(Slice dOutput, int row) {
            int zeros = 0;
            for (int o = 0; o < outputs; o++) if (dOutput.get(row, o) == 0) zeros++;
            return zeros;
        }
    }

    /** output = value · σ(gate), of the two halves of its input; the gates are kept. */
    static final class Gate extends SlippedLayer {

        private float[] gates;

        Gate(int size, PlantedSlips.Slip slip) {
            super(size, slip);
        }

        @Override
        public int inputSize() {
            return 2 * size;
        }

        @Override
        public Memory memory(boolean training) {
            return Memory.NONE.perRow(size).perBatch(2, size);
        }

        private int kept(int row) {
            if (is(PlantedSlips.Slip.KEEPS_16_GATES)) return row % 16;
            return is(PlantedSlips.Slip.KEEPS_GATES_OF_32_ROWS) ? Math.min(row, 31) : row;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            if (is(PlantedSlips.Slip.GATES_IN_A_FIELD)) gates = gates == null ? new float[size] : gates;
            float[] row = is(PlantedSlips.Slip.GATES_IN_A_FIELD) ? gates : new float[size];
            for (int r = from; r < to; r++) {
                for (int c = 0; c < size; c++) row[c] = Arithmetic.sigmoid(input.get(r, size + c));
                if (row == gates) CROSSING.pass();
                for (int c = 0; c < size; c++) {
                    if (is(PlantedSlips.Slip.OPEN_GATES_IN_PREDICTION) && !pass.training()) row[c] = 1;
                    // Of all rows the same: this is allowed.
                    pass.perBatch(0).set(0, c, 1 + c);
                    if (is(PlantedSlips.Slip.ROW_IN_MEMORY_OF_BATCH))
                        pass.perBatch(0).set(1, c, row[c]);
                    pass.perRow(0).set(kept(r), c, row[c]);
                    output.set(r, c, input.get(r, c) * row[c]);
                }
            }
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput == null) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float d = upstream(dOutput.get(r, c)), s = pass.perRow(0).get(kept(r), c);
                    if (is(PlantedSlips.Slip.SKIPS_ZEROS) && d == 0) continue;
                    if (is(PlantedSlips.Slip.SUM_IN_MEMORY_OF_BATCH))
                        pass.perBatch(0)
                                .set(1, 0, (c == 0 ? 0 : pass.perBatch(0).get(1, 0)) + d);
                    dInput.set(r, c, Arithmetic.flush(d * s));
                    dInput.set(r, size + c, Arithmetic.flush(d * input.get(r, c) * s * (1 - s)));
                }
        }
    }

    /** output = exp(gain) · input / √(mean square + ε) of each row. */
    static final class RowNorm extends SlippedLayer {

        private static final double[] SHARED = new double[1];

        RowNorm(int size, PlantedSlips.Slip slip) {
            super(size, slip);
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(new ParameterShape("gain", Role.SCALE, 1, size));
        }

        /** Kept: the factor. Scratch: exp(gain), and for one slip the first gain that it was computed from. */
        @Override
        public Memory memory(boolean training) {
            return Memory.NONE.perRow(1).scratch(1, size).scratch(1, 1);
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {}

        private Slice exponentials(Pass pass, Slice gain) {
            Slice exp = pass.scratch(0), first = pass.scratch(1);
            if (is(PlantedSlips.Slip.LOOKS_AT_FIRST_GAIN) && first.get(0, 0) == gain.get(0, 0)) return exp;
            first.set(0, 0, gain.get(0, 0));
            for (int c = 0; c < size; c++) exp.set(0, c, Arithmetic.exp(gain.get(0, c)));
            return exp;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            Slice exp = exponentials(pass, parameters.get(0));
            float epsilon = is(PlantedSlips.Slip.OTHER_EPSILON_IN_PREDICTION) && !pass.training() ? 0.1f : 1e-3f;
            if (is(PlantedSlips.Slip.SINGLE_ROWS_WITH_OTHER_EPSILON_IN_PREDICTION)
                    && !pass.training()
                    && pass.rows() == 1) epsilon = 1e-2f;
            for (int r = from; r < to; r++) {
                float sum = 0;
                for (int c = 0; c < size; c++) sum = Arithmetic.fma(input.get(r, c), input.get(r, c), sum);
                float factor = 1 / (float) Math.sqrt(sum / size + epsilon);
                pass.perRow(0).set(r, 0, factor);
                for (int c = 0; c < size; c++) output.set(r, c, exp.get(0, c) * input.get(r, c) * factor);
            }
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput == null) return;
            Slice exp = exponentials(pass, parameters.get(0));
            for (int r = from; r < to; r++) {
                float factor = pass.perRow(0).get(r, 0);
                double dot = 0, norm = 0;
                for (int c = 0; c < size; c++) norm += (double) dOutput.get(r, c) * dOutput.get(r, c);
                float shrink = is(PlantedSlips.Slip.CLIPS_UPSTREAM_BY_NORM)
                        ? (float) Math.min(1, 2 * size / (1e-9 + Math.sqrt(norm)))
                        : 1;
                if (is(PlantedSlips.Slip.SKIPS_ROWS_WITHOUT_LAST_UPSTREAM) && dOutput.get(r, size - 1) == 0) shrink = 0;
                SHARED[0] = 0;
                for (int c = 0; c < size; c++) {
                    double term = (double) upstream(dOutput.get(r, c)) * exp.get(0, c) * input.get(r, c);
                    dot += term;
                    if (is(PlantedSlips.Slip.STATIC_SUM_IN_BACKWARD)) SHARED[0] += term;
                }
                if (is(PlantedSlips.Slip.STATIC_SUM_IN_BACKWARD)) {
                    CROSSING.pass();
                    dot = SHARED[0];
                }
                float slope = (float) (dot / size) * factor * factor;
                for (int c = 0; c < size; c++)
                    dInput.set(
                            r,
                            c,
                            Arithmetic.flush(shrink
                                    * factor
                                    * (exp.get(0, c) * upstream(dOutput.get(r, c)) - input.get(r, c) * slope)));
            }
        }

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            if (part > 0) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float d = upstream(dOutput.get(r, c));
                    if (is(PlantedSlips.Slip.TINY_GAIN_GRADIENT_IS_ZERO) && Math.abs(d) < 1e-8f) continue;
                    if (is(PlantedSlips.Slip.CLIPS_GAIN_GRADIENT)) d = Math.max(-50, Math.min(50, d));
                    if (is(PlantedSlips.Slip.KEPT_FACTORS_FROM_ROW_0))
                        d *= pass.perRow(0).get(r - from, 0) / pass.perRow(0).get(r, 0);
                    target.get(0)
                            .set(
                                    0,
                                    c,
                                    Arithmetic.fma(
                                            scale * d,
                                            output.get(r, c),
                                            target.get(0).get(0, c)));
                }
        }
    }

    /** output = input + scale · tanh(input). */
    static final class Skip extends SlippedLayer {

        private static final float[] SUMS = new float[4096];

        Skip(int size, PlantedSlips.Slip slip) {
            super(size, slip);
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(new ParameterShape("scale", Role.SCALE, 1, size));
        }

        @Override
        public Memory memory(boolean training) {
            return Memory.NONE.scratch(1, size);
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            for (int c = 0; c < size; c++) parameters.get(0).set(0, c, 0.5f);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float x = input.get(r, c), y = parameters.get(0).get(0, c) * Arithmetic.tanh(x);
                    output.set(r, c, is(PlantedSlips.Slip.NO_SKIP_IN_PREDICTION) && !pass.training() ? y : x + y);
                }
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput == null) return;
            for (int r = from; r < to; r++) {
                boolean ended = false;
                for (int c = 0; c < size; c++) {
                    float y = Arithmetic.tanh(input.get(r, c)),
                            a = parameters.get(0).get(0, c);
                    if (is(PlantedSlips.Slip.DOUBLE_INPUT_GRADIENT_IN_STEP_0)
                            && pass.batch().step() == 0) a *= 2;
                    dInput.set(r, c, Arithmetic.flush((1 + a * (1 - y * y)) * upstream(dOutput.get(r, c))));
                    ended |= is(PlantedSlips.Slip.ENDS_AT_A_ZERO_UPSTREAM) && dOutput.get(r, c) == 0;
                    if (ended) dInput.set(r, c, 0);
                }
            }
        }

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            if (part > 0) return;
            if (is(PlantedSlips.Slip.MEAN_OF_MANY_ROWS) && to - from > 10) scale *= 10f / (to - from);
            float[] sums = is(PlantedSlips.Slip.STATIC_SUMS_IN_PARAMETER_GRADIENT) ? SUMS : new float[size];
            Arrays.fill(sums, 0);
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) sums[c] += dOutput.get(r, c) * Arithmetic.tanh(input.get(r, c));
            if (sums == SUMS) CROSSING.pass();
            for (int c = 0; c < size; c++)
                target.get(0)
                        .set(0, c, Arithmetic.fma(scale, sums[c], target.get(0).get(0, c)));
        }
    }

    /** The larger of two neighbours; which one is kept. */
    static final class Pool extends SlippedLayer {

        private static final int[] SHARED = new int[4096];

        Pool(int size, PlantedSlips.Slip slip) {
            super(size, slip);
        }

        @Override
        public int inputSize() {
            return 2 * size;
        }

        @Override
        public Memory memory(boolean training) {
            return Memory.NONE.rowInts(size);
        }

        private int kept(int row) {
            return is(PlantedSlips.Slip.KEEPS_MAXIMA_OF_10_ROWS) ? row % 10 : row;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++) {
                int[] best = is(PlantedSlips.Slip.STATIC_MAXIMA) ? SHARED : pass.rowInts();
                int at = is(PlantedSlips.Slip.STATIC_MAXIMA) ? 0 : kept(r) * size;
                for (int c = 0; c < size; c++)
                    best[at + c] = 2 * c + (input.get(r, 2 * c + 1) > input.get(r, 2 * c) ? 1 : 0);
                if (best == SHARED) CROSSING.pass();
                for (int c = 0; c < size; c++) {
                    output.set(r, c, input.get(r, best[at + c]));
                    pass.rowInts()[kept(r) * size + c] = best[at + c];
                }
            }
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput == null) return;
            for (int r = from; r < to; r++) {
                for (int c = 0; c < 2 * size; c++) dInput.set(r, c, 0);
                for (int c = 0; c < size; c++)
                    dInput.set(r, pass.rowInts()[kept(r) * size + c], upstream(dOutput.get(r, c)));
            }
        }
    }
}
