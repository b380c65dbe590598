package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.examples.Deformation.Deformer;
import lanewise.examples.MnistTest.Run;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images are deformed as the paper has it, by seed, epoch and sample alone. */
class AugmentationTest {

    private static final Deformation STRONG = new Deformation(40, 0.4, 0.5, 0.2, 0.15, 2);

    @TempDir
    private Path folder;

    private static byte[] noise(int count) {
        RandomSource random = new RandomSource(count);
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) bytes[i] = (byte) random.nextLong();
        return bytes;
    }

    /** The plainest form, in double: the Gaussian in two dimensions, each pixel's sum by itself. */
    private static double[] naive(Deformation most, RandomSource random, byte[] image, int width, int height) {
        double side = Math.max(width, height), angle = Math.toRadians(most.rotation() * (2 * random.uniform() - 1));
        double scaleX = 1 + most.scaling() * (2 * random.uniform() - 1),
                scaleY = 1 + most.scaling() * (2 * random.uniform() - 1),
                shear = most.shear() * (2 * random.uniform() - 1),
                shiftX = side * most.translation() * (2 * random.uniform() - 1),
                shiftY = side * most.translation() * (2 * random.uniform() - 1);
        double[][] noise = new double[2][width * height];
        if (most.alpha() > 0)
            for (double[] one : noise) for (int i = 0; i < one.length; i++) one[i] = 2 * random.uniform() - 1;
        double sigma = side * most.sigma();
        int reach = (int) Math.ceil(3 * sigma);
        double[] result = new double[width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                double[] moved = new double[2];
                double weights = 0;
                for (int j = -reach; j <= reach; j++)
                    for (int i = -reach; i <= reach; i++) {
                        double weight = reach == 0 ? 1 : Math.exp(-(i * i + j * j) / (2 * sigma * sigma));
                        int from = Math.floorMod(y + j, height) * width + Math.floorMod(x + i, width);
                        weights += weight;
                        for (int d = 0; d < 2; d++) moved[d] += weight * noise[d][from];
                    }
                double dx = x - (width - 1) / 2.0, dy = y - (height - 1) / 2.0;
                // A row is sheared, then turned, then scaled.
                double sx = dx + shear * dy;
                double[] source = {
                    (Math.cos(angle) * sx + Math.sin(angle) * dy) / scaleX,
                    (-Math.sin(angle) * sx + Math.cos(angle) * dy) / scaleY
                };
                double fromX = source[0] + (width - 1) / 2.0 + shiftX + side * most.alpha() * moved[0] / weights;
                double fromY = source[1] + (height - 1) / 2.0 + shiftY + side * most.alpha() * moved[1] / weights;
                for (int py = 0; py < height; py++)
                    for (int px = 0; px < width; px++)
                        result[y * width + x] += (image[py * width + px] & 255)
                                * Math.max(0, 1 - Math.abs(fromX - px))
                                * Math.max(0, 1 - Math.abs(fromY - py));
            }
        return result;
    }

    @Test
    void aPixelIsThatOfThePlainestForm() {
        int[][] sizes = {{28, 28}, {5, 4}, {4, 5}, {1, 1}, {1, 7}, {13, 1}, {31, 17}, {16, 33}};
        Deformation[] all = {
            Deformation.HANDWRITING,
            STRONG,
            new Deformation(30, 0, 0, 0, 0, 0),
            new Deformation(0, 0.5, 0, 0, 0, 0),
            new Deformation(0, 0, 0.9, 0, 0, 0),
            new Deformation(0, 0, 0, 0.3, 0, 0),
            new Deformation(0, 0, 0, 0, 0.1, 3),
            new Deformation(0, 0, 0, 0, 0, 0.1)
        };
        long changed = 0, pixels = 0;
        for (int[] size : sizes)
            for (Deformation most : all) {
                int count = size[0] * size[1];
                byte[] image = noise(count), to = new byte[count + 8], from = new byte[count + 3];
                System.arraycopy(image, 0, from, 3, count);
                Deformer deformer = new Deformer(most, size[0], size[1]);
                for (long seed = 1; seed <= 3; seed++) {
                    Arrays.fill(to, (byte) 77);
                    deformer.deform(new RandomSource(seed), from, 3, to, 4);
                    double[] expected = naive(most, new RandomSource(seed), image, size[0], size[1]);
                    for (int i = 0; i < count; i++) {
                        assertEquals(expected[i], to[4 + i] & 255, 0.51, most + " of " + Arrays.toString(size));
                        if (to[4 + i] != image[i]) changed++;
                        pixels++;
                    }
                    for (int i : new int[] {0, 1, 2, 3, count + 4, count + 7}) assertEquals(77, to[i]);
                }
                assertArrayEquals(image, Arrays.copyOfRange(from, 3, count + 3));
            }
        assertTrue(changed > 0.8 * pixels, changed + " of " + pixels + " pixels are others");
    }

    @Test
    void withoutDeformationAnImageStaysAsItIs() {
        byte[] image = noise(7 * 9), to = new byte[7 * 9];
        new Deformer(new Deformation(0, 0, 0, 0, 0.1, 0), 7, 9).deform(new RandomSource(1), image, 0, to, 0);
        assertArrayEquals(image, to);
    }

    private static Dataset samples(int count, int size) {
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++) labels[i] = (byte) (i % 10);
        return Dataset.ofBytes(size, noise(count * size), labels, 10);
    }

    private static Augmentation of(Dataset samples, long seed, Workers workers, int threads) {
        return new Augmentation(samples, STRONG, 5, seed, workers, threads);
    }

    @Test
    void imagesDependOnSeedEpochAndSampleAlone() {
        Dataset samples = samples(1021, 20);
        String original = samples.fingerprint();
        List<String> epochs = new ArrayList<>();
        try (Augmentation one = of(samples, 1, Workers.one(), 0)) {
            for (int epoch = 1; epoch <= 6; epoch++) {
                one.take(epoch, Workers.one());
                epochs.add(one.data().fingerprint());
                assertArrayEquals(samples.labels(), one.data().labels());
            }
        }
        assertEquals(6, epochs.stream().distinct().count());
        assertEquals(original, samples.fingerprint(), "the originals are left alone");
        for (int threads : new int[] {1, 2, 3, 7})
            for (int own : new int[] {0, 1, 2})
                try (Workers workers = Workers.of(threads);
                        Augmentation some = of(samples, 1, workers, own)) {
                    assertEquals(epochs.get(0), some.data().fingerprint(), "it begins with epoch 1");
                    for (int epoch : new int[] {4, 5, 6, 2, 2, 3, 1}) {
                        some.take(epoch, workers);
                        assertEquals(epochs.get(epoch - 1), some.data().fingerprint(), threads + ", " + own);
                    }
                }
        try (Augmentation other = of(samples, 2, Workers.one(), 0)) {
            assertNotEquals(epochs.get(0), other.data().fingerprint());
        }
    }

    @Test
    void equalImagesAreDeformedDifferently() {
        byte[] image = noise(20), two = new byte[40];
        for (int i = 0; i < 40; i++) two[i] = image[i % 20];
        Dataset samples = Dataset.ofBytes(20, two, new byte[2], 2);
        try (Augmentation some = of(samples, 1, Workers.one(), 0)) {
            float[] first = new float[20], second = new float[20];
            some.data().input(0, first, 0, 1f, 0f);
            some.data().input(1, second, 0, 1f, 0f);
            assertTrue(!Arrays.equals(first, second));
        }
    }

    @Test
    @Tag("bits")
    void theBytesAreTheSameEverywhere() {
        byte[] image = noise(784), to = new byte[784];
        CRC32C sum = new CRC32C();
        Deformer deformer = new Deformer(Deformation.HANDWRITING, 28, 28);
        for (int i = 0; i < 200; i++) {
            deformer.deform(new RandomSource(i), image, 0, to, 0);
            sum.update(to);
        }
        assertEquals("b692caa0", String.format("%08x", sum.getValue()));
    }

    private Run train(String options) {
        List<String> args = new ArrayList<>(List.of("mnist", "--data", folder.toString(), "--hidden", "17,16"));
        args.addAll(List.of(options.split(" ")));
        return Run.of(args.toArray(String[]::new));
    }

    @Test
    void aTrainingHasOneFingerprintWhateverTheThreads() throws IOException {
        MnistTest.smallDigits(folder);
        String options = "--epochs 4 --batch 8 --validation 0.2 --augment",
                expected = train(options).fingerprint();
        for (String threads : List.of("--threads 3", "--augment-threads 1", "--threads 2 --augment-threads 2"))
            assertEquals(expected, train(options + " " + threads).fingerprint(), threads);
        assertNotEquals(expected, train(options.replace(" --augment", "")).fingerprint());
        assertNotEquals(expected, train(options + " --seed 2").fingerprint());
    }

    @Test
    void aCheckpointOfOtherImagesIsRefused() throws IOException {
        MnistTest.smallDigits(folder);
        String checkpoints = " --checkpoint " + folder.resolve("checkpoints");
        String expected = train("--epochs 4 --augment").fingerprint();
        assertEquals(expected, train("--epochs 4 --augment" + checkpoints).fingerprint());
        Run run = train("--epochs 4 --resume" + checkpoints);
        assertEquals(1, run.status());
        assertTrue(run.err().contains("; data: 60 samples of 20 bytes"), run.err());
        Path last = folder.resolve("checkpoints/step-000000000240.checkpoint");
        assertTrue(Files.exists(last));
        Files.delete(last);
        assertEquals(
                expected, train("--epochs 4 --augment --resume" + checkpoints).fingerprint(), "from epoch 4 on");
    }

    @Test
    void imagesOfOtherTypesAreRefused() throws IOException {
        MnistTest.smallDigits(folder);
        for (String part : List.of("train", "t10k")) {
            Path file = folder.resolve(part + "-images-idx3-ubyte");
            byte[] pixels = Files.readAllBytes(file);
            int count = (pixels.length - 16) / 20;
            ByteBuffer floats = ByteBuffer.allocate(4 * 20 * count);
            for (int i = 16; i < pixels.length; i++) floats.putFloat((pixels[i] & 0xff) / 255f);
            MnistTest.idx(0x0d, file, floats.array(), count, 5, 4);
        }
        BadInputTest.assertRefused(1, train("--augment --quiet"), "--augment", "unsigned bytes");
        assertEquals(0, train("--quiet").status());
    }
}
