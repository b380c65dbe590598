package lanewise.examples;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.examples.Deformation.Deformer;
import lanewise.layer.RandomSource;

/**
 * A data set whose images are deformed anew in each epoch, in place. An image depends on the seed, the epoch and the sample's
 * number alone, on no thread, so a training that goes on from a checkpoint sees the images that it would have seen.
 *
 * <p>It begins with the images of epoch 1. So data sets that are deformed by other settings have other fingerprints, and a
 * checkpoint of one is no checkpoint of another.
 *
 * <p>For one thread, a training's, which calls {@link #take} between epochs. With threads of its own the next epoch's images
 * are made meanwhile, in a second array.
 */
final class Augmentation implements AutoCloseable {

    private static final int GRAIN = 64;

    private final Deformation most;
    private final int width;
    private final int height;
    private final long seed;
    private final byte[] originals;
    private final byte[] images;
    private final Dataset data;

    /** The threads of its own and what they fill; null if there are none. */
    private final Workers own;

    private final ExecutorService thread;
    private final byte[] ahead;

    /** The epoch whose images the data set has. */
    private int taken;

    /** The epoch that is made ahead or has been, and the end of that; 0 and null before. */
    private int next;

    private CompletableFuture<Void> making;
    private volatile boolean closed;

    /**
     * Makes the images of epoch 1.
     *
     * @param samples of bytes, with labels; not modified
     * @param most how far they are deformed
     * @param width of an image
     * @param seed decides how they are deformed
     * @param workers do it
     * @param threads of its own, which work ahead; 0 for none
     */
    Augmentation(Dataset samples, Deformation most, int width, long seed, Workers workers, int threads) {
        this.most = most;
        this.width = width;
        this.seed = seed;
        height = samples.inputSize() / width;
        originals = bytes(samples);
        images = new byte[originals.length];
        byte[] labels = new byte[samples.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = (byte) samples.label(i);
        data = Dataset.ofBytes(samples.inputSize(), images, labels, samples.classes());
        boolean alone = threads == 0;
        own = alone ? null : Workers.of(threads);
        thread = alone ? null : Executors.newSingleThreadExecutor(work -> new Thread(work, "augmentation"));
        ahead = alone ? null : new byte[originals.length];
        make(1, images, workers);
        taken = 1;
    }

    /** The bytes that became floats. */
    private static byte[] bytes(Dataset samples) {
        int size = samples.inputSize();
        byte[] all = new byte[Math.multiplyExact(samples.size(), size)];
        float[] values = new float[size];
        for (int i = 0; i < samples.size(); i++) {
            samples.input(i, values, 0, 1f, 0f);
            for (int p = 0; p < size; p++) all[i * size + p] = (byte) (int) values[p];
        }
        return all;
    }

    /** The deformed samples: those of the epoch that was taken last. */
    Dataset data() {
        return data;
    }

    /**
     * Fills the data set with an epoch's images.
     *
     * @param epoch from 1
     * @param workers make them, if the threads of its own have not
     */
    void take(int epoch, Workers workers) {
        if (epoch != taken) {
            if (making != null) making.join();
            if (own != null && next == epoch) System.arraycopy(ahead, 0, images, 0, images.length);
            else make(epoch, images, workers);
            taken = epoch;
        }
        if (own == null || next == epoch + 1) return;
        next = epoch + 1;
        making = CompletableFuture.runAsync(() -> make(epoch + 1, ahead, own), thread);
    }

    private void make(int epoch, byte[] to, Workers workers) {
        int size = width * height;
        long epochSeed = new RandomSource(seed, epoch).nextLong();
        workers.run(originals.length / size, GRAIN, (worker, first, end) -> {
            Deformer deformer = new Deformer(most, width, height);
            for (int i = first; i < end && !closed; i++)
                deformer.deform(new RandomSource(epochSeed, i), originals, i * size, to, i * size);
        });
    }

    /** Ends the threads of its own. */
    @Override
    public void close() {
        closed = true;
        if (own == null) return;
        if (making != null) making.join();
        thread.shutdown();
        own.close();
    }
}
