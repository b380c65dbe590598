package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A row-wise layer made of functions: forward of a row, and backward of a row, which also gives the row's terms of the
 * parameters' gradient. It keeps all rules; mistakes are planted in the functions.
 */
final class PlantedRows implements Layer {

    /** Sets y from x and the parameters p, matrix by matrix. */
    interface Forward {
        void row(float[][] p, float[] x, float[] y);
    }

    /** Sets dx and the terms dp of the parameters' gradient, which are zeros before. */
    interface Backward {
        void row(float[][] p, float[] x, float[] y, float[] dy, float[] dx, float[][] dp);
    }

    private final String name;
    private final int inputs;
    private final int outputs;
    private final List<ParameterShape> shapes;
    private final float first;
    private final Forward forward;
    private final Backward backward;

    /** Without parameters. */
    PlantedRows(String name, int inputs, int outputs, Forward forward, Backward backward) {
        this(name, inputs, outputs, List.of(), 0, forward, backward);
    }

    /** With parameters that are drawn around {@code first}, or with any sign around 0 if it is zero; biases are zero. */
    PlantedRows(
            String name,
            int inputs,
            int outputs,
            List<ParameterShape> shapes,
            float first,
            Forward forward,
            Backward backward) {
        this.name = name;
        this.inputs = inputs;
        this.outputs = outputs;
        this.shapes = shapes;
        this.first = first;
        this.forward = forward;
        this.backward = backward;
    }

    static ParameterShape scale(String name, int columns) {
        return new ParameterShape(name, ParameterShape.Role.SCALE, 1, columns);
    }

    static ParameterShape weights(int rows, int columns) {
        return new ParameterShape("weights", ParameterShape.Role.WEIGHTS, rows, columns);
    }

    static ParameterShape bias(int columns) {
        return new ParameterShape("bias", ParameterShape.Role.BIAS, 1, columns);
    }

    @Override
    public int inputSize() {
        return inputs;
    }

    @Override
    public int outputSize() {
        return outputs;
    }

    @Override
    public List<ParameterShape> parameters() {
        return shapes;
    }

    @Override
    public Memory memory(boolean training) {
        int count = 0;
        for (ParameterShape shape : shapes) count += shape.count();
        return count == 0 ? Memory.NONE : Memory.NONE.perRow(count);
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        for (int i = 0; i < shapes.size(); i++) {
            Slice p = parameters.get(i);
            if (shapes.get(i).role() == ParameterShape.Role.BIAS) continue;
            for (int r = 0; r < p.rows(); r++)
                for (int c = 0; c < p.columns(); c++)
                    p.set(r, c, first == 0 ? random.normal() * 0.5f : first * (0.9f + 0.2f * random.uniform()));
        }
    }

    private float[][] values(Parameters parameters) {
        List<float[]> values = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            float[] p = new float[shapes.get(i).count()];
            parameters.get(i).copyTo(p, 0);
            values.add(p);
        }
        return values.toArray(new float[0][]);
    }

    private static float[] row(Slice matrix, int row) {
        float[] values = new float[matrix.columns()];
        for (int c = 0; c < values.length; c++) values[c] = matrix.get(row, c);
        return values;
    }

    private static void set(Slice matrix, int row, float[] values) {
        for (int c = 0; c < values.length; c++) matrix.set(row, c, values[c]);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        float[][] p = values(parameters);
        for (int r = from; r < to; r++) {
            float[] y = new float[outputs];
            forward.row(p, row(input, r), y);
            set(output, r, y);
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
        float[][] p = values(parameters);
        for (int r = from; r < to; r++) {
            float[] dx = new float[inputs];
            float[][] dp = new float[p.length][];
            for (int i = 0; i < p.length; i++) dp[i] = new float[p[i].length];
            backward.row(p, row(input, r), row(output, r), row(dOutput, r), dx, dp);
            if (dInput != null) set(dInput, r, dx);
            int at = 0;
            for (float[] terms : dp) for (float term : terms) pass.perRow(0).set(r, at++, term);
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
        for (int r = from; r < to; r++) {
            int at = 0;
            for (int i = 0; i < shapes.size(); i++) {
                Slice t = target.get(i);
                for (int k = 0; k < t.rows(); k++)
                    for (int c = 0; c < t.columns(); c++)
                        t.set(k, c, Math.fma(scale, pass.perRow(0).get(r, at++), t.get(k, c)));
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
