package lanewise.bench.micro;

import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Loss;
import lanewise.train.Step;

/** Steps of training on made-up digits, batch after batch, over and over. */
final class Training {

    private final Dataset data;
    private final Step step;
    private final int batch;
    private final int[] order;
    private int from;
    private long number;

    /**
     * A training.
     *
     * @param network whose parameters change
     * @param zeros share of pixels that are zero
     * @param rule what happens to the parameters
     * @param batch samples a step
     */
    Training(Network network, double zeros, TrainingRule rule, int batch) {
        data = Digits.of(zeros).dataset();
        this.batch = batch;
        step = new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, rule.rule(), batch, 1, Workers.one());
        order = new int[Digits.SAMPLES / batch * batch];
        for (int i = 0; i < order.length; i++) order[i] = i;
        // So that the steps change over to the vector kernels during the warm-up, where none are forced.
        step.expect(Long.MAX_VALUE);
    }

    /** The steps. */
    Step step() {
        return step;
    }

    /** Loads the next batch and does a step on it; returns the sum of the losses. */
    double next(float rate) {
        step.load(data, order, from, batch);
        step.batch().begin(1, number++, from);
        from += batch;
        if (from == order.length) from = 0;
        return step.run(batch, rate);
    }
}
