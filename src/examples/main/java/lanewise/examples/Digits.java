package lanewise.examples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lanewise.data.Dataset;
import lanewise.data.Idx;

/**
 * MNIST's digits, or another data set in the same four files.
 *
 * @param training to learn from
 * @param test to be judged by
 * @param shape of an image
 */
record Digits(Dataset training, Dataset test, Shape shape) {

    /**
     * The form of an image.
     *
     * @param rows pixels of its height; 0 if a sample is no rectangle
     * @param columns pixels of its width; 0 if a sample is no rectangle
     * @param bytes whether a pixel is an unsigned byte
     */
    record Shape(int rows, int columns, boolean bytes) {}

    /** Of MNIST, whose labels are 0 to 9. */
    static final int CLASSES = 10;

    /** Labels are bytes in a {@link Dataset}. */
    static final int MOST_CLASSES = 128;

    /** Of an image of MNIST. */
    static final int PIXELS = 28 * 28;

    /** The second is how some mirrors write it. */
    private static final List<String> IMAGES = List.of("-images-idx3-ubyte", "-images.idx3-ubyte"),
            LABELS = List.of("-labels-idx1-ubyte", "-labels.idx1-ubyte");

    private static final List<String> ENDINGS = List.of("", ".gz", ".GZ");

    /**
     * Reads four files to their end.
     *
     * @param folder holds them, plain or gzipped; null for the program's own copy of MNIST
     * @param classes number of classes
     * @param firstLabel the label of the first of them
     * @throws Failure if a file is missing, damaged, or does not fit the others
     */
    static Digits load(Path folder, int classes, int firstLabel) {
        check(folder);
        Part train = new Part(folder, "train");
        Digits digits = new Digits(
                train.dataset(classes, firstLabel),
                new Part(folder, "t10k").dataset(classes, firstLabel),
                train.shape());
        int pixels = digits.training.inputSize(), testPixels = digits.test.inputSize();
        if (pixels != testPixels)
            throw new Failure(folder + ": training images of " + pixels + " pixels, but test images of " + testPixels
                    + "; do the files belong together?");
        return digits;
    }

    /**
     * The test digits as they lie in their files.
     *
     * @param pixels one byte each, image after image; null if the images are of another type
     * @param floats the images of another type; null if they are of bytes
     * @param labels one for each image
     */
    record Raw(byte[] pixels, float[] floats, int[] labels) {

        int size() {
            return labels.length;
        }

        int inputSize() {
            return (pixels != null ? pixels.length : floats.length) / size();
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
        return new Part(folder, "t10k").raw();
    }

    private static void check(Path folder) {
        if (folder == null) return;
        if (!Files.isDirectory(folder))
            throw new Failure(folder + (Files.exists(folder) ? ": not a directory" : ": no such directory"));
        if (!Files.isReadable(folder) || !Files.isExecutable(folder)) throw new Failure(folder + ": permission denied");
    }

    /** Two files: the images and labels of the training, or of the test. Each is read once: it may be a pipe. */
    private static final class Part {
        private final String name;
        private final Idx images;
        private final Idx labels;

        Part(Path folder, String name) {
            String where = folder == null ? "this program's own copy of MNIST" : folder.toString();
            this.name = where + ": " + name + IMAGES.get(0) + " and " + name + LABELS.get(0) + ": ";
            images = read(folder, name, IMAGES);
            labels = read(folder, name, LABELS);
        }

        Shape shape() {
            int[] sizes = images.dimensions();
            boolean rectangle = sizes.length == 3, bytes = images.type() == Idx.Type.UNSIGNED_BYTE;
            return new Shape(rectangle ? sizes[1] : 0, rectangle ? sizes[2] : 0, bytes);
        }

        Dataset dataset(int classes, int firstLabel) {
            try {
                return Idx.dataset(images, labels, classes, firstLabel);
            } catch (IllegalArgumentException e) {
                throw new Failure(name + e.getMessage() + remedy());
            }
        }

        /** The options for the labels that are there, if it is for the labels that no data set could be made. */
        private String remedy() {
            try {
                Idx.dataset(images, labels, count(), first());
            } catch (IllegalArgumentException e) {
                return "";
            }
            return " (--first-label " + first() + " --classes " + Math.max(2, count()) + ")";
        }

        private int first() {
            return Arrays.stream(labels.ints()).min().orElseThrow();
        }

        private int count() {
            long last = Arrays.stream(labels.ints()).max().orElseThrow();
            return (int) Math.min(last - first() + 1, Integer.MAX_VALUE);
        }

        Raw raw() {
            try {
                int[] each = labels.ints();
                Idx.dataset(images, labels, Math.min(count(), MOST_CLASSES), first());
                boolean bytes = images.type() == Idx.Type.UNSIGNED_BYTE;
                return new Raw(bytes ? images.data() : null, bytes ? null : images.floats(), each);
            } catch (IllegalArgumentException e) {
                throw new Failure(name + e.getMessage());
            }
        }
    }

    private static Idx read(Path folder, String part, List<String> names) {
        if (folder == null) return ownCopy(part + names.get(0) + ".gz");
        Path file = find(folder, part, names);
        try {
            return Idx.read(file);
        } catch (AccessDeniedException e) {
            throw new Failure(file + ": permission denied");
        } catch (IOException e) {
            throw new Failure(folder + ": " + e.getMessage());
        }
    }

    /** The first file of one of these names. What is no file does not hide another spelling. */
    private static Path find(Path folder, String part, List<String> names) {
        Path other = null;
        for (String name : names)
            for (String ending : ENDINGS) {
                Path file = folder.resolve(part + name + ending);
                if (Files.exists(file) && !Files.isDirectory(file)) return file;
                if (other == null && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) other = file;
            }
        if (other != null)
            throw new Failure(other + (Files.exists(other) ? ": a directory, not a file" : ": a link to nothing"));
        throw new Failure(folder + ": neither " + part + names.get(0) + " nor " + part + names.get(1)
                + " is there, plain or with .gz");
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
        return new Digits(all.range(tests, all.size()), all.range(0, tests), shape);
    }

    /** The first training samples alone, all test samples. */
    Digits limit(int samples) {
        return new Digits(training.range(0, Math.min(samples, training.size())), test, shape);
    }
}
