package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import lanewise.Model;
import lanewise.Network;
import lanewise.layer.Output;

/** The networks that PyTorch made, which lie beside the checkout; where they do not, tests of them are left out. */
final class SharedData {

    static final Path PYTORCH = Path.of("../shared/data/interchange/pytorch");

    private SharedData() {}

    /** A file, or no test. */
    static Path file(String name) {
        assumeTrue(Files.isDirectory(PYTORCH), PYTORCH + " is not there");
        return PYTORCH.resolve(name);
    }

    /** The largest difference between a network's outputs and those of PyTorch in double, over the largest of these. */
    static double difference(Network network, Output output, String name) throws IOException {
        Model model = Model.builder(network.stack(), output)
                .parameters(network.copyParameters(), 0, network.parameterCount())
                .build();
        byte[] in = Files.readAllBytes(file(name + ".in")), out = Files.readAllBytes(file(name + ".out"));
        float[] inputs = new float[in.length / Float.BYTES];
        ByteBuffer.wrap(in).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(inputs);
        double[] expected = new double[out.length / Double.BYTES];
        ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(expected);
        int rows = inputs.length / model.inputSize(), columns = model.outputSize();
        assertEquals(expected.length, rows * columns);
        float[] input = new float[model.inputSize()], logits = new float[columns], found = new float[columns];
        double largest = 0, difference = 0;
        for (int r = 0; r < rows; r++) {
            System.arraycopy(inputs, r * input.length, input, 0, input.length);
            model.answer(input, logits, found);
            for (int c = 0; c < columns; c++) {
                largest = Math.max(largest, Math.abs(expected[r * columns + c]));
                difference = Math.max(difference, Math.abs(expected[r * columns + c] - found[c]));
            }
        }
        return difference / largest;
    }
}
