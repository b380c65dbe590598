package lanewise.train;

import java.util.HashMap;
import java.util.Map;

/**
 * The gradient of a batch whose blocks of {@link Step#BLOCK} rows were summed elsewhere ({@link Step#gradientOfBlock}): blocks
 * arrive in whatever order, from whomever, and are added in the order of their numbers, as soon as those before are there. So
 * the bits are those of {@link Step#gradient(int)}. A block that arrives once more, from a repeated computation, is ignored.
 *
 * <p>Any number of threads at a time. Those blocks are held that arrived before their turn.
 */
public final class BlockSum {

    private record Block(float[] gradient, double[] losses) {}

    private final float[] sum;
    private final int from, length, rows, blocks;
    private final Map<Integer, Block> waiting = new HashMap<>();
    private int next, mostWaiting;
    private double loss;

    /** Into the gradient of a step, which nobody else uses meanwhile. */
    BlockSum(Step step, int rows) {
        sum = step.gradient().array();
        from = step.gradient().from();
        length = step.gradient().to() - from;
        this.rows = rows;
        blocks = (rows + Step.BLOCK - 1) / Step.BLOCK;
    }

    /**
     * Number of the batch's blocks.
     *
     * @return at least 1
     */
    public int blocks() {
        return blocks;
    }

    /**
     * Rows of a block.
     *
     * @param block from 0
     * @return {@link Step#BLOCK}, of the last one maybe fewer
     */
    public int rows(int block) {
        return Math.min(Step.BLOCK, rows - block * Step.BLOCK);
    }

    /**
     * Adds a block.
     *
     * @param block its number, from 0
     * @param gradient the floats of {@link Step#gradient()} from {@code from} to {@code to}, padding included; kept until they
     *     are added
     * @param losses of its rows, as {@link Step#losses} gives them; kept likewise
     * @throws IllegalArgumentException if there is no such block, or the arrays have another length
     */
    public synchronized void add(int block, float[] gradient, double[] losses) {
        if (block < 0 || block >= blocks)
            throw new IllegalArgumentException("block " + block + " of a batch of " + blocks + " blocks");
        if (gradient.length != length || losses.length != rows(block))
            throw new IllegalArgumentException("block " + block + " has " + gradient.length + " floats and "
                    + losses.length + " losses, " + length + " and " + rows(block) + " expected");
        if (block < next) return;
        waiting.putIfAbsent(block, new Block(gradient, losses));
        mostWaiting = Math.max(mostWaiting, waiting.size());
        for (Block come; (come = waiting.remove(next)) != null; next++) {
            if (next == 0) System.arraycopy(come.gradient, 0, sum, from, length);
            else for (int i = 0; i < length; i++) sum[from + i] += come.gradient[i];
            for (double each : come.losses) loss += each;
        }
    }

    /**
     * Whether all blocks have been added.
     *
     * @return true if no more is to come
     */
    public synchronized boolean complete() {
        return next == blocks;
    }

    /**
     * Number of blocks that were held at a time at most.
     *
     * @return 1 if all arrived in their order
     */
    public synchronized int mostHeld() {
        return mostWaiting;
    }

    /** The sum of the rows' losses. */
    synchronized double loss() {
        if (next < blocks) throw new IllegalStateException("block " + next + " of " + blocks + " has not been added");
        return loss;
    }

    int rows() {
        return rows;
    }
}
