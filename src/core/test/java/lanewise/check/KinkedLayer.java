package lanewise.check;

import java.util.List;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Right layers with kinks and ties of their own: pools, the largest of a row, maxout. */
abstract class KinkedLayer implements Layer {

    final int inputs;
    final int outputs;

    KinkedLayer(int inputs, int outputs) {
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /** The largest of each of so many pools. */
    static Layer maxPool(int pools, int each) {
        return new KinkedLayer(pools * each, pools) {
            @Override
            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                for (int p = 0; p < pools; p++) {
                    int best = p * each;
                    for (int c = best + 1; c < (p + 1) * each; c++) if (input.get(r, c) > input.get(r, best)) best = c;
                    if (output != null) output.set(r, p, input.get(r, best));
                    if (dInput == null) continue;
                    for (int c = p * each; c < (p + 1) * each; c++)
                        dInput.set(r, c, c == best ? dOutput.get(r, p) : 0f);
                }
            }
        };
    }

    /** The most largest of a row; the others become zero. Of equal ones the first count. */
    static Layer top(int most, int size) {
        return new KinkedLayer(size, size) {
            @Override
            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                for (int c = 0; c < size; c++) {
                    float x = input.get(r, c);
                    int before = 0;
                    for (int k = 0; k < size; k++) if (input.get(r, k) > x || k < c && input.get(r, k) == x) before++;
                    if (output != null) output.set(r, c, before < most ? x : 0f);
                    if (dInput != null) dInput.set(r, c, before < most ? dOutput.get(r, c) : 0f);
                }
            }
        };
    }

    /** The largest of so many linear functions, for each output; all biases zero. */
    static Layer maxout(int inputs, int outputs, int pieces) {
        return new KinkedLayer(inputs, outputs) {
            @Override
            public List<ParameterShape> parameters() {
                return List.of(
                        new ParameterShape("weights", ParameterShape.Role.WEIGHTS, inputs, outputs * pieces),
                        new ParameterShape("bias", ParameterShape.Role.BIAS, 1, outputs * pieces));
            }

            @Override
            public void initialize(Parameters parameters, RandomSource random) {
                for (int i = 0; i < inputs; i++)
                    for (int o = 0; o < outputs * pieces; o++)
                        parameters.get(0).set(i, o, random.normal() / (float) Math.sqrt(inputs));
            }

            private int best(int r, int o, Parameters parameters, Slice input, float[] value) {
                int best = 0;
                for (int k = 0; k < pieces; k++) {
                    int column = o * pieces + k;
                    float sum = parameters.get(1).get(0, column);
                    for (int i = 0; i < inputs; i++)
                        sum = Math.fma(input.get(r, i), parameters.get(0).get(i, column), sum);
                    if (k == 0 || sum > value[0]) {
                        value[0] = sum;
                        best = column;
                    }
                }
                return best;
            }

            @Override
            public lanewise.memory.Memory memory(boolean training) {
                return lanewise.memory.Memory.NONE.perRow(outputs);
            }

            @Override
            public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
                float[] value = new float[1];
                for (int r = from; r < to; r++)
                    for (int o = 0; o < outputs; o++) {
                        pass.perRow(0).set(r, o, best(r, o, parameters, input, value));
                        output.set(r, o, value[0]);
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
                    for (int i = 0; i < inputs; i++) {
                        float sum = 0;
                        for (int o = 0; o < outputs; o++)
                            sum = Math.fma(
                                    parameters.get(0).get(i, (int)
                                            pass.perRow(0).get(r, o)),
                                    dOutput.get(r, o),
                                    sum);
                        dInput.set(r, i, sum);
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
                    for (int o = 0; o < outputs; o++) {
                        int column = (int) pass.perRow(0).get(r, o);
                        float d = scale * dOutput.get(r, o);
                        for (int i = 0; i < inputs; i++)
                            target.get(0)
                                    .set(
                                            i,
                                            column,
                                            Math.fma(
                                                    input.get(r, i),
                                                    d,
                                                    target.get(0).get(i, column)));
                        target.get(1).set(0, column, target.get(1).get(0, column) + d);
                    }
            }
        };
    }

    /** Computes a row of output if that is not null, and of dInput if that is not null. */
    void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {}

    @Override
    public int inputSize() {
        return inputs;
    }

    @Override
    public int outputSize() {
        return outputs;
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        for (int r = from; r < to; r++) row(input, r, output, null, null);
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
        if (dInput != null) for (int r = from; r < to; r++) row(input, r, null, dOutput, dInput);
    }

    @Override
    public String toString() {
        return "kinked layer " + inputs + "->" + outputs;
    }
}
