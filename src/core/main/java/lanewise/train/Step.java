package lanewise.train;

import java.util.Objects;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Changeover;
import lanewise.layer.Loss;
import lanewise.layer.RowDescent;
import lanewise.layer.Stack;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.Sgd;

/**
 * One step of training on one batch: forward, loss, backward, update. {@link Trainer}, benchmarks and checks all drive this
 * one.
 *
 * <pre>{@code
 * try (Step step = new Step(network, loss, 32, data.targetSize())) {
 *     for (long number = 0; ...; number++) {
 *         step.load(data, order, from, 32);
 *         step.batch().begin(seed, number, from);
 *         double sum = step.run(32, 0.1f);
 *     }
 * }
 * }</pre>
 *
 * <p>Sums over a batch follow the arithmetic contract (docs/contract.md): rows ascending, in blocks of 256. Plain gradient
 * descent without a penalty, on at most 256 rows, adds each row's term straight to the parameters; everything else sums the
 * gradient first, from +0.0. On single rows plain gradient descent lets some updates wait: until {@link #finish} or
 * {@link #close} not all parameters have their values, so neither read nor write them before.
 *
 * <p>Steps run on the scalar kernels at first, and on the vector kernels once these are compiled ({@link Changeover}).
 *
 * <p>One thread at a time. Once made, a step allocates nothing, but for the gradient at the first call of
 * {@link #gradient()}, and for a while when it changes over.
 */
public final class Step implements AutoCloseable {

    /** Rows whose terms are summed in one chain. */
    public static final int BLOCK = 256;

    private final Stack stack;
    private final Parameters parameters;
    private final Loss loss;
    private final Optimizer optimizer;
    private final Regularizer regularizer;
    private final Workers workers;
    private final Batch batch;
    private final Slice targets;
    private final RowDescent descent;
    private Changeover changeover;

    /** The gradient, and that of one block; made when first needed. */
    private Parameters gradient;

    private Parameters block;

    /** What the optimizer remembers, by matrix. */
    private final Slice[][] states;

    private final Workers.Task forward = this::forward, backward = this::backward;
    private final Workers.Task share = this::share;

    /** Arguments of {@link #share}. */
    private Parameters target;

    private float scale;
    private int from;
    private int to;

    /** Steps to come, as far as that is known. */
    private long toCome;

    /** Rows of the gradient that waits for its {@link #update}; 0 if none does. */
    private int rows;

    /** The samples in the first rows of the batch, as {@link #load} brought them. */
    private int[] order;

    private int firstSample;
    private int loaded;

    /**
     * Steps of plain gradient descent, on the calling thread.
     *
     * @param network whose parameters change
     * @param loss what is made small
     * @param rows of the largest batch
     * @param targetColumns columns of a row of targets
     */
    public Step(Network network, Loss loss, int rows, int targetColumns) {
        this(network, loss, new Sgd(), Regularizer.NONE, rows, targetColumns, Workers.one());
    }

    /**
     * Steps.
     *
     * @param network whose parameters change
     * @param loss what is made small
     * @param optimizer how parameters follow from their gradient
     * @param regularizer penalty on large weights
     * @param rows of the largest batch
     * @param targetColumns columns of a row of targets
     * @param workers who share the work; not closed by this
     * @throws IllegalArgumentException if the loss does not fit the network or the targets, or rows is less than 1
     */
    public Step(
            Network network,
            Loss loss,
            Optimizer optimizer,
            Regularizer regularizer,
            int rows,
            int targetColumns,
            Workers workers) {
        this(network, loss, optimizer, regularizer, rows, targetColumns, workers, states(network, optimizer));
    }

