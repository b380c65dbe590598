package lanewise.spark.training;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import lanewise.data.Dataset;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * The samples of a training on a cluster, numbered in the order of {@link SampleKey}: the same number for the same sample, however
 * the rows are partitioned. They are kept in memory, or on disks where that is full.
 */
public final class Samples implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Samples.class);

    private final SampleCodec codec;
    private final JavaRDD<SampleKey> sorted;
    private final JavaPairRDD<SampleKey, Long> numbered;
    private final int size;
    private final double meanWeight;
    private final String fingerprint;

    /** By ranges of the hash, which are of about the same size: nothing need be sampled. */
    private static final class ByHash extends Partitioner {

        private static final long serialVersionUID = 1;

        private final int partitions;

        ByHash(int partitions) {
            this.partitions = partitions;
        }

        @Override
        public int numPartitions() {
            return partitions;
        }

        @Override
        public int getPartition(Object key) {
            // Signed longs in their order as unsigned ones, of which the upper half decides.
            long upper = (((SampleKey) key).hash() ^ Long.MIN_VALUE) >>> 32;
            return (int) (upper * partitions >>> 32);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ByHash that && partitions == that.partitions;
        }

        @Override
        public int hashCode() {
            return partitions;
        }
    }

    /**
     * Sorts and numbers samples.
     *
     * @param rows of three columns: the features, a Vector; the label, a double; the weight, a double
     * @param recipe what the features and labels have to fit
     * @param weighted whether the weights are to count
     * @param skip whether rows that are no samples are left out, not an error
     * @throws IllegalArgumentException if there is no sample
     */
    public Samples(JavaRDD<Row> rows, Recipe recipe, boolean weighted, boolean skip) {
        codec = new SampleCodec(recipe.inputs(), recipe.classes());
        JavaPairRDD<SampleKey, Boolean> keys = rows.mapPartitionsWithIndex(new Encode(codec, skip), true)
                .mapToPair(sample -> new Tuple2<>(new SampleKey(sample), true));
        sorted = keys.repartitionAndSortWithinPartitions(new ByHash(Math.max(1, rows.getNumPartitions())))
                .keys()
                .persist(StorageLevel.MEMORY_AND_DISK());
        long count = 0, hashes = 0;
        for (long[] part : sorted.mapPartitions(Samples::countAndHashes).collect()) {
            count += part[0];
            hashes += part[1];
        }
        // An epoch's order is an array.
        if (count < 1 || count > SampleCodec.MOST)
            throw new IllegalArgumentException(
                    count + " rows that are samples, 1 to " + SampleCodec.MOST + " expected");
        size = (int) count;
        numbered = sorted.zipWithIndex();
        meanWeight = weighted ? sumOfWeights() / size : 0;
        fingerprint = String.format("%d samples, %016x", size, hashes);
        LOG.info("{}, each of {} inputs", fingerprint, recipe.inputs());
    }

    /** Rows to bytes. */
    private record Encode(SampleCodec codec, boolean skip)
            implements org.apache.spark.api.java.function.Function2<Integer, Iterator<Row>, Iterator<byte[]>> {

        @Override
        public Iterator<byte[]> call(Integer partition, Iterator<Row> rows) {
            return new Encoded(codec, skip, partition, rows);
        }
    }

    /** One row after the other. */
    private static final class Encoded implements Iterator<byte[]> {

        private final SampleCodec codec;
        private final boolean skip;
        private final int partition;
        private final Iterator<Row> rows;
        private long number, skipped;
        private byte[] next;

        Encoded(SampleCodec codec, boolean skip, int partition, Iterator<Row> rows) {
            this.codec = codec;
            this.skip = skip;
            this.partition = partition;
            this.rows = rows;
        }

        @Override
        public boolean hasNext() {
            while (next == null && rows.hasNext()) {
                Row row = rows.next();
                number++;
                try {
                    next = codec.encode(
                            row.isNullAt(0) ? null : (Vector) row.get(0),
                            row.isNullAt(1) ? Double.NaN : row.getDouble(1),
                            row.isNullAt(2) ? Double.NaN : row.getDouble(2));
                } catch (IllegalArgumentException e) {
                    if (!skip)
                        throw new IllegalArgumentException(
                                "row " + number + " of partition " + partition + ": " + e.getMessage());
                    skipped++;
                }
            }
            if (next == null && skipped > 0) {
                LOG.warn("partition {}: {} of {} rows were skipped as they are no samples", partition, skipped, number);
                skipped = 0;
            }
            return next != null;
        }

        @Override
        public byte[] next() {
            if (!hasNext()) throw new java.util.NoSuchElementException();
            byte[] sample = next;
            next = null;
            return sample;
        }
    }

    private static Iterator<long[]> countAndHashes(Iterator<SampleKey> samples) {
        long count = 0, hashes = 0;
        for (; samples.hasNext(); count++) hashes += samples.next().hash();
        return List.of(new long[] {count, hashes}).iterator();
    }

    /** The sum in the samples' order, as a data set in memory has it. */
    private double sumOfWeights() {
        double sum = 0;
        Iterator<Float> weights =
                sorted.map(key -> SampleCodec.weight(key.sample())).toLocalIterator();
        while (weights.hasNext()) sum += weights.next();
        if (sum == 0) throw new IllegalArgumentException("all weights are zero, so there is nothing to train on");
        return sum;
    }

    /** All samples with their numbers, from 0. */
    JavaPairRDD<SampleKey, Long> numbered() {
        return numbered;
    }

    SampleCodec codec() {
        return codec;
    }

    double meanWeight() {
        return meanWeight;
    }

    public int size() {
        return size;
    }

    public String fingerprint() {
        return fingerprint;
    }

    /**
     * The samples in the driver's memory, in their order: a {@link lanewise.train.Trainer} in one process that is given these has
     * the same bits as the cluster.
     *
     * @return a new data set
     */
    public Dataset collect() {
        List<byte[]> all = new ArrayList<>();
        sorted.map(SampleKey::sample).toLocalIterator().forEachRemaining(all::add);
        Dataset data = codec.dataset(all.toArray(new byte[0][]), 0);
        if (meanWeight == 0) return data;
        float[] weights = new float[size];
        for (int i = 0; i < size; i++) weights[i] = SampleCodec.weight(all.get(i));
        return data.weighted(weights);
    }

    /** Gives the memory and disks back. */
    @Override
    public void close() {
        sorted.unpersist(false);
    }
}
