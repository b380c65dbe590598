package lanewise.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.data.SampleBlocks;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;

/**
 * The samples of each epoch in their order, block by block. Of several blocks the next one is read ahead by a daemon thread named
 * {@code lanewise-reader}, which lives as long as this; a single one is read by the caller.
 */
final class Supply implements Source {

    private final Network network;
    private final Loss loss;
    private final SampleBlocks blocks;
    private final int batchSize;
    private final long seed;

    private final int size;
    private final long steps;
    private final int mostRows;

    /** Blocks that were read before. */
    private final BitSet checked = new BitSet();

    private final ExecutorService reader;

    /** The block that is read ahead, −1 if none is. */
    private int coming = -1;

    private Future<Dataset> ahead;

    /** The part of an epoch that lies in one block. */
    private Part part;

    /** Takes what {@link Dataset#touch} returns. */
    private int unused;

    /** Samples in their order, the first of which is that of a number in the epoch; and how they fall into batches. */
    record Part(int epoch, int block, int first, Dataset data, int[] order, Batches batches) {}

    Supply(Network network, Loss loss, SampleBlocks blocks, int batchSize, long seed) {
        this.network = network;
        this.loss = loss;
        this.blocks = blocks;
        this.batchSize = batchSize;
        this.seed = seed;
        long samples = 0, batches = 0;
        int most = 0;
        for (int block = 0; block < blocks.blocks(); block++) {
            Batches each = batches(block);
            if (each.size() < 1) throw new IllegalArgumentException("block " + block + " has no samples");
            if (each.rows() == 1 && !each.rowwise())
                throw new IllegalArgumentException(
                        "batches of 1 row, but a layer of this network (batch normalisation, say)"
                                + " needs the statistics of several; batchSize(32) is usual:\n" + network);
            samples += each.size();
            batches += each.count();
            most = Math.max(most, each.most());
        }
        if (samples < 1 || samples > Integer.MAX_VALUE)
            throw new IllegalArgumentException(samples + " samples, 1 to " + Integer.MAX_VALUE + " expected");
        size = (int) samples;
        steps = batches;
        mostRows = most;
        reader = blocks.blocks() == 1
                ? null
                : Executors.newSingleThreadExecutor(work -> {
                    Thread thread = new Thread(null, work, "lanewise-reader", 0, false);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public int mostRows() {
        return mostRows;
    }

    @Override
    public int targetSize() {
        return blocks.targetSize();
    }

    @Override
    public String fingerprint() {
        return blocks.fingerprint();
    }

    @Override
    public void check(int epoch, int position) {
        part(epoch, position);
    }

    private Batches batches(int block) {
        int samples = blocks.size(block);
        return new Batches(
                samples, Math.min(batchSize, samples), network.stack().rowwise());
    }

    /** The blocks in an epoch's order. */
    private int[] order(int epoch) {
        int[] order = identity(blocks.blocks());
        if (order.length > 1) new RandomSource(seed, epoch).shuffle(order);
        return order;
    }

    private static int[] identity(int size) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) order[i] = i;
        return order;
    }

    @Override
    public long stepsBefore(int epoch, int position) {
        long steps = 0;
        int first = 0;
        for (int block : order(epoch)) {
            Batches batches = batches(block);
            int at = position - first;
            if (at < batches.size()) return batches.begins(at) ? steps + batches.stepsTo(at) : -1;
            steps += batches.count();
            first += batches.size();
        }
        return position == size ? steps : -1;
    }

    /** The part in which a sample of an epoch lies; null if this thread was interrupted while it waited. */
    Part part(int epoch, int position) {
        int[] order = order(epoch);
        int k = 0, first = 0;
        while (position >= first + blocks.size(order[k])) first += blocks.size(order[k++]);
        if (part != null && part.epoch == epoch && part.first == first) return part;
        int block = order[k];
        Dataset data = part != null && part.block == block ? part.data : take(block);
        if (data == null) return null;
        int[] samples = identity(data.size());
        new RandomSource(reader == null ? seed : new RandomSource(seed, 1 + block).nextLong(), epoch).shuffle(samples);
        part = new Part(epoch, block, first, data, samples, batches(block));
        if (reader != null) readAhead(k + 1 < order.length ? order[k + 1] : order(epoch + 1)[0]);
        return part;
    }

    @Override
    public boolean run(Epochs epochs, Step step) {
        Part part = part(epochs.epoch(), epochs.position());
        if (part == null) return false;
        Dataset data = part.data;
        int[] order = part.order;
        int size = data.size(), from = epochs.position() - part.first, touched = from;
        while (from < size) {
            int count = part.batches.rowsFrom(from);
            // Larger batches bring their own samples in.
            if (count < Step.TOUCHED && touched < Math.min(size, from + 2 * count)) {
                int first = Math.max(touched, from), to = Math.min(size, first + Step.TOUCHED);
                unused += data.touch(order, first, to);
                touched = to;
            }
            step.load(data, order, from, count);
            step.batch().begin(seed, epochs.number(), epochs.position());
            from += count;
            if (!epochs.stepDone(count, step.run(count, epochs.rate()))) return false;
        }
        return true;
    }

    @Override
    public String remedy(int epoch, int position) {
        Part part = part(epoch, position);
        return part == null ? "a smaller learning rate may help" : DataCheck.remedy(network, loss, part.data);
    }

    private void readAhead(int block) {
        if (block == part.block) return;
        coming = block;
        ahead = reader.submit(() -> read(block));
    }

    private Dataset take(int block) {
        if (reader == null) return read(block);
        if (coming != block) {
            coming = block;
            ahead = reader.submit(() -> read(block));
        }
        try {
            coming = -1;
            return ahead.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException thrown) throw thrown;
            if (e.getCause() instanceof Error thrown) throw thrown;
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Reads a block, and checks it the first time. */
    private Dataset read(int block) {
        String name = reader == null ? "" : "block " + block + ": ";
        try {
            Dataset data = blocks.read(block);
            if (data.size() != blocks.size(block))
                throw new IllegalArgumentException(data.size() + " samples, " + blocks.size(block) + " were announced");
            if (!checked.get(block)) DataCheck.check(network, loss, data);
            checked.set(block);
            return data;
        } catch (IOException e) {
            throw new UncheckedIOException(name + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw name.isEmpty() ? e : new IllegalArgumentException(name + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        if (reader != null) reader.shutdownNow();
    }
}