    /** Steps that go on with what the optimizer remembers. */
    Step(
            Network network,
            Loss loss,
            Optimizer optimizer,
            Regularizer regularizer,
            int rows,
            int targetColumns,
            Workers workers,
            Parameters[] remembered) {
        this.loss = Objects.requireNonNull(loss, "loss");
        this.optimizer = Objects.requireNonNull(optimizer, "optimizer");
        this.regularizer = Objects.requireNonNull(regularizer, "regularizer");
        this.workers = Objects.requireNonNull(workers, "workers");
        stack = network.stack();
        parameters = network.parameters();
        loss.check(stack);
        if (!loss.accepts(network.outputSize(), targetColumns))
            throw new IllegalArgumentException("targets of " + targetColumns + " values do not fit "
                    + network.outputSize() + " outputs with " + loss);
        batch = Batch.forTraining(stack, rows, workers.count());
        targets = Slice.allocate(rows, targetColumns);
        descent = new RowDescent(stack, parameters, batch);
        changeover = Changeover.ofTraining(stack, rows, inPlace(1), workers.count());
        states = new Slice[parameters.size()][remembered.length];
        for (int s = 0; s < remembered.length; s++)
            for (int i = 0; i < states.length; i++) states[i][s] = remembered[s].get(i);
        if (!inPlace(1)) gradient();
        if (rows > BLOCK) block();
    }

    /** Zeros for what an optimizer remembers of a network's parameters. */
    static Parameters[] states(Network network, Optimizer optimizer) {
        Parameters[] states = new Parameters[optimizer.states()];
        for (int s = 0; s < states.length; s++) states[s] = network.parameters().like();
        return states;
    }

    /**
     * The batch, whose rows of input are to be set before a step.
     *
     * @return always the same one
     */
    public Batch batch() {
        return batch;
    }

    /**
     * The targets, to be set before a step.
     *
     * @return rows × targetColumns, always the same matrix
     */
    public Slice targets() {
        return targets;
    }

    /**
     * The gradient of the mean loss that {@link #gradient(int)} has summed; after {@link #update} of no meaning.
     *
     * @return laid out like the network's parameters, always the same object
     */
    public Parameters gradient() {
        if (gradient == null) gradient = parameters.like();
        return gradient;
    }

    private Parameters block() {
        gradient();
        if (block == null) block = parameters.like();
        return block;
    }

    /**
     * Sets inputs and targets of a batch to samples of a data set.
     *
     * @param data not modified
     * @param order numbers of samples
     * @param from index in order of the first
     * @param rows how many
     */
    public void load(Dataset data, int[] order, int from, int rows) {
        for (int r = 0; r < rows; r++) {
            data.input(order[from + r], batch, r);
            data.target(order[from + r], targets, r);
        }
        this.order = order;
        firstSample = from;
        loaded = rows;
    }

    /**
     * Does a whole step.
     *
     * @param rows of the batch
     * @param rate the learning rate
     * @return sum of the rows' losses, before the update
     * @throws IllegalArgumentException if the loss or the first layer refuses a row, or the batch has not so many
     */
    public double run(int rows, float rate) {
        check(rows);
        this.rows = 0;
        if (!inPlace(rows)) {
            double sum = gradient(rows);
            update(rate);
            return sum;
        }
        changeover.begin(batch, toCome--);
        double sum;
        if (rows == 1) {
            descent.forward();
            sum = loss(1);
            descent.backward();
            descent.update(-rate);
        } else {
            descent.finish();
            sum = forwardAndBackward(rows);
            addGradient(parameters, 0, rows, -rate);
        }
        stack.updateRunningStatistics(batch.pass(), rows, parameters);
        changeover.end(rows);
        return sum;
    }

    /**
     * Says how many steps are to come, so that the change to the vector kernels begins early if it will pay. Whoever does not
     * say has it begin after some seconds.
     *
     * @param steps about so many
     */
    public void expect(long steps) {
        toCome = steps;
    }

    /** Whether a step of so many rows goes straight into the parameters. */
    private boolean inPlace(int rows) {
        return optimizer.inPlace() && regularizer.none() && rows <= BLOCK;
    }

