package lanewise.check;

import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** {@code output = value(input)} element by element, by the activation's public methods. */
record Elementwise(Activation activation, int size) implements Layer {

    @Override
    public int inputSize() {
        return size;
    }

    @Override
    public int outputSize() {
        return size;
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        for (int r = from; r < to; r++)
            for (int c = 0; c < size; c++) output.set(r, c, activation.value(input.get(r, c)));
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
                float derivative = activation.derivative(input.get(r, c), output.get(r, c));
                dInput.set(r, c, Arithmetic.flush(dOutput.get(r, c) * derivative));
            }
    }

    /** Row by row narrower: up to 12, 4, 1, and 1/16 on both sides of zero. */
    static void draw(Slice x, RandomSource random) {
        float[] widths = {12f, 4f, 1f, 0.0625f};
        for (int r = 0; r < x.rows(); r++)
            for (int c = 0; c < x.columns(); c++) x.set(r, c, (2 * random.uniform() - 1) * widths[r % widths.length]);
    }
}
