package lanewise.spark.training;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.memory.Parameters;
import lanewise.train.Step;
import lanewise.train.UpdateRule;

/**
 * Networks for steps and their gradients in this JVM, of the trainings that it took part in last: each task borrows one, so that it
 * is made and warmed up once.
 */
final class GradientWorkers {

    private static final int TRAININGS = 16;

    /** By training and rule, the least recent first; memory that is wanted for other things takes them away. */
    private static final Map<String, SoftReference<Deque<Worker>>> IDLE = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SoftReference<Deque<Worker>>> eldest) {
            return size() > TRAININGS;
        }
    };

    private GradientWorkers() {}

    /** A network and a step of one block. One thread at a time. */
    static final class Worker {

        private final UpdateRule rule;
        private final Network network;
        private final Step step;
        private final int[] order = new int[Step.BLOCK];

        private Worker(Recipe recipe, UpdateRule rule, long calls) {
            this.rule = rule;
            network = recipe.network();
            step = new Step(network, recipe.loss(), rule, Step.BLOCK, 1, Workers.one());
            step.expect(calls);
            for (int i = 0; i < order.length; i++) order[i] = i;
        }

        /** Sets all parameters, padding included. */
        void parameters(float[] values) {
            set(network.parameters(), values);
        }

        /** Sets all that a step changes, padding included, to what {@link GradientWorkers#state} gave. */
        void state(float[][] values) {
            GradientWorkers.state(step.state(), values);
        }

        /** A copy of all that a step changes, padding included. */
        float[][] state() {
            step.finish();
            return GradientWorkers.state(step.state());
        }

        /**
         * Computes a block's gradient.
         *
         * @param batchRows rows of the batch whose block it is
         * @param number of the step
         * @param first position of the block in its epoch
         */
        void compute(Dataset block, int batchRows, long seed, long number, int first) {
            step.load(block, order, 0, block.size());
            step.batch().begin(seed, number, first);
            step.gradientOfBlock(block.size(), batchRows);
        }

        /** The last block's gradient. */
        Parameters gradient() {
            return step.gradient();
        }

        /**
         * Does the second half of a step.
         *
         * @param gradient of the whole batch, padding included
         */
        void update(float[] gradient, int batchRows, long seed, long number, int first, float rate) {
            set(step.gradient(), gradient);
            step.gradientIsSet(batchRows);
            step.batch().begin(seed, number, first);
            step.update(rate);
        }

        /**
         * Does a step on a batch of a single block.
         *
         * @return the sum of the rows' losses
         */
        double run(Dataset batch, long seed, long number, int first, float rate) {
            step.load(batch, order, 0, batch.size());
            step.batch().begin(seed, number, first);
            return step.run(batch.size(), rate);
        }

        double[] losses(int rows) {
            return step.losses(rows);
        }

        /** As {@link Step#kernels}. */
        String kernels() {
            return step.kernels();
        }
    }

    /** Copies of all the floats, padding included. */
    static float[][] state(List<Parameters> all) {
        float[][] values = new float[all.size()][];
        for (int i = 0; i < values.length; i++) {
            Parameters each = all.get(i);
            values[i] = Arrays.copyOfRange(each.array(), each.from(), each.to());
        }
        return values;
    }

    /** Sets all the floats to what {@link #state(List)} gave. */
    static void state(List<Parameters> all, float[][] values) {
        if (all.size() != values.length)
            throw new IllegalArgumentException(values.length + " arrays for a state of " + all.size());
        for (int i = 0; i < values.length; i++) set(all.get(i), values[i]);
    }

    private static void set(Parameters all, float[] values) {
        if (values.length != all.to() - all.from())
            throw new IllegalArgumentException(values.length + " floats, " + (all.to() - all.from())
                    + " expected; are the versions of this library the same on all machines?");
        System.arraycopy(values, 0, all.array(), all.from(), values.length);
    }

    /**
     * Lends a worker.
     *
     * @param training by which those are known that did parts of it before; a rule has its own
     * @param rule what a step does with the gradient
     * @param calls of it to come, about so many
     */
    static Worker borrow(String training, Recipe recipe, UpdateRule rule, long calls) {
        synchronized (IDLE) {
            Deque<Worker> idle = idle(training + rule);
            if (idle != null && !idle.isEmpty()) return idle.pop();
        }
        return new Worker(recipe, rule, calls);
    }

    static void giveBack(String training, Worker worker) {
        synchronized (IDLE) {
            String key = training + worker.rule;
            Deque<Worker> idle = idle(key);
            if (idle == null) IDLE.put(key, new SoftReference<>(idle = new ArrayDeque<>()));
            idle.push(worker);
        }
    }

    private static Deque<Worker> idle(String key) {
        SoftReference<Deque<Worker>> reference = IDLE.get(key);
        return reference == null ? null : reference.get();
    }
}
