package lanewise.examples;

import java.io.FileNotFoundException;
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

    private static final int CLASSES = 10;

    /** Reads a folder's four files, plain or gzipped; MNIST from the program's own resources if the folder is null. */
    static Digits load(Path folder) {
        if (folder != null && !Files.isDirectory(folder))
            throw new Failure(folder + (Files.exists(folder) ? ": not a directory" : ": no such directory"));
        Digits digits = new Digits(load(folder, "train"), load(folder, "t10k"));
        int size = digits.training.inputSize(), testSize = digits.test.inputSize();
        if (size != testSize)
            throw new Failure((folder == null ? "" : folder + ": ") + "training images of " + size
                    + " pixels, but test images of " + testSize + "; do the files belong together?");
        return digits;
    }

    private static Dataset load(Path folder, String part) {
        String images = part + "-images-idx3-ubyte", labels = part + "-labels-idx1-ubyte";
        Idx pixels = read(folder, images), classes = read(folder, labels);
        try {
            return Idx.dataset(pixels, classes, CLASSES);
        } catch (IllegalArgumentException e) {
            throw new Failure(
                    (folder == null ? "" : folder + ": ") + images + " and " + labels + ": " + e.getMessage());
        }
    }

    private static Idx read(Path folder, String name) {
        if (folder == null) return resource(name + ".gz");
        Path file = folder.resolve(name);
        if (Files.notExists(file)) {
            file = folder.resolve(name + ".gz");
            if (Files.notExists(file))
                throw new Failure(folder + ": neither " + name + " nor " + name + ".gz is there");
        }
        try {
            return Idx.read(file);
        } catch (AccessDeniedException e) {
            throw new Failure(file + ": permission denied");
        } catch (IOException e) {
            throw new Failure(folder + ": " + e.getMessage());
        }
    }

    private static Idx resource(String name) {
        try (InputStream in = Digits.class.getResourceAsStream("/mnist/" + name)) {
            if (in == null) throw new FileNotFoundException(name);
            return Idx.read(in, name, -1);
        } catch (IOException e) {
            throw new Failure("this program's own copy of MNIST is damaged: " + e.getMessage());
        }
    }

    /** The same samples, parted anew at random. */
    Digits split(double testFraction, long seed) {
        Dataset all = training.and(test).shuffled(seed);
        int tests = (int) Math.round(all.size() * testFraction);
        return new Digits(all.range(tests, all.size()), all.range(0, tests));
    }

    /** The first training samples only, and all test samples. */
    Digits limit(int samples) {
        return new Digits(training.range(0, Math.min(samples, training.size())), test);
    }
}
