package lanewise.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import lanewise.Network;

/** Samples that lie elsewhere, as one block. */
final class RemoteSource implements Source {

    private final RemoteSamples samples;
    private final Batches batches;
    private final long seed;

    RemoteSource(Network network, RemoteSamples samples, int batchSize, long seed) {
        this.samples = samples;
        this.seed = seed;
        if (samples.size() < 1) throw new IllegalArgumentException("the data set has no samples");
        boolean rowwise = network.stack().rowwise();
        batches = new Batches(samples.size(), Math.min(batchSize, samples.size()), rowwise);
        if (!rowwise && (batches.rows() == 1 || batches.rows() > Step.BLOCK))
            throw new IllegalArgumentException(
                    "batches of " + batches.rows() + " rows, but a layer of this network (batch"
                            + " normalisation, say) needs the statistics of a whole batch, which must be in one place: 2 to "
                            + Step.BLOCK + " rows expected, or a layer normalisation in its place:\n" + network);
    }

    @Override
    public int size() {
        return batches.size();
    }

    @Override
    public long steps() {
        return batches.count();
    }

    @Override
    public int mostRows() {
        return batches.rowwise() ? Math.min(batches.rows(), Step.BLOCK) : batches.most();
    }

    @Override
    public int targetSize() {
        return samples.targetSize();
    }

    @Override
    public String fingerprint() {
        return samples.fingerprint();
    }

    @Override
    public long stepsBefore(int epoch, int position) {
        return batches.begins(position) ? batches.stepsTo(position) : -1;
    }

    /** The others look at their samples themselves. */
    @Override
    public void check(int epoch, int position) {}

    @Override
    public boolean run(Epochs epochs, Step step) {
        Segment segment = new Segment(epochs, step, batches);
        try {
            samples.train(segment);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        if (!segment.over())
            throw new IllegalStateException(
                    "epoch " + epochs.epoch() + " was left after " + epochs.position() + " of " + size() + " samples");
        return epochs.position() == size();
    }

    @Override
    public String remedy(int epoch, int position) {
        return "are inputs and targets scaled to about [-1, 1]? Otherwise a smaller learning rate may help";
    }

    @Override
    public void close() {}
}
