package lanewise.data;

import java.io.IOException;

/**
 * Samples that come block by block, because all of them together do not fit into memory. A training goes through all blocks in
 * each epoch, in an order that seed and epoch decide, and through the samples of a block in such an order, too. Batches lie
 * within blocks, so a block's last batch may be smaller.
 *
 * <p>{@link #read} is called by one thread at a time, while another one uses blocks that were read before: those must not be
 * changed. Memory holds the block in use and the next one.
 */
public interface SampleBlocks {

    /**
     * Number of blocks.
     *
     * @return at least 1
     */
    int blocks();

    /**
     * Number of a block's samples.
     *
     * @param block from 0
     * @return at least 1
     */
    int size(int block);

    /**
     * Width of a target.
     *
     * @return 1 for class indices
     */
    int targetSize();

    /**
     * Reads a block. Weights of its samples count beside those of the same block.
     *
     * @param block from 0
     * @return its samples, always the same and in the same order
     * @throws IOException if they cannot be read
     */
    Dataset read(int block) throws IOException;

    /**
     * What a checkpoint knows these samples by.
     *
     * @return by default the number of blocks and of samples
     */
    default String fingerprint() {
        long samples = 0;
        for (int block = 0; block < blocks(); block++) samples += size(block);
        return samples + " samples in " + blocks() + " blocks";
    }

    /**
     * Blocks of a data set that is in memory: a training with them has the bits of one that reads the same blocks from elsewhere.
     *
     * @param data not modified
     * @param samples of a block; the last one may have fewer
     * @return consecutive parts of the data set
     * @throws IllegalArgumentException if samples is less than 1, or there are none in the data set
     */
    static SampleBlocks of(Dataset data, int samples) {
        if (samples < 1 || data.size() == 0)
            throw new IllegalArgumentException(
                    "blocks of " + samples + " samples of " + data.size() + ", at least 1 expected");
        return new SampleBlocks() {
            @Override
            public int blocks() {
                return (int) (((long) data.size() + samples - 1) / samples);
            }

            @Override
            public int size(int block) {
                return Math.min(samples, data.size() - block * samples);
            }

            @Override
            public int targetSize() {
                return data.targetSize();
            }

            @Override
            public Dataset read(int block) {
                return size(block) == data.size() ? data : data.range(block * samples, block * samples + size(block));
            }

            @Override
            public String fingerprint() {
                return data.fingerprint() + (size(0) == data.size() ? "" : ", in blocks of " + samples);
            }
        };
    }
}