    /**
     * Does the first half of a step: forward, loss and backward, and sums {@link #gradient()}.
     *
     * @param rows of the batch
     * @return sum of the rows' losses
     * @throws IllegalArgumentException if the loss or the first layer refuses a row, or the batch has not so many
     */
    public double gradient(int rows) {
        check(rows);
        this.rows = 0;
        changeover.begin(batch, toCome--);
        descent.finish();
        double sum = forwardAndBackward(rows);
        gradient().clear();
        addGradient(gradient, 0, Math.min(rows, BLOCK), 1f);
        for (int from = BLOCK; from < rows; from += BLOCK) {
            block().clear();
            addGradient(block, from, Math.min(rows, from + BLOCK), 1f);
            float[] g = gradient.array(), b = block.array();
            int go = gradient.from(), bo = block.from();
            for (int i = 0, n = gradient.to() - go; i < n; i++) g[go + i] += b[bo + i];
        }
        this.rows = rows;
        changeover.end(rows);
        return sum;
    }

    private void check(int rows) {
        if (rows < 1 || rows > batch.rows())
            throw new IllegalArgumentException(
                    "a step of " + rows + " rows, but its batch was made for 1 to " + batch.rows());
    }

    /**
     * Does the second half of a step, after {@link #gradient(int)}: the penalty, the optimizer, running statistics. The
     * optimizer is told the number of the step that {@link Batch#begin} was given.
     *
     * @param rate the learning rate
     * @throws IllegalStateException if there is no gradient that was not used yet
     */
    public void update(float rate) {
        if (rows == 0)
            throw new IllegalStateException("there is no gradient to update from; gradient(rows) must come before each"
                    + " update, and must not have failed");
        for (int i = 0; i < parameters.size(); i++) {
            ParameterShape shape = parameters.shapes().get(i);
            if (!shape.trained()) continue;
            Slice w = parameters.get(i), g = gradient.get(i);
            if (shape.role() == ParameterShape.Role.WEIGHTS) regularizer.addTo(g, w);
            optimizer.update(shape, w, g, states[i], batch.step(), rate);
        }
        stack.updateRunningStatistics(batch.pass(), rows, parameters);
        rows = 0;
    }

    private double forwardAndBackward(int rows) {
        workers.run(rows, forward);
        double sum = loss(rows);
        workers.run(rows, backward);
        return sum;
    }

    private void forward(int worker, int from, int to) {
        stack.forward(batch.pass(worker), from, to, parameters, batch.input(), batch.output());
    }

    private void backward(int worker, int from, int to) {
        stack.backward(batch.pass(worker), from, to, parameters, batch.input(), batch.output(), batch.dOutput(), null);
    }

    /** Losses and their gradients, summed in double by ascending row. */
    private double loss(int rows) {
        double sum = 0;
        int r = 0;
        try {
            for (; r < rows; r++)
                sum += loss.valueAndGradient(batch.pass(), r, rows, batch.output(), targets, batch.dOutput());
        } catch (IllegalArgumentException e) {
            // A loss of one's own that says so only now; the row of a batch would be of no use to those who have
            // samples.
            String place = r >= loaded ? "row " + r : "sample " + order[firstSample + r];
            throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
        return sum;
    }

    private void addGradient(Parameters target, int from, int to, float scale) {
        this.target = target;
        this.from = from;
        this.to = to;
        this.scale = scale;
        workers.run(workers.count(), share);
    }

    /** One share of the parameters' gradient. */
    private void share(int worker, int first, int end) {
        for (int part = first; part < end; part++)
            stack.parameterGradient(
                    batch.pass(worker),
                    from,
                    to,
                    batch.input(),
                    batch.output(),
                    batch.dOutput(),
                    scale,
                    target,
                    part,
                    workers.count());
    }

    /**
     * Which kernels the steps have run on: scalar ones at first, and vector kernels once these are compiled, if that pays.
     *
     * @return {@code vector kernels 256 bit from step 20481 on}, this step's first one being 1, or {@code scalar kernels,
     *     because …}
     */
    public String kernels() {
        return changeover.toString();
    }

    Changeover changeover() {
        return changeover;
    }

    /** Sets which steps run on which kernels. For tests. */
    void changeover(Changeover changeover) {
        this.changeover = changeover;
    }

    /** Does the updates that wait, so that all of the network's parameters have their values. */
    public void finish() {
        descent.finish();
    }

    /** As {@link #finish}. */
    @Override
    public void close() {
        finish();
    }
}
