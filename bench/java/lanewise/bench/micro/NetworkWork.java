package lanewise.bench.micro;

/**
 * The work of a network of dense layers for digits. Only weights and products count: not biases, activations, inputs and
 * outputs, nor the search for zeros.
 *
 * @param sizes of the input and of each layer
 * @param density share of the network's inputs that are not zero
 * @param rows samples in a batch
 */
record NetworkWork(int[] sizes, double density, int rows) {

    static NetworkWork ofDigits(double zeros, int rows, int... hidden) {
        int[] sizes = new int[hidden.length + 2];
        sizes[0] = Digits.PIXELS;
        System.arraycopy(hidden, 0, sizes, 1, hidden.length);
        sizes[sizes.length - 1] = Digits.CLASSES;
        return new NetworkWork(sizes, Digits.density(zeros), rows);
    }

    /** Weights of all layers. */
    private double weights() {
        double weights = 0;
        for (int i = 1; i < sizes.length; i++) weights += (double) sizes[i - 1] * sizes[i];
        return weights;
    }

    private double first() {
        return (double) sizes[0] * sizes[1];
    }

    /** Weights that have an input other than zero in a batch. */
    private double used() {
        return weights() - first() * Math.pow(1 - density, rows);
    }

    /** Multiply-adds of forward for one sample. */
    private double forward() {
        return weights() - first() * (1 - density);
    }

    /** Forward for each of the rows: the weights are read once for all of them. */
    Work prediction() {
        return new Work(2 * forward(), Float.BYTES * used() / rows, 0, 0, Float.BYTES * weights());
    }

    /**
     * One step: forward, the input's gradient but for the first layer's, and the weights' gradient.
     *
     * <p>The input's gradient reads the weights of all layers but the first. The update reads and writes what forward reads;
     * a step on one sample can do it on the way of the next forward, so then forward does not count. With an optimizer that
     * sums the gradient first, the gradient is written and read, and all weights and states are updated.
     *
     * @param states arrays of the optimizer's state; -1 for plain gradient descent, which needs no gradient of its own
     */
    Work step(int states) {
        double behind = weights() - first();
        double operations = 2 * rows * (2 * forward() + behind);
        double read = behind + (rows == 1 && states < 0 ? 0 : used());
        double arrays = states < 0 ? 1 : 2 + states;
        if (states < 0)
            return new Work(operations, Float.BYTES * read, 0, Float.BYTES * used(), Float.BYTES * arrays * weights());
        return new Work(
                operations,
                Float.BYTES * (read + weights()),
                Float.BYTES * weights(),
                Float.BYTES * (1 + states) * weights(),
                Float.BYTES * arrays * weights());
    }
}
