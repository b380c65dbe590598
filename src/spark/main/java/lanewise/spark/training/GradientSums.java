package lanewise.spark.training;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * The sums of gradients over all tasks, in the order of blocks. Each task owns a slice of the parameters: the tasks send it the
 * slices of their blocks' gradients, it adds those of block 0, 1, 2 and so on as they come, and sends the sum to all. So every sum
 * has the bits of {@link lanewise.train.BlockSum}, no task has more to do than another, and none holds the gradients of many
 * blocks. Batches of a single block are no sums: the task that has their samples sends them to all.
 *
 * <p>A thread of its own receives and adds, in the order of steps, while the task computes. All tasks receive in the same order
 * and send in that order, so none can wait for one that waits for it. The thread ends with its steps, or with the connections.
 */
final class GradientSums {

    /** In place of a block's number, in frames that have a summed slice. */
    private static final int SUM = -1;

    /** Sums, or batches, that have come before the task is there. */
    private static final int AHEAD = 2;

    private final Peers peers;
    private final Shard.Layout layout;
    private final int length, position, steps;
    private final int self;
    private final BlockingQueue<Slice> own = new ArrayBlockingQueue<>(AHEAD);
    private final BlockingQueue<Sum> sums = new ArrayBlockingQueue<>(AHEAD);
    private final BlockingQueue<byte[][]> batches = new ArrayBlockingQueue<>(AHEAD);
    private final BlockingQueue<long[]> ends = new ArrayBlockingQueue<>(1);
    private final BlockingQueue<float[]> free = new ArrayBlockingQueue<>(AHEAD);

    // Of the receiving thread
    private final float[] slice, scratch;

    /** This task's slice of a block's gradient, and the losses of the block's rows. */
    private record Slice(int block, float[] values, double[] losses) {

        static final Slice NO_MORE = new Slice(-1, null, null);
    }

    /**
     * The gradient of a batch.
     *
     * @param gradient of all parameters, padding included; to be given back by {@link GradientSums#giveBack}
     * @param loss the sum of the rows' losses
     */
    record Sum(float[] gradient, double loss) {}

    /**
     * Begins to receive.
     *
     * @param length floats of the parameters, padding included
     * @param position of the first step's first row in its epoch
     * @param steps that will be done
     */
    GradientSums(Peers peers, Shard.Layout layout, int length, int position, int steps) {
        this.peers = peers;
        this.layout = layout;
        this.length = length;
        this.position = position;
        this.steps = steps;
        self = peers.self();
        slice = new float[from(self + 1) - from(self)];
        scratch = new float[slice.length];
        for (int i = 0; i < AHEAD; i++) free.add(new float[length]);
        Thread receiver = new Thread(this::receive, "lanewise sums of task " + self);
        receiver.setDaemon(true);
        receiver.start();
    }

    /** The first float of a task's slice. */
    private int from(int task) {
        return (int) ((long) length * task / peers.count());
    }

    private void receive() {
        try {
            boolean on = true;
            for (int step = 0, at = position; on && step < steps; at += layout.batchRows(at), step++) {
                int first = layout.block(at), owner = layout.partition(first);
                if (layout.blocks(at) > 1) on = sum(step, first, layout.blocks(at));
                else if (owner != self) {
                    ByteBuffer frame = peers.receive(owner, step, first);
                    on = frame != null;
                    if (on) peers.put(batches, samples(frame));
                }
            }
            long[] checks = new long[peers.count()];
            for (int peer = 0; peer < checks.length; peer++)
                if (peer != self) checks[peer] = peers.end(peer).getLong();
            peers.put(ends, checks);
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            peers.fail(e);
        }
    }

