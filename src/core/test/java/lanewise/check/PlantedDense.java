package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** {@code output = tanh(bias + input · weights)} in plain loops, right but for one mistake. */
final class PlantedDense implements Layer {

    /** What is wrong; what the report must call it; and a text that it must hold. */
    enum Mistake {
        NONE(null, ""),
        WEIGHT_GRADIENT_FROM_OUTPUT(Kind.WRONG_GRADIENT, "weights"),
        VECTOR_BROADCAST_TO_MATRIX(Kind.WRONG_GRADIENT, "weights"),
        FORGOTTEN_BIAS_GRADIENT(Kind.FORGOTTEN_GRADIENT, "bias: its gradient is zero everywhere"),
        FORGOTTEN_WEIGHT_GRADIENT(Kind.FORGOTTEN_GRADIENT, "weights: its gradient is zero everywhere"),
        FORGOTTEN_INPUT_GRADIENT(Kind.FORGOTTEN_GRADIENT, "input: its gradient is zero everywhere"),
        MISSING_DERIVATIVE(Kind.WRONG_GRADIENT, "bias"),
        DERIVATIVE_AT_ACTIVATION(Kind.WRONG_GRADIENT, "bias"),
        DERIVATIVE_TWICE(Kind.WRONG_GRADIENT, "bias"),
        DERIVATIVE_AFTER_INPUT_GRADIENT(Kind.WRONG_GRADIENT, "input"),
        TRANSPOSED_WEIGHTS(Kind.WRONG_GRADIENT, "input"),
        SIGN_OF_BIAS_GRADIENT(Kind.WRONG_GRADIENT, "each is the numeric value with the other sign"),
        DIVIDED_BY_ROWS(Kind.WRONG_GRADIENT, "one divided by the number of rows"),
        TIMES_ROWS(Kind.WRONG_GRADIENT, "the number of rows: a sum where a mean belongs?"),
        SLIGHTLY_TOO_LARGE(Kind.WRONG_GRADIENT, "each is 1.0"),
        COLUMNS_FOR_STRIDE(Kind.WRONG_GRADIENT, "input"),
        LAST_COLUMN_LEFT_OUT(
                Kind.WRONG_GRADIENT,
                "weights: 17 of 289 entries of the gradient are wrong; all of these are"
                        + " zero; all in column 16, the last block of 16"),
        ONLY_THE_FIRST_ROW(Kind.WRONG_GRADIENT, "bias"),
        LAST_ROW_FORGOTTEN(Kind.WRONG_GRADIENT, "weights"),
        ROW_OFF_BY_ONE(Kind.WRONG_GRADIENT, "weights"),
        ONE_TERM_FORGOTTEN(Kind.WRONG_GRADIENT, "all in row 2; all in column 3"),
        ONE_INPUT_TERM_FORGOTTEN(Kind.WRONG_GRADIENT, "input"),
        BIAS_COUNTED_TWICE(Kind.WRONG_GRADIENT, "each is 2.0000 times the numeric value"),
        OVERWRITES_PARAMETER_GRADIENT(Kind.OVERWRITES, "it replaces weights[0][0]"),
        ADDS_TO_INPUT_GRADIENT(Kind.ACCUMULATES, "backward adds to dInput[0][0], which it must overwrite"),
        ADDS_TO_OUTPUT(Kind.READS_RESULT, "output[0][0] depends on what was there before forward"),
        INPUT_GRADIENT_FROM_ITSELF(Kind.READS_RESULT, "dInput[0][0] depends on what was there before backward"),
        LEAVES_AN_OUTPUT(Kind.READS_RESULT, "output[0][16] keeps what was there before: forward does not write it"),
        LEAVES_AN_INPUT_GRADIENT(Kind.READS_RESULT, "dInput[0][16] keeps what was there before"),
        STALE_CACHE(Kind.KEEPS_STATE, "after another batch in the same pass: dInput[0][0] is "),
        STALE_OUTPUT(Kind.KEEPS_STATE, "after another batch in the same pass: output[0][0] is "),
        STALE_GRADIENT(Kind.KEEPS_STATE, "after another batch in the same pass: the gradient of weights[0][0] is "),
        STALE_SECOND_BACKWARD(Kind.KEEPS_STATE, "a second backward after the same forward"),
        FIELD_INSTEAD_OF_PASS(Kind.KEEPS_STATE, "two passes that take turns disturb each other"),
        NOT_REPEATABLE(Kind.NOT_REPEATABLE, "random numbers must come from the pass's seed"),
        WRITES_BEHIND_OUTPUT(Kind.WRITES_OUTSIDE, "forward: it wrote 1 floats after the end of output"),
        WRITES_BEFORE_INPUT_GRADIENT(Kind.WRITES_OUTSIDE, "backward: it wrote 1 floats before dInput"),
        WRITES_BEHIND_GRADIENT(Kind.WRITES_OUTSIDE, "parameterGradient: it wrote 1 floats after the end of bias"),
        MODIFIES_INPUT(Kind.MODIFIES_ARGUMENT, "forward: it changed input[0][0], which it may only read"),
        MODIFIES_PARAMETERS(Kind.MODIFIES_ARGUMENT, "backward: it changed weights[0][0]"),
        MODIFIES_OUTPUT(Kind.MODIFIES_ARGUMENT, "backward: it changed output[0][0]"),
        MODIFIES_GRADIENT_OF_OUTPUT(Kind.MODIFIES_ARGUMENT, "parameterGradient: it changed dOutput[0][0]"),
        SCALES_GRADIENT_OF_OUTPUT_IN_PLACE(Kind.MODIFIES_ARGUMENT, "parameterGradient: it changed dOutput[0][0]"),
        UPDATES_TRAINED(Kind.MODIFIES_ARGUMENT, "updateRunningStatistics: it changed bias[0][0], which is trained"),
        READS_PADDING(Kind.PADDING, "whose values are unspecified: with NaN there, output[0][0] is "),
        READS_PADDING_OF_OUTPUT(Kind.PADDING, "whose values are unspecified: with NaN there, dInput[0][0] is "),
        COPIES_PADDING(Kind.PADDING, "with NaN there, the padding of weights at [0][17] is NaN"),
        DIRTY_PADDING_OF_GRADIENT(
                Kind.PADDING, "parameterGradient: the padding of weights at [0][17] is 0.5 after parameterGradient"),
        DIRTY_PADDING(Kind.PADDING, "the padding of dInput at [0][17] is"),
        READS_PARAMETERS(Kind.READS_PARAMETERS, "when the parameters change between backward and parameterGradient"),
        DECAYS_TARGET(Kind.READS_PARAMETERS, "what it adds to weights[0][0] depends on what is there"),
        IGNORES_SCALE(Kind.IGNORES_SCALE, "with scale -0.5 it adds"),
        IGNORES_PARTS(Kind.IGNORES_PARTS, "is changed by part 0 and by part 1 of 2"),
        LOSES_THE_REST_OF_PARTS(Kind.IGNORES_PARTS, "the 2 parts together add 0.0 to weights[16][0]"),
        IGNORES_FROM(Kind.IGNORES_ROWS, "asked for rows 1 to 3 it wrote output[0][0]"),
        IGNORES_FROM_IN_BACKWARD(Kind.IGNORES_ROWS, "asked for rows 1 to 3 it wrote dInput[0][0]"),
        ALL_ROWS_OF_PASS(Kind.IGNORES_ROWS, "asked for rows 1 to 3 it wrote output[4][0]"),
        DIVIDED_BY_ROWS_OF_PASS(
                Kind.IGNORES_ROWS,
                "in a pass made for more rows, as an epoch's last batch is, the results differ: the gradient of"
                        + " weights[0][0] is "),
        LOOKS_AT_FIRST_ROW(Kind.MIXES_ROWS, "when only other rows' inputs change, but rowwise() is true"),
        LOOKS_AT_FIRST_ROW_IN_BACKWARD(Kind.MIXES_ROWS, "dInput[2][0] changes from "),
        DEPENDS_ON_ROWS_AT_ONCE(
                Kind.IGNORES_ROWS, "all rows at once and in three pieces give different results: output["),
        IGNORES_FROM_IN_PARAMETER_GRADIENT(Kind.IGNORES_ROWS, "with a row more it adds the same "),
        SUMS_ITS_OWN_MEMORY_FROM_ROW_0(Kind.IGNORES_ROWS, "with a row more it adds the same "),
        READS_OTHER_ROWS_IN_PARAMETER_GRADIENT(Kind.IGNORES_ROWS, "asked for rows 1 to 3 it adds "),
        KEEPS_ROWS_IN_SCRATCH(
                Kind.NOT_SHAREABLE, "two workers that share a batch and one alone give different results"),
        UNUSED_PARAMETER(Kind.UNUSED_PARAMETER, "unused: no output depends on it, and its gradient is zero"),
        UNUSED_PARAMETER_WITH_GRADIENT(
                Kind.UNUSED_PARAMETER, "unused: no output depends on it, but its gradient is not zero"),
        NEEDS_INPUT_GRADIENT(Kind.NEEDS_INPUT_GRADIENT, "after a backward without dInput"),
        FAILS_WITHOUT_INPUT_GRADIENT(
                Kind.THROWS, "backward without dInput, which is null where it is not wanted, threw"),
        FAILS_IN_BACKWARD(Kind.THROWS, "backward of rows 0 to 4 threw"),
        PREDICTS_WITHOUT_BIAS(Kind.PREDICTS_DIFFERENTLY, "it returns a layer with the parameters"),
        OVERFLOWS(Kind.NOT_FINITE, "output[0][0] is "),
        OVERFLOWS_AT_ONE_PLACE(Kind.NOT_FINITE, "output[1][2] is Infinity"),
        GRADIENT_OVERFLOWS(Kind.NOT_FINITE, "weights: the gradient's entry [2][3] is Infinity"),
        STALE_SECOND_PARAMETER_GRADIENT(Kind.KEEPS_STATE, "a second parameterGradient after the same backward");

