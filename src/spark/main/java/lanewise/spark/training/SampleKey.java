package lanewise.spark.training;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A sample in an order that depends on the samples alone, not on partitions, files or the order in which they come: by a hash of
 * its bytes, so that neighbours have nothing in common, then by the bytes. Equal samples are equal in all.
 */
final class SampleKey implements Comparable<SampleKey>, Serializable {

    private static final long serialVersionUID = 1;

    private final long hash;
    private final byte[] sample;

    SampleKey(byte[] sample) {
        this.sample = sample;
        hash = hash(sample);
    }

    byte[] sample() {
        return sample;
    }

    long hash() {
        return hash;
    }

    /** The finalizer of SplitMix64 (Steele, Lea and Flood 2014) over words, chained. */
    private static long hash(byte[] bytes) {
        ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long hash = bytes.length;
        while (words.remaining() >= 8) hash = mix(hash ^ words.getLong());
        while (words.hasRemaining()) hash = mix(hash ^ words.get());
        return mix(hash);
    }

    private static long mix(long z) {
        z += 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    @Override
    public int compareTo(SampleKey other) {
        int order = Long.compare(hash, other.hash);
        return order != 0 ? order : Arrays.compare(sample, other.sample);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SampleKey that && hash == that.hash && Arrays.equals(sample, that.sample);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(hash);
    }
}
