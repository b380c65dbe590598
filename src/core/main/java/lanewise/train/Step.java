package lanewise.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Arithmetic;
import lanewise.layer.Changeover;
import lanewise.layer.Loss;
import lanewise.layer.RowDescent;
import lanewise.layer.Stack;
import lanewise.layer.Stages;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.optimizer.Optimizer;

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
 * descent without penalty, decay, clipping and average, on at most 256 rows, adds each row's term straight to the
 * parameters; everything else sums the gradient first, from +0.0. On single rows plain gradient descent lets some updates
 * wait: until {@link #finish} or {@link #close} not all parameters have their values, so neither read nor write them before.
 *
 * <p>Several {@link Workers} share a step if that makes it faster: rows in forward, loss and backward, parameters in their
 * gradient and update. Times decide, of steps on one thread and shared ones, which are compared again now and then; {@link
 * #sharing} tells. The bits are the same.
 *
 * <p>Steps run on the scalar kernels at first, and on the vector kernels once these are compiled ({@link Changeover}).
 *
 * <p>One thread at a time. Once made, a step allocates nothing, but for the gradient at the first call of
 * {@link #gradient()}, and for a while when it changes over.
 */
public final class Step implements AutoCloseable {

    /** Rows whose terms are summed in one chain. */
    public static final int BLOCK = 256;

    /** Rows that one worker does at least, and of which its rows are a multiple: several share each weight's load. */
    private static final int ROWS = 8;

    /** A step of fewer rows is done by one worker. */
    static final int FEWEST = 2 * ROWS;

    /** Samples that are brought into the cache at a time. */
    static final int TOUCHED = 16;

    /** Parts of the parameters' gradient for each worker, more than one so that who is done early helps the others. */
    private static final int PARTS = 2;

    /** Floats of the parameters that one worker clears, adds or updates at least. */
    private static final int PIECE = 4096;

    private final Stack stack;
    private final Parameters parameters;
    private final Loss loss;
    private final UpdateRule rule;
    private final Workers workers;
    private final Batch batch;
    private final Slice targets;
    private final RowDescent descent;
    private Changeover changeover;

    /** The gradient, and that of one block; made when first needed. */
    private Parameters gradient;

    private Parameters block;

    /** The optimizer's state, by matrix. */
    private final Slice[][] states;

    private final List<Parameters> state;

    /** The parameters' average, null if none is wanted, and the share of it that a step replaces. */
    private final Parameters average;

    private final float fresh;

    /** Parts of the parameters that an optimizer updates one by one; made with the gradient. */
    private Piece[] pieces;

    /** What a share of the update needs. */
    private record Piece(ParameterShape shape, Slice w, Slice g, Slice[] state, Slice average) {}

    /** The sum of squares of each matrix of the gradient, for its norm. */
    private final float[] squares;

    private final Stages stages;

    /** The rows' losses. */
    private final double[] losses;

    private final SharingDecision sharing;

    /** Whether the step under way is shared. */
    private boolean shared;

    private final Workers.Task rowsOfStage = this::rowsOfStage, shareOfGradient = this::shareOfGradient;
    private final Workers.Task shareOfUpdate = this::shareOfUpdate, shareOfNorm = this::shareOfNorm;
    private final Workers.Task clear = this::clear, addBlock = this::addBlock;
    private final Workers.Task loadRows = this::loadRows;

    /** Takes what {@link Dataset#touch} returns, of all workers. */
    private int unused;

    // Arguments of these tasks

    private int stage;
    private int firstRow;
    private int batchRows;
    private Parameters target;
    private float scale;
    private int from;
    private int to;
    private int parts;
    private float rate;

    /** What the gradient is multiplied by. */
    private float clipped = 1f;

    /** Steps to come, as far as that is known. */
    private long toCome;

    /** Rows of the gradient that waits for its {@link #update}; 0 if none does. */
    private int rows;

    /** The samples in the first rows of the batch, as {@link #load} brought them. */
    private int[] order;

    private Dataset data;
    private int firstSample;
    private int loaded;

    /** What the loaded rows' losses are multiplied by, if the data have weights. */
    private final float[] factors;

    private boolean weighted;

    /**
     * Steps of plain gradient descent, on the calling thread.
     *
     * @param network whose parameters change
     * @param loss what is made small
     * @param rows of the largest batch
     * @param targetColumns columns of a row of targets
     */
    public Step(Network network, Loss loss, int rows, int targetColumns) {
        this(network, loss, UpdateRule.SGD, rows, targetColumns, Workers.one());
    }

    /**
     * Steps.
     *
     * @param network whose parameters change
     * @param loss what is made small
     * @param rule what happens to the parameters in a step
     * @param rows of the largest batch
     * @param targetColumns columns of a row of targets
     * @param workers the threads that share a step where that makes it faster; not closed by this
     * @throws IllegalArgumentException if the loss does not fit the network or the targets, or rows is less than 1
     * @throws IllegalStateException if the workers are closed; so do steps that they would share, if they are closed later
     */
    public Step(Network network, Loss loss, UpdateRule rule, int rows, int targetColumns, Workers workers) {
        this(
                network,
                loss,
                rule,
                rows,
                targetColumns,
                workers,
                states(network, rule.optimizer()),
                null,
                0,
                new SharingDecision(workers.count(), FEWEST));
    }

    /** Steps that go on with an optimizer's state, and with an average of the parameters if that is not null. */
    Step(
            Network network,
            Loss loss,
            UpdateRule rule,
            int rows,
            int targetColumns,
            Workers workers,
            Parameters[] remembered,
            Parameters average,
            double decayOfAverage,
            SharingDecision sharing) {
        this.loss = Objects.requireNonNull(loss, "loss");
        this.rule = Objects.requireNonNull(rule, "rule");
        this.workers = Objects.requireNonNull(workers, "workers");
        if (workers.closed()) throw new IllegalStateException("these workers are closed; a step needs others");
        stack = network.stack();
        parameters = network.parameters();
        loss.check(stack);
        if (!loss.accepts(network.outputSize(), targetColumns))
            throw new IllegalArgumentException("targets of " + targetColumns + " values do not fit "
                    + network.outputSize() + " outputs with " + loss);
        batch = Batch.forTraining(stack, rows, workers.count());
        targets = Slice.allocate(rows, targetColumns);
        descent = new RowDescent(stack, parameters, batch);
        stages = new Stages(stack, parameters, batch, this::loss);
        losses = new double[rows];
        factors = new float[rows];
        squares = new float[parameters.size()];
        this.average = average;
        fresh = (float) (1 - decayOfAverage);
        this.sharing = sharing;
        boolean inPlace = inPlace(1);
        changeover = Changeover.ofTraining(
                stack, rows, inPlace, workers.count(), inPlace ? null : new UpdateRehearsal(rule, average != null));
        states = new Slice[parameters.size()][remembered.length];
        for (int s = 0; s < remembered.length; s++)
            for (int i = 0; i < states.length; i++) states[i][s] = remembered[s].get(i);
        List<Parameters> all = new ArrayList<>(List.of(remembered));
        all.add(0, parameters);
        if (average != null) all.add(average);
        state = List.copyOf(all);
        if (!inPlace) gradient();
        if (rows > BLOCK) block();
    }

    /** Zeros for an optimizer's state. */
    static Parameters[] states(Network network, Optimizer optimizer) {
        Parameters[] states = new Parameters[optimizer.states()];
        for (int s = 0; s < states.length; s++) states[s] = network.parameters().like();
        return states;
    }

    /**
     * All that a step changes: the network's parameters, what the optimizer remembers, and the average if there is one. Between
     * two steps, and after {@link #finish}, it may be copied, or be set to that of another step of the same network and rule,
     * which then goes on here with the same bits.
     *
     * @return laid out alike, always the same objects
     */
    public List<Parameters> state() {
        return state;
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
        if (gradient == null) {
            gradient = parameters.like();
            pieces = pieces();
        }
        return gradient;
    }

    /** All trained parameters: matrix by matrix for one thread, else some rows of a matrix at a time. */
    private Piece[] pieces() {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            ParameterShape shape = parameters.shapes().get(i);
            if (!shape.trained()) continue;
            Slice w = parameters.get(i);
            int rows = workers.count() == 1 ? w.rows() : Math.max(1, PIECE / w.stride());
            for (int from = 0; from < w.rows(); from += rows) {
                int count = Math.min(rows, w.rows() - from);
                Slice[] state = new Slice[states[i].length];
                for (int s = 0; s < state.length; s++) state[s] = rows(states[i][s], from, count);
                pieces.add(new Piece(
                        shape,
                        rows(w, from, count),
                        rows(gradient.get(i), from, count),
                        state,
                        average == null ? null : rows(average.get(i), from, count)));
            }
        }
        return pieces.toArray(new Piece[0]);
    }

    private static Slice rows(Slice all, int from, int count) {
        return count == all.rows() ? all : new Slice(all.array(), all.at(from), count, all.columns(), all.stride());
    }

    private Parameters block() {
        gradient();
        if (block == null) block = parameters.like();
        return block;
    }

    /**
     * Sets inputs and targets of a batch to samples of a data set, and weighs them as {@link Dataset#factor} says.
     *
     * @param data not modified
     * @param order numbers of samples
     * @param from index in order of the first
     * @param rows how many
     */
    public void load(Dataset data, int[] order, int from, int rows) {
        this.data = data;
        this.order = order;
        firstSample = from;
        loaded = 0;
        batchRows = rows;
        weighted = data.weighted();
        // As the step before: when there are threads at work, and misses of the cache to be shared.
        run(rows, ROWS, loadRows);
        loaded = rows;
    }

    private void loadRows(int worker, int from, int to) {
        for (int r = from; r < to; ) {
            int end = Math.min(to, r + TOUCHED);
            if (batchRows >= TOUCHED) unused += data.touch(order, firstSample + r, firstSample + end);
            for (; r < end; r++) {
                data.input(order[firstSample + r], batch, r);
                data.target(order[firstSample + r], targets, r);
                if (weighted) factors[r] = data.factor(order[firstSample + r]);
            }
        }
    }

    /**
     * Does a whole step.
     *
     * @param rows of the batch
     * @param rate the learning rate
     * @return sum of the rows' losses, each times its factor if the data have weights, before the update
     * @throws IllegalArgumentException if the loss or the first layer refuses a row, or the batch has not so many
     */
    public double run(int rows, float rate) {
        check(rows);
        this.rows = 0;
        changeover.begin(batch, toCome--);
        shared = sharing.begin(rows);
        double sum;
        if (!inPlace(rows)) {
            sum = sumGradient(rows);
            applyUpdate(rate);
        } else {
            if (rows == 1) {
                descent.forward();
                batchRows = 1;
                loss(0, 0, 1);
                sum = sumOfLosses(1);
                descent.backward();
                descent.update(-rate);
            } else {
                descent.finish();
                forwardAndBackward(rows);
                sum = sumOfLosses(rows);
                addGradient(parameters, 0, rows, -rate);
            }
            stack.updateRunningStatistics(batch.pass(), rows, parameters);
        }
        sharing.end();
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
        return rule.inPlace() && average == null && rows <= BLOCK;
    }

    /**
     * Does the first half of a step: forward, loss and backward, and sums {@link #gradient()}.
     *
     * @param rows of the batch
     * @return sum of the rows' losses, each times its factor if the data have weights
     * @throws IllegalArgumentException if the loss or the first layer refuses a row, or the batch has not so many
     */
    public double gradient(int rows) {
        check(rows);
        this.rows = 0;
        changeover.begin(batch, toCome--);
        shared = sharing.begin(rows);
        double sum = sumGradient(rows);
        sharing.end();
        changeover.end(rows);
        return sum;
    }

    /**
     * Sums the gradient of one block of a larger batch, whose other blocks are summed elsewhere: {@link #gradient()} has the
     * block's share of the gradient of the whole batch's mean loss afterwards, and {@link #losses} the rows' losses. The
     * block's rows are the batch's first ones, and {@link Batch#begin} is given the number of the block's first row. {@link
     * BlockSum} adds blocks up.
     *
     * @param rows of the block, at most {@link #BLOCK}
     * @param batchRows of the whole batch, at least as many
     * @throws IllegalArgumentException if the loss or the first layer refuses a row, or the numbers of rows do not fit
     * @throws IllegalStateException if a layer sees the whole batch at once, such as a batch normalisation
     */
    public void gradientOfBlock(int rows, int batchRows) {
        check(rows);
        if (rows > BLOCK || batchRows < rows)
            throw new IllegalArgumentException("a block of " + rows + " rows of a batch of " + batchRows + ", at most "
                    + BLOCK + " of at least as many expected");
        if (stages.count() > 1)
            throw new IllegalStateException("a layer of this network sees the whole batch at once (batch normalisation,"
                    + " say), so no block has a gradient of its own");
        this.rows = 0;
        changeover.begin(batch, toCome--);
        shared = sharing.begin(rows);
        descent.finish();
        this.batchRows = batchRows;
        stage(0, 0, rows);
        target = gradient();
        runOnArray(clear);
        addGradient(target, 0, rows, 1f);
        sharing.end();
        changeover.end(rows);
    }

    /**
     * Losses of the rows of the last step, each times its factor if the data have weights.
     *
     * @param rows how many of them, from the first
     * @return a copy
     */
    public double[] losses(int rows) {
        return Arrays.copyOf(losses, rows);
    }

    /**
     * Says that {@link #gradient()} has been set from outside, to the gradient of the mean loss of a batch, so that {@link
     * #update} may follow.
     *
     * @param rows of the batch, as many as there are anywhere; at least 1
     * @throws IllegalArgumentException if they are less
     */
    public void gradientIsSet(int rows) {
        if (rows < 1) throw new IllegalArgumentException("a batch of " + rows + " rows, at least 1 expected");
        descent.finish();
        this.rows = rows;
    }

    private double sumGradient(int rows) {
        descent.finish();
        // Block by block, if no layer sees the whole batch at once, a block's rows are still in the cache for its
        // gradient.
        boolean blockwise = stages.count() == 1;
        batchRows = rows;
        if (!blockwise) forwardAndBackward(rows);
        for (int from = 0; from < rows; from += BLOCK) {
            int to = Math.min(rows, from + BLOCK);
            if (blockwise) stage(0, from, to);
            target = from == 0 ? gradient() : block();
            runOnArray(clear);
            addGradient(target, from, to, 1f);
            if (from > 0) runOnArray(addBlock);
        }
        this.rows = rows;
        return sumOfLosses(rows);
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
        applyUpdate(rate);
    }

    private void applyUpdate(float rate) {
        this.rate = rate;
        if (rule.clipping().limitsNorm()) {
            run(squares.length, 1, shareOfNorm);
            double sum = 0;
            for (float square : squares) sum += square;
            double norm = Math.sqrt(sum);
            clipped = norm > rule.clipping().norm() ? (float) (rule.clipping().norm() / norm) : 1f;
        }
        run(pieces.length, 1, shareOfUpdate);
        stack.updateRunningStatistics(batch.pass(), rows, parameters);
        rows = 0;
    }

    private void forwardAndBackward(int rows) {
        batchRows = rows;
        for (int i = 0; i < stages.count(); i++) stage(i, 0, rows);
    }

    /** Does a stage for some rows, all of the batch if the stage is not rowwise. */
    private void stage(int stage, int from, int to) {
        this.stage = stage;
        firstRow = from;
        if (stages.rowwise(stage)) run(to - from, ROWS, rowsOfStage);
        else stages.run(stage, 0, from, to);
    }

    /** Has a task done, by the workers if this step is shared. */
    private void run(int items, int grain, Workers.Task task) {
        if (shared) workers.run(items, grain, task);
        else task.run(0, 0, items);
    }

    private void rowsOfStage(int worker, int from, int to) {
        stages.run(stage, worker, firstRow + from, firstRow + to);
    }

    /** Losses of some rows and their gradients. */
    private void loss(int worker, int from, int to) {
        int r = from;
        try {
            for (; r < to; r++) {
                losses[r] = loss.valueAndGradient(
                        batch.pass(worker), r, batchRows, batch.output(), targets, batch.dOutput());
                if (weighted && r < loaded) weigh(r);
            }
        } catch (IllegalArgumentException e) {
            // A loss of one's own that says so only now; the row of a batch would be of no use to those who have
            // samples.
            String place = r >= loaded ? "row " + r : "sample " + order[firstSample + r];
            throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
    }

    /** Multiplies a row's loss and gradient by its factor. */
    private void weigh(int row) {
        Slice d = batch.dOutput();
        int at = d.at(row);
        losses[row] *= factors[row];
        for (int c = 0; c < d.columns(); c++) d.array()[at + c] = Arithmetic.flush(factors[row] * d.array()[at + c]);
    }

    /** In double, by ascending row. */
    private double sumOfLosses(int rows) {
        double sum = 0;
        for (int r = 0; r < rows; r++) sum += losses[r];
        return sum;
    }

    private void addGradient(Parameters target, int from, int to, float scale) {
        this.target = target;
        this.from = from;
        this.to = to;
        this.scale = scale;
        parts = shared ? PARTS * workers.count() : 1;
        run(parts, 1, shareOfGradient);
    }

    private void shareOfGradient(int worker, int first, int end) {
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
                    parts);
    }

    /** Has something done to all floats of the target. */
    private void runOnArray(Workers.Task task) {
        run(target.to() - target.from(), PIECE, task);
    }

    private void clear(int worker, int from, int to) {
        Arrays.fill(target.array(), target.from() + from, target.from() + to, 0f);
    }

    /** gradient += block. */
    private void addBlock(int worker, int from, int to) {
        float[] g = gradient.array(), b = block.array();
        int go = gradient.from(), bo = block.from();
        for (int i = from; i < to; i++) g[go + i] += b[bo + i];
    }

    /** Adds the penalty to some matrices of the gradient and sums their squares. */
    private void shareOfNorm(int worker, int first, int end) {
        Pass pass = batch.pass(worker);
        for (int i = first; i < end; i++) {
            ParameterShape shape = parameters.shapes().get(i);
            if (!shape.trained()) continue;
            Slice g = gradient.get(i);
            if (rule.regularizer().covers(shape)) rule.regularizer().addPenalty(pass, g, parameters.get(i));
            squares[i] = pass.kernels().dot(g.array(), g.offset(), g.array(), g.offset(), g.rows() * g.stride());
        }
    }

    private void shareOfUpdate(int worker, int first, int end) {
        for (int i = first; i < end; i++) {
            Piece piece = pieces[i];
            rule.update(batch.pass(worker), piece.shape, piece.w, piece.g, piece.state, batch.step(), rate, clipped);
            if (average == null) continue;
            Slice w = piece.w, y = piece.average;
            batch.pass(worker)
                    .kernels()
                    .average(fresh, w.array(), w.offset(), y.array(), y.offset(), w.rows() * w.stride());
        }
    }

    /**
     * How the steps so far were shared.
     *
     * @return a new report
     */
    public Sharing sharing() {
        return sharing.report();
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
