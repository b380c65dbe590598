package lanewise.spark.training;

import java.io.Serializable;
import java.lang.ref.SoftReference;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import lanewise.train.Segment;
import lanewise.train.Step;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/** Those blocks of an epoch's batches that one partition has, each with its samples in the epoch's order. */
final class Shard implements Serializable {

    private static final long serialVersionUID = 1;

    private final HashMap<Integer, byte[][]> blocks = new HashMap<>();

    /** Samples of a block. */
    byte[][] samples(int block) {
        byte[][] samples = blocks.get(block);
        if (samples == null) throw new IllegalStateException("block " + block + " is not in this partition");
        return samples;
    }

    /**
     * How an epoch falls into blocks and partitions: the blocks of a batch lie in as many partitions as there are.
     *
     * @param samples of the epoch
     * @param batchSize rows of a batch
     * @param partitions number of them
     */
    record Layout(int samples, int batchSize, int partitions) implements Serializable {

        private int blocksOfBatch() {
            return (batchSize + Step.BLOCK - 1) / Step.BLOCK;
        }

        /** Number of the block that a position of the epoch lies in. */
        int block(int position) {
            return position / batchSize * blocksOfBatch() + position % batchSize / Step.BLOCK;
        }

        /** The first position of a block. */
        int first(int block) {
            return block / blocksOfBatch() * batchSize + block % blocksOfBatch() * Step.BLOCK;
        }

        int rows(int block) {
            int first = first(block), inBatch = first % batchSize;
            return Math.min(Math.min(Step.BLOCK, batchSize - inBatch), samples - first);
        }

        /** Rows of the batch that begins with a position. */
        int batchRows(int position) {
            return Math.min(batchSize, samples - position);
        }

        /** Blocks of the batch that begins with a position. */
        int blocks(int position) {
            return (batchRows(position) + Step.BLOCK - 1) / Step.BLOCK;
        }

        /** Steps from a position to the epoch's end. */
        int steps(int position) {
            return (samples - position + batchSize - 1) / batchSize;
        }

        /** Blocks that a partition has in so many epochs, about. */
        long blocksOfPartition(int epochs) {
            return (long) epochs * (block(samples - 1) + 1) / partitions;
        }

        int partition(int block) {
            return block % partitions;
        }
    }

    /** To the partition of the block that a position lies in. */
    private static final class ByBlock extends Partitioner {

        private static final long serialVersionUID = 1;

        private final Layout layout;

        ByBlock(Layout layout) {
            this.layout = layout;
        }

        @Override
        public int numPartitions() {
            return layout.partitions;
        }

        @Override
        public int getPartition(Object position) {
            return layout.partition(layout.block((Integer) position));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ByBlock that && layout.equals(that.layout);
        }

        @Override
        public int hashCode() {
            return layout.hashCode();
        }
    }

    /** The order of one epoch, where a sample's number tells its position; of this JVM, the one that was asked for last. */
    private static final class Positions {

        private static SoftReference<Positions> last = new SoftReference<>(null);

        private final long seed;
        private final int epoch;
        private final int[] positions;

        private Positions(long seed, int epoch, int samples) {
            this.seed = seed;
            this.epoch = epoch;
            positions = new int[samples];
            int[] order = Segment.order(seed, epoch, samples);
            for (int i = 0; i < samples; i++) positions[order[i]] = i;
        }

        static synchronized int[] of(long seed, int epoch, int samples) {
            Positions known = last.get();
            if (known == null || known.seed != seed || known.epoch != epoch || known.positions.length != samples)
                last = new SoftReference<>(known = new Positions(seed, epoch, samples));
            return known.positions;
        }
    }

    /**
     * Moves samples to where an epoch needs them, by one shuffle.
     *
     * @return a shard for each partition, in memory or on disks once it is there
     */
    static JavaRDD<Shard> ofEpoch(Samples samples, long seed, int epoch, Layout layout) {
        int size = samples.size();
        return samples.numbered()
                .mapPartitionsToPair(part -> {
                    int[] positions = Positions.of(seed, epoch, size);
                    return new Iterator<Tuple2<Integer, byte[]>>() {
                        @Override
                        public boolean hasNext() {
                            return part.hasNext();
                        }

                        @Override
                        public Tuple2<Integer, byte[]> next() {
                            Tuple2<SampleKey, Long> next = part.next();
                            return new Tuple2<>(positions[next._2.intValue()], next._1.sample());
                        }
                    };
                })
                .partitionBy(new ByBlock(layout))
                .mapPartitions(part -> List.of(of(part, layout)).iterator())
                .persist(StorageLevel.MEMORY_AND_DISK());
    }

    private static Shard of(Iterator<Tuple2<Integer, byte[]>> samples, Layout layout) {
        Shard shard = new Shard();
        int count = 0, expected = 0;
        for (; samples.hasNext(); count++) {
            Tuple2<Integer, byte[]> next = samples.next();
            int block = layout.block(next._1);
            shard.blocks
                    .computeIfAbsent(block, number -> new byte[layout.rows(number)][])[next._1 - layout.first(block)] = next._2;
        }
        for (byte[][] block : shard.blocks.values()) expected += block.length;
        if (count != expected)
            throw new IllegalStateException("a partition has " + count + " samples where " + expected
                    + " were numbered before; does the source give other rows when it is read again?");
        return shard;
    }
}
