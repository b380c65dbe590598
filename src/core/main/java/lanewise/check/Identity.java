package lanewise.check;

import lanewise.layer.Layer;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** {@code output = input}: what stands before a loss that is checked alone. */
record Identity(int size) implements Layer {

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
            System.arraycopy(input.array(), input.at(r), output.array(), output.at(r), size);
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
        if (dInput != null)
            for (int r = from; r < to; r++)
                System.arraycopy(dOutput.array(), dOutput.at(r), dInput.array(), dInput.at(r), size);
    }
}
