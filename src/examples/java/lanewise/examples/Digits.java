package lanewise.examples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import lanewise.data.Dataset;
import lanewise.data.Idx;

/**
 * MNIST's digits, or another data set in the same four files.
 *
 * @param training to learn from
 * @param test to be judged by
 */
record Digits(Dataset training, Dataset test) {

    /** Labels are 0 to 9. */
    static final int CLASSES = 10;

    /** Of an image of MNIST. */
    static final int PIXELS = 28 * 28;

    private static final String IMAGES = "-images-idx3-ubyte", LABELS = "-labels-idx1-ubyte";

    /**
     * Reads four files to their end.
     *
     * @param folder holds them, plain or gzipped; null for the program's own copy of MNIST
     * @throws Failure if a file is missing, damaged, or does not fit the others
     */
    static Digits load(Path folder) {
        check(folder);
        Digits digits = new Digits(part(folder, "train"), part(folder, "t10k"));
        int pixels = digits.training.inputSize(), testPixels = digits.test.inputSize();
        if (pixels != testPixels)
            throw new Failure(folder + ": training images of " + pixels + " pixels, but test images of " + testPixels
                    + "; do the files belong together?");
        return digits;
    }

    /**
     * The test digits as they lie in their files.
     *
     * @param pixels one byte each, image after image
     * @param labels one byte each, 0 to 9
     */
    record Raw(byte[] pixels, byte[] labels) {

        int size() {
            return labels.length;
        }

        int inputSize() {
            return pixels.length / labels.length;
        }
    }

    /**
     * Reads the two test files alone.
     *
     * @param folder holds them, plain or gzipped; null for the program's own copy of MNIST
     * @throws Failure if a file is missing, damaged, or does not fit the other
     */
    static Raw loadTest(Path folder) {
        check(folder);
        part(folder, "t10k");
        return new Raw(
                read(folder, "t10k" + IMAGES).data(),
                read(folder, "t10k" + LABELS).data());
    }

    private static void check(Path folder) {
        if (folder == null) return;
        if (!Files.isDirectory(folder))
            throw new Failure(folder + (Files.exists(folder) ? ": not a directory" : ": no such directory"));
        if (!Files.isReadable(folder) || !Files.isExecutable(folder)) throw new Failure(folder + ": permission denied");
    }

    private static Dataset part(Path folder, String name) {
        String images = name + IMAGES, labels = name + LABELS;
        Idx pixels = read(folder, images), classes = read(folder, labels);
        try {
            return Idx.dataset(pixels, classes, CLASSES);
        } catch (IllegalArgumentException e) {
            throw new Failure(folder + ": " + images + " and " + labels + ": " + e.getMessage());
        }
    }

    private static Idx read(Path folder, String name) {
        if (folder == null) return ownCopy(name + ".gz");
        Path plain = folder.resolve(name), gzipped = folder.resolve(name + ".gz");
        Path file = Files.exists(plain) ? plain : gzipped;
        if (!Files.exists(file)) throw new Failure(folder + ": neither " + name + " nor " + name + ".gz is there");
        if (!Files.isRegularFile(file)) throw new Failure(file + ": not a file");
        try {
            return Idx.read(file);
        } catch (AccessDeniedException e) {
            throw new Failure(file + ": permission denied");
        } catch (IOException e) {
            throw new Failure(folder + ": " + e.getMessage());
        }
    }

    private static Idx ownCopy(String name) {
        try (InputStream in = Digits.class.getResourceAsStream("/mnist/" + name)) {
            if (in == null) throw new IOException(name + " is missing");
            return Idx.read(in, name, -1);
        } catch (IOException e) {
            throw new Failure("this program's own copy of MNIST: " + e.getMessage());
        }
    }

    /**
     * All samples, parted anew.
     *
     * @param testFraction share of the test samples
     * @param seed decides which they are
     */
    Digits split(double testFraction, long seed) {
        Dataset all = training.and(test).shuffled(seed);
        int tests = (int) Math.round(testFraction * all.size());
        return new Digits(all.range(tests, all.size()), all.range(0, tests));
    }

    /** The first training samples alone, all test samples. */
    Digits limit(int samples) {
        return new Digits(training.range(0, Math.min(samples, training.size())), test);
    }
}