    /** Sums a step. Returns whether that was done: not if a task has ended before, as all tasks will then. */
    private boolean sum(int step, int first, int count) throws IOException, InterruptedException {
        double loss = 0;
        for (int block = first; block < first + count; block++) {
            int task = layout.partition(block);
            if (task == self) {
                Slice mine = peers.take(own);
                if (mine == Slice.NO_MORE) return false;
                if (mine.block != block)
                    throw new IllegalStateException("block " + mine.block + " came in place of " + block);
                add(mine.values, block == first);
                for (double each : mine.losses) loss += each;
            } else {
                ByteBuffer frame = peers.receive(task, step, block);
                if (frame == null) return false;
                for (int r = layout.rows(block); r > 0; r--) loss += frame.getDouble();
                floats(frame, scratch, 0, slice.length);
                add(scratch, block == first);
            }
        }
        for (int peer = 0; peer < peers.count(); peer++)
            if (peer != self) {
                ByteBuffer frame = peers.frame(peer, step, SUM, Float.BYTES * slice.length);
                put(frame, slice, 0, slice.length);
                peers.send(peer, frame);
            }
        float[] all = peers.take(free);
        System.arraycopy(slice, 0, all, from(self), slice.length);
        for (int peer = 0; peer < peers.count(); peer++)
            if (peer != self) {
                ByteBuffer frame = peers.receive(peer, step, SUM);
                if (frame == null) throw new IOException("task " + peer + " has ended in the middle of a step");
                floats(frame, all, from(peer), from(peer + 1) - from(peer));
            }
        peers.put(sums, new Sum(all, loss));
        return true;
    }

    private void add(float[] block, boolean first) {
        if (first) System.arraycopy(block, 0, slice, 0, slice.length);
        else for (int i = 0; i < slice.length; i++) slice[i] += block[i];
    }

    private static void put(ByteBuffer frame, float[] values, int from, int count) {
        frame.asFloatBuffer().put(values, from, count);
        frame.position(frame.position() + count * Float.BYTES);
    }

    private static void floats(ByteBuffer frame, float[] values, int from, int count) throws IOException {
        if (frame.remaining() != count * Float.BYTES)
            throw new IOException(frame.remaining() + " bytes came for " + count + " floats");
        frame.asFloatBuffer().get(values, from, count);
    }

    /**
     * Gives the gradient of one of this task's blocks, after those with smaller numbers.
     *
     * @param step from 0, of this job
     * @param gradient of all parameters, from an index on; copied
     * @param losses of the block's rows
     */
    void add(int step, int block, float[] gradient, int at, double[] losses) throws IOException, InterruptedException {
        for (int i = 1; i < peers.count(); i++) {
            int peer = (self + i) % peers.count(), count = from(peer + 1) - from(peer);
            ByteBuffer frame = peers.frame(peer, step, block, Double.BYTES * losses.length + Float.BYTES * count);
            for (double each : losses) frame.putDouble(each);
            put(frame, gradient, at + from(peer), count);
            peers.send(peer, frame);
        }
        float[] mine = Arrays.copyOfRange(gradient, at + from(self), at + from(self + 1));
        peers.put(own, new Slice(block, mine, losses));
    }

    /** Waits for the gradient of a batch. */
    Sum sum() throws IOException, InterruptedException {
        return peers.take(sums);
    }

    /** Gives a sum's array back. */
    void giveBack(Sum sum) {
        free.add(sum.gradient);
    }

    /** Sends the samples of a batch to all others. */
    void send(int step, int block, byte[][] samples) throws IOException, InterruptedException {
        int bytes = 0;
        for (byte[] sample : samples) bytes = Math.addExact(bytes, Integer.BYTES + sample.length);
        for (int peer = 0; peer < peers.count(); peer++) {
            if (peer == self) continue;
            ByteBuffer frame = peers.frame(peer, step, block, bytes);
            for (byte[] sample : samples) frame.putInt(sample.length).put(sample);
            peers.send(peer, frame);
        }
    }

    private static byte[][] samples(ByteBuffer frame) {
        List<byte[]> all = new ArrayList<>();
        while (frame.hasRemaining()) {
            byte[] sample = new byte[frame.getInt()];
            frame.get(sample);
            all.add(sample);
        }
        return all.toArray(new byte[0][]);
    }

    /**
     * Ends, maybe before all steps are done: after the same step as all other tasks.
     *
     * @param check a checksum of what this task has
     * @return those of all other tasks, which have ended too; the own one is 0
     */
    long[] end(long check) throws IOException, InterruptedException {
        own.offer(Slice.NO_MORE);
        for (int peer = 0; peer < peers.count(); peer++)
            if (peer != self) {
                ByteBuffer frame = peers.frame(peer, 0, Peers.END_OF_TASK, Long.BYTES);
                peers.send(peer, frame.putLong(check));
            }
        return peers.take(ends);
    }

    /** Waits for the samples of a batch that another task has. */
    byte[][] samples() throws IOException, InterruptedException {
        return peers.take(batches);
    }
}
