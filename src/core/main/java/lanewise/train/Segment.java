package lanewise.train;

import java.util.List;
import lanewise.data.Dataset;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;

/**
 * The steps of an epoch that are to be done by {@link RemoteSamples}, one after the other, each in one of three ways:
 *
 * <pre>{@code
 * while (!segment.over())
 *     if (segment.whole()) segment.run(samples of segment.rows() positions from segment.position() on);
 *     else {
 *         BlockSum sum = segment.blocks();
 *         ... sum.add(block, gradient, losses) for each block, by any thread ...
 *         segment.update(sum);
 *     }
 * }</pre>
 *
 * or, for a while or up to the end, by others who have all of {@link #state} and give it back: {@link #done}.
 *
 * <p>One thread at a time, that of the training.
 */
public final class Segment {

    private final Epochs epochs;
    private final Step step;
    private final Batches batches;
    private boolean over;

    Segment(Epochs epochs, Step step, Batches batches) {
        this.epochs = epochs;
        this.step = step;
        this.batches = batches;
    }

    /**
     * Whether there is no step to do: the epoch has ended, or the training was stopped.
     *
     * @return true if {@link RemoteSamples#train} is to return
     */
    public boolean over() {
        return over;
    }

    /**
     * Number of the epoch.
     *
     * @return from 1
     */
    public int epoch() {
        return epochs.epoch();
    }

    /**
     * The training's seed.
     *
     * @return as the trainer was given it
     */
    public long seed() {
        return epochs.seed();
    }

    /**
     * The samples of this epoch in their order.
     *
     * @return for each position the number of a sample; a new array
     */
    public int[] order() {
        return order(seed(), epoch(), batches.size());
    }

    /**
     * The samples of an epoch in their order, as {@link Trainer#train(Dataset)} takes them.
     *
     * @param seed of the training
     * @param epoch from 1
     * @param samples their number
     * @return for each position the number of a sample; a new array
     */
    public static int[] order(long seed, int epoch, int samples) {
        int[] order = new int[samples];
        for (int i = 0; i < samples; i++) order[i] = i;
        new RandomSource(seed, epoch).shuffle(order);
        return order;
    }

    /**
     * Number of the coming step, for {@link lanewise.memory.Batch#begin}.
     *
     * @return from 0, over all epochs
     */
    public long step() {
        return epochs.number();
    }

    /**
     * Position in the epoch of the coming step's first row.
     *
     * @return from 0
     */
    public int position() {
        return epochs.position();
    }

    /**
     * Rows of the coming step's batch.
     *
     * @return at least 1
     */
    public int rows() {
        return batches.rowsFrom(position());
    }

    /**
     * Whether the coming step's batch is a single block, and so has to be done as a whole.
     *
     * @return true for {@link #run}, false for {@link #blocks} and {@link #update}
     */
    public boolean whole() {
        return !batches.rowwise() || rows() <= Step.BLOCK;
    }

    /**
     * Learning rates of the coming steps.
     *
     * @param steps how many, all in this epoch
     * @return one for each
     */
    public float[] rates(int steps) {
        float[] rates = new float[steps];
        for (int i = 0; i < steps; i++) rates[i] = epochs.rateAfter(i);
        return rates;
    }

    /**
     * All that a step changes, for steps that are done elsewhere: the parameters, what the optimizer remembers, and the average
     * if there is one, as {@link Step#state} has it there.
     *
     * @return laid out alike; to be written before {@link #done}
     */
    public List<Parameters> state() {
        return step.state();
    }

    /**
     * Does the coming step here.
     *
     * @param batch its samples in their order
     * @throws IllegalArgumentException if they are not {@link #rows}
     */
    public void run(Dataset batch) {
        int rows = rows();
        if (batch.size() != rows)
            throw new IllegalArgumentException(batch.size() + " samples for a batch of " + rows + " rows");
        int[] order = new int[rows];
        for (int i = 0; i < rows; i++) order[i] = i;
        step.load(batch, order, 0, rows);
        begin();
        finish(rows, step.run(rows, epochs.rate()), true);
    }

    private void begin() {
        step.batch().begin(seed(), step(), position());
    }

    /**
     * Begins the coming step, for those who compute its blocks.
     *
     * @return takes the blocks
     */
    public BlockSum blocks() {
        return new BlockSum(step, rows());
    }

    /**
     * Ends the coming step.
     *
     * @param sum of all its blocks
     * @throws IllegalStateException if a block is missing
     */
    public void update(BlockSum sum) {
        double loss = sum.loss();
        step.gradientIsSet(sum.rows());
        begin();
        step.update(epochs.rate());
        finish(sum.rows(), loss, true);
    }

    /**
     * Says that the coming steps were done elsewhere, and what came of them is in {@link #state}. A step whose loss is not finite
     * ends the training.
     *
     * @param losses the sum of the rows' losses of each step
     */
    public void done(double... losses) {
        for (int i = 0; i < losses.length; i++) {
            if (position() == batches.size())
                throw new IllegalArgumentException(losses.length + " steps were done, the epoch had " + i);
            // A listener may have stopped the training meanwhile; what was done counts nevertheless.
            finish(rows(), losses[i], i == losses.length - 1);
        }
    }

    private void finish(int rows, double loss, boolean settled) {
        over = !epochs.stepDone(rows, loss, settled) || position() == batches.size();
    }
}
