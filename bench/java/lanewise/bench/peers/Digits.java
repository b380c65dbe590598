package lanewise.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import lanewise.data.Idx;

/**
 * Digits of MNIST in memory.
 *
 * @param count of digits
 * @param pixels raw bytes, digit by digit
 * @param labels 0 to 9
 */
public record Digits(int count, byte[] pixels, int[] labels) {

    /**
     * Reads the digits for training or the test digits.
     *
     * @param folder of the four files
     * @param set {@code train} or {@code t10k}
     */
    static Digits read(Path folder, String set) throws IOException {
        Idx images = Idx.read(folder.resolve(set + "-images-idx3-ubyte.gz"));
        Idx labels = Idx.read(folder.resolve(set + "-labels-idx1-ubyte.gz"));
        return new Digits(images.dimensions()[0], images.data(), labels.ints());
    }

    /** All pixels from 0 to 1, digit by digit. */
    public float[] floats() {
        float[] floats = new float[pixels.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (pixels[i] & 0xff) * (1f / 255f);
        return floats;
    }

    /** Writes one digit's pixels, from 0 to 1. */
    public void copy(int digit, float[] target, int at) {
        int from = digit * Work.PIXELS;
        for (int i = 0; i < Work.PIXELS; i++) target[at + i] = (pixels[from + i] & 0xff) * (1f / 255f);
    }
}
