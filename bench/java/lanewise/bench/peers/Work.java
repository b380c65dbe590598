package lanewise.bench.peers;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What every peer does: the 784-128-64-10 network on MNIST, sigmoid, sigmoid, softmax, with weights that are given. The
 * folder has files of little-endian floats; programs in other languages read the same ones.
 *
 * <p>Weights are those of one layer after the other, each [input][output] row by row, then the biases. {@code initial.f32}
 * has those with which trainings begin, {@code weights.f32} those after an epoch, and {@code digit.f32} the first test
 * digit.
 *
 * @param folder of the files
 */
public record Work(Path folder) {

    /** Pixels of a digit. */
    public static final int PIXELS = 784;

    /** Classes of digits. */
    public static final int CLASSES = 10;

    /** Test digits. */
    public static final int TEST = 10_000;

    /** The first so many training digits, in their order, train the network whose predictions are compared. */
    public static final int TRAINED = 1280;

    /** The accuracy, in per cent, to which {@link Peer#course} trains. */
    public static final double ACCURACY = 95;

    /** Inputs of the first layer, then outputs of each layer. */
    private static final int[] SIZES = {PIXELS, 128, 64, CLASSES};

    /** The file that has the network with {@link #weights} as ONNX, from one input to the probabilities. */
    public static final String ONNX = "model.onnx";

    /** The file that has the predictions by {@link #weights}. */
    static final String PREDICTED = "predicted.f32";

    /** The file that has the predictions by {@link #weights} of digits that were predicted one at a time. */
    static final String SINGLE = "single.f32";

    /** Files of peers whose outputs are no softmax begin so. */
    static final String SIGMOIDS = "sigmoids-";

    /** The file that has the predictions after a training to {@link #ACCURACY}. */
    static final String ACCURATE = "accurate.f32";

    /** The file that has the predictions after {@link #TRAINED} digits in batches. */
    static String trained(int batch) {
        return "trained-" + batch + ".f32";
    }

    /** The learning rate for batches of a size. */
    public static float rate(int batch) {
        return batch == 1 ? 0.05f : 1.6f;
    }

    /** Inputs of the first layer, then outputs of each layer. */
    public static int[] sizes() {
        return SIZES.clone();
    }

    /** The weights with which trainings begin. */
    public float[] initial() throws IOException {
        return read(folder.resolve("initial.f32"));
    }

    /** The weights that predict. */
    public float[] weights() throws IOException {
        return read(folder.resolve("weights.f32"));
    }

    /** The first test digit. */
    public float[] digit() throws IOException {
        return read(folder.resolve("digit.f32"));
    }

    static float[] read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        float[] values = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    static void write(Path file, float[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        Files.write(file, bytes.array());
    }
}