        final Kind kind;
        final String text;

        Mistake(Kind kind, String text) {
            this.kind = kind;
            this.text = text;
        }
    }

    private final int size;
    private final Mistake mistake;
    private long calls;
    private float[] field;
    private Parameters remembered;

    /** A square layer. */
    PlantedDense(int size, Mistake mistake) {
        this.size = size;
        this.mistake = mistake;
    }

    private boolean is(Mistake other) {
        return mistake == other;
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
    public List<ParameterShape> parameters() {
        List<ParameterShape> shapes = new ArrayList<>();
        shapes.add(new ParameterShape("weights", ParameterShape.Role.WEIGHTS, size, size));
        shapes.add(new ParameterShape("bias", ParameterShape.Role.BIAS, 1, size));
        if (is(Mistake.UNUSED_PARAMETER) || is(Mistake.UNUSED_PARAMETER_WITH_GRADIENT))
            shapes.add(new ParameterShape("unused", ParameterShape.Role.SCALE, 1, size));
        return shapes;
    }

    @Override
    public Memory memory(boolean training) {
        return Memory.NONE.perRow(size).perRow(size).scratch(1024, size).scratchInts(3);
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        for (int i = 0; i < size; i++)
            for (int o = 0; o < size; o++) parameters.get(0).set(i, o, random.normal() / size);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        if (is(Mistake.IGNORES_FROM)) from = 0;
        if (is(Mistake.ALL_ROWS_OF_PASS)) to = pass.rows();
        calls++;
        for (int r = from; r < to; r++) {
            for (int o = 0; o < size; o++) {
                float sum = parameters.get(1).get(0, o);
                for (int i = 0; i < size; i++)
                    sum = Math.fma(input.get(r, i), parameters.get(0).get(i, o), sum);
                if (is(Mistake.NOT_REPEATABLE)) sum += calls * 1e-3f;
                if (is(Mistake.READS_PADDING)) sum += input.array()[input.at(r) + size];
                if (is(Mistake.LOOKS_AT_FIRST_ROW)) sum += 0.1f * input.get(0, o);
                if (is(Mistake.DEPENDS_ON_ROWS_AT_ONCE)) sum += 1e-3f * (to - from);
                if (is(Mistake.OVERFLOWS)) sum *= Float.POSITIVE_INFINITY;
                if (is(Mistake.LEAVES_AN_OUTPUT) && o == size - 1) continue;
                if (is(Mistake.OVERFLOWS_AT_ONE_PLACE) && r == 1 && o == 2) output.set(r, o, Float.POSITIVE_INFINITY);
                else if (is(Mistake.OVERFLOWS)) output.set(r, o, sum);
                else if (is(Mistake.ADDS_TO_OUTPUT)) output.set(r, o, output.get(r, o) + Arithmetic.tanh(sum));
                else output.set(r, o, Arithmetic.tanh(sum));
                if (is(Mistake.STALE_OUTPUT)) output.set(r, o, output.get(r, o) + 0.1f * pass.scratchInts()[0]);
                // A mistake: what the first batch left is never renewed.
                pass.scratch(0).set(r, o, output.get(r, o));
                if (!is(Mistake.STALE_CACHE) || pass.scratchInts()[0] == 0)
                    pass.perRow(0).set(r, o, output.get(r, o));
            }
        }
        pass.scratchInts()[0] = 1;
        pass.scratchInts()[1] = 0;
        if (is(Mistake.WRITES_BEHIND_OUTPUT)) output.array()[output.at(to - 1) + output.stride()] = 0f;
        if (is(Mistake.MODIFIES_INPUT)) input.set(from, 0, 0.5f);
        if (is(Mistake.FIELD_INSTEAD_OF_PASS)) field = output.array().clone();
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
        if (is(Mistake.IGNORES_FROM_IN_BACKWARD)) from = 0;
        if (is(Mistake.READS_PARAMETERS)) remembered = parameters;
        if (is(Mistake.FAILS_IN_BACKWARD)) throw new IllegalStateException("planted");
        Slice w = parameters.get(0);
        for (int r = from; r < to; r++) {
            for (int o = 0; o < size; o++) {
                float y = output.get(r, o), d = dOutput.get(r, o);
                if (is(Mistake.STALE_CACHE)) y = pass.perRow(0).get(r, o);
                if (is(Mistake.KEEPS_ROWS_IN_SCRATCH)) y = pass.scratch(0).get(r, o);
                if (is(Mistake.FIELD_INSTEAD_OF_PASS)) y = field[output.at(r) + o];
                if (is(Mistake.READS_PADDING_OF_OUTPUT)) y += output.array()[output.at(r) + size];
                float derivative = 1 - y * y;
                if (is(Mistake.DERIVATIVE_AT_ACTIVATION)) derivative = 1 - Arithmetic.tanh(y) * Arithmetic.tanh(y);
                if (is(Mistake.DERIVATIVE_TWICE)) derivative *= derivative;
                if (is(Mistake.MISSING_DERIVATIVE)) derivative = 1;
                if (is(Mistake.NEEDS_INPUT_GRADIENT) && dInput == null) derivative = 1;
                if (is(Mistake.STALE_SECOND_BACKWARD) && pass.scratchInts()[1] == 1) d = 0.5f;
                dOutput.set(r, o, Arithmetic.flush(d * derivative));
                if (is(Mistake.DERIVATIVE_AFTER_INPUT_GRADIENT) && dInput != null) dOutput.set(r, o, d);
            }
            for (int o = 0; o < size; o++) pass.perRow(1).set(r, o, dOutput.get(r, o));
            if (dInput == null && !is(Mistake.FAILS_WITHOUT_INPUT_GRADIENT)) continue;
            for (int i = 0; i < size; i++) {
                float sum = 0;
                for (int o = 0; o < size; o++) {
                    if (is(Mistake.ONE_INPUT_TERM_FORGOTTEN) && i == 1 && o == 2) continue;
                    float weight = is(Mistake.TRANSPOSED_WEIGHTS) ? w.get(o, i) : w.get(i, o);
                    if (is(Mistake.COLUMNS_FOR_STRIDE)) weight = w.array()[w.offset() + i * size + o];
                    sum = Math.fma(weight, dOutput.get(r, o), sum);
                }
                if (is(Mistake.LOOKS_AT_FIRST_ROW_IN_BACKWARD)) sum += 0.1f * input.get(0, i);
                if (is(Mistake.FORGOTTEN_INPUT_GRADIENT)) sum = 0;
                if (is(Mistake.LEAVES_AN_INPUT_GRADIENT) && i == size - 1) continue;
                if (is(Mistake.INPUT_GRADIENT_FROM_ITSELF)) sum += 0.5f * dInput.get(r, i);
                if (is(Mistake.ADDS_TO_INPUT_GRADIENT)) sum += dInput.get(r, i);
                dInput.set(r, i, Arithmetic.flush(sum));
            }
            if (is(Mistake.DERIVATIVE_AFTER_INPUT_GRADIENT))
                for (int o = 0; o < size; o++)
                    dOutput.set(r, o, dOutput.get(r, o) * (1 - output.get(r, o) * output.get(r, o)));
            if (is(Mistake.DIRTY_PADDING)) dInput.array()[dInput.at(r) + size] = 0.5f;
        }
        pass.scratchInts()[1] = 1;
        if (is(Mistake.WRITES_BEFORE_INPUT_GRADIENT)) dInput.array()[dInput.offset() - 1] = 0f;
        if (is(Mistake.MODIFIES_PARAMETERS)) w.set(0, 0, 0.5f);
        if (is(Mistake.MODIFIES_OUTPUT)) output.set(0, 0, 0.5f);
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
        if (is(Mistake.IGNORES_SCALE)) scale = 1;
        if (is(Mistake.IGNORES_FROM_IN_PARAMETER_GRADIENT)) from = 0;
        int first = size * part / parts, end = size * (part + 1) / parts;
        if (is(Mistake.IGNORES_PARTS)) {
            first = 0;
            end = size;
        }
        if (is(Mistake.LOSES_THE_REST_OF_PARTS)) {
            first = size / parts * part;
            end = first + size / parts;
        }
        if (is(Mistake.DIVIDED_BY_ROWS)) scale /= to - from;
        if (is(Mistake.DIVIDED_BY_ROWS_OF_PASS)) scale /= pass.rows();
        if (is(Mistake.TIMES_ROWS)) scale *= to - from;
        if (is(Mistake.STALE_SECOND_PARAMETER_GRADIENT)) scale *= pass.scratchInts()[1]++;
        if (is(Mistake.STALE_GRADIENT)) scale *= 1 + 0.1f * pass.scratchInts()[2]++;
        if (is(Mistake.SCALES_GRADIENT_OF_OUTPUT_IN_PLACE)) {
            for (int r = from; r < to; r++) for (int o = 0; o < size; o++) dOutput.set(r, o, scale * dOutput.get(r, o));
            scale = 1;
        }
        if (is(Mistake.SLIGHTLY_TOO_LARGE)) scale *= 1 + 2f / 128;
        if (is(Mistake.LAST_ROW_FORGOTTEN)) to--;
        Slice w = target.get(0), b = target.get(1);
        for (int i = first; i < end; i++) {
            for (int o = 0; o < size; o++) {
                float sum = is(Mistake.OVERWRITES_PARAMETER_GRADIENT) ? 0 : w.get(i, o);
                if (is(Mistake.DECAYS_TARGET)) sum += 0.01f * sum;
                if (is(Mistake.READS_OTHER_ROWS_IN_PARAMETER_GRADIENT)) sum += 0 * input.get(0, i);
                for (int r = from; r < to; r++) {
                    float x = input.get(r, i);
                    if (is(Mistake.WEIGHT_GRADIENT_FROM_OUTPUT)) x = output.get(r, i);
                    if (is(Mistake.VECTOR_BROADCAST_TO_MATRIX)) x = 1;
                    if (is(Mistake.ROW_OFF_BY_ONE)) x = input.get(r + 1 < to ? r + 1 : from, i);
                    if (is(Mistake.ONE_TERM_FORGOTTEN) && r == 1 && i == 2 && o == 3) continue;
                    if (is(Mistake.READS_PARAMETERS))
                        x *= remembered.get(0).get(0, 0) / remembered.get(0).get(0, 0);
                    sum = Math.fma(x, scale * dOutput.get(r, o), sum);
                }
                if (is(Mistake.FORGOTTEN_WEIGHT_GRADIENT)) continue;
                if (is(Mistake.LAST_COLUMN_LEFT_OUT) && o == size - 1) continue;
                if (is(Mistake.GRADIENT_OVERFLOWS) && i == 2 && o == 3) sum = Float.POSITIVE_INFINITY;
                w.set(i, o, sum);
            }
        }
        for (int o = 0; part == 0 && o < size; o++) {
            if (is(Mistake.FORGOTTEN_BIAS_GRADIENT)) continue;
            for (int r = is(Mistake.SUMS_ITS_OWN_MEMORY_FROM_ROW_0) ? 0 : from; r < to; r++) {
                if (is(Mistake.ONLY_THE_FIRST_ROW) && r > 0) continue;
                Slice gradient = is(Mistake.SUMS_ITS_OWN_MEMORY_FROM_ROW_0) ? pass.perRow(1) : dOutput;
                float d = scale * gradient.get(r, o);
                if (is(Mistake.SIGN_OF_BIAS_GRADIENT)) d = -d;
                if (is(Mistake.BIAS_COUNTED_TWICE)) d *= 2;
                b.set(0, o, b.get(0, o) + d);
            }
        }
        if (is(Mistake.UNUSED_PARAMETER_WITH_GRADIENT) && part == 0)
            target.get(2).set(0, 1, target.get(2).get(0, 1) + scale * (to - from));
        if (is(Mistake.DIRTY_PADDING_OF_GRADIENT)) w.array()[w.offset() + size] = 0.5f;
        if (is(Mistake.COPIES_PADDING)) w.array()[w.offset() + size] = output.array()[output.offset() + size];
        if (is(Mistake.WRITES_BEHIND_GRADIENT)) b.array()[b.offset() + b.stride()] = 0f;
        if (is(Mistake.MODIFIES_GRADIENT_OF_OUTPUT)) dOutput.set(0, 0, 0.5f);
    }

    @Override
    public void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {
        if (is(Mistake.UPDATES_TRAINED)) parameters.get(1).set(0, 0, 0.5f);
    }

    @Override
    public Layer forPrediction() {
        return is(Mistake.PREDICTS_WITHOUT_BIAS) ? new Identity(size) : this;
    }

    @Override
    public String toString() {
        return "planted dense " + size + "->" + size;
    }
}
