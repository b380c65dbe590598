package lanewise.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * A gradient check: compares a gradient with numeric derivatives, under a computed bound of the error, and tries the
 * rules of a layer's contract.
 *
 * <pre>{@code
 * GradientCheck.of(new MyLayer(17, 5)).run().assertCorrect();
 * }</pre>
 *
 * <p>The output is projected in double precision on a random vector; each parameter and input is moved up and down, and
 * the central differences are extrapolated to step zero ({@code docs/gradient-checking.md} has the formulas). The bound
 * of an entry is the sum of the extrapolation's own error estimate, the measured rounding noise of the forward pass and
 * of the gradient, and the floor below which gradients are stored as zero. An entry that seems wrong is looked at again
 * at points nearby before it counts. Kinks are recognised, skipped and counted.
 *
 * <p>Settings are immutable: each method returns a copy. A run uses the caller's thread, and a second one for some milliseconds to
 * see whether two may call the layer at once; it leaves what it checks unchanged.
 */
public final class GradientCheck {

    /**
     * The progress of a run.
     *
     * @param variable name of the parameter or input that is being compared
     * @param done entries compared so far
     * @param total entries of this run
     */
    public record Progress(String variable, long done, long total) {}

    /** How much a run tries, and how long it takes. */
    public enum Depth {
        /** While one writes: the default. */
        QUICK(3, 1, 32),
        /** In the tests of a project: what the contracts of the testkit use. */
        STANDARD(4, 2, 128),
        /** Before a release, or when a training does not learn and nobody knows why. */
        THOROUGH(10, 8, 256);

        /** Usual random points. */
        final int usual;

        /** Points of each {@link Probe}. */
        final int probed;

        /** Entries of a variable that are compared one by one at all points but the first. */
        final int coordinates;

        Depth(int usual, int probed, int coordinates) {
            this.usual = usual;
            this.probed = probed;
            this.coordinates = coordinates;
        }
    }

    /** A kind of layer in all its sizes. */
    @FunctionalInterface
    public interface LayerOfSize {

        /**
         * A layer of this kind.
         *
         * @param inputs width of its input
         * @param outputs width of its output; of no meaning to a layer whose output is as wide as its input
         * @return a new layer of these sizes, or of the nearest that this kind can have
         */
        Layer layer(int inputs, int outputs);
    }

    /** The check of one size. */
    private interface BySize {
        GradientCheck of(int inputs, int outputs);
    }

    /** A point of the user's own; a null component is drawn. */
    record Point(float[] parameters, float[] input, float[] targets) {}

    final String subject;
    final Layer layer;
    final Loss loss;
    final String inputName;
    final float[] networkParameters;
    List<Point> own = List.of();
    Reference reference;

    /** Whether the reference has another function than forward on purpose. */
    boolean surrogate;

    /** Names of variables whose gradient is another one on purpose. */
    Set<String> different = Set.of();

    /** What makes checks of other sizes; null if there is one size. */
    private final BySize bySize;

    Depth depth = Depth.QUICK;
    long seed = 1;
    int rows;
    private boolean rowsSet;

    /** Usual random points, and no others; null for the points of the depth. */
    Integer points;

    int coordinates = 256;
    BiConsumer<Parameters, RandomSource> parameters;
    BiConsumer<Slice, RandomSource> inputs;
    BiConsumer<Slice, RandomSource> targets;
    Integer targetColumns;
    Duration budget;
    Consumer<Progress> listener = progress -> {};

    private GradientCheck(String subject, Layer layer, Loss loss, String inputName, float[] networkParameters) {
        this(subject, layer, loss, inputName, networkParameters, null);
    }

    private GradientCheck(
            String subject, Layer layer, Loss loss, String inputName, float[] networkParameters, BySize bySize) {
        this.subject = subject;
        this.layer = Objects.requireNonNull(layer, "layer");
        this.loss = loss;
        this.inputName = inputName;
        this.networkParameters = networkParameters;
        this.bySize = bySize;
        if (layer instanceof Reference own && loss == null) {
            reference = own;
            surrogate = own.surrogate();
        }
        // Another number than the sizes, so that none is taken for another.
        rows = 5;
        while (rows == layer.inputSize() || rows == layer.outputSize()) rows++;
    }

    private GradientCheck copy() {
        GradientCheck copy = new GradientCheck(subject, layer, loss, inputName, networkParameters, bySize);
        copy.rows = rows;
        copySettings(copy);
        return copy;
    }

    /** This check's settings for another size; a number of rows only if it was set. */
    GradientCheck sized(int inputs, int outputs) {
        GradientCheck sized = bySize.of(inputs, outputs);
        if (rowsSet) sized.rows = rows;
        copySettings(sized);
        if (reference == null && sized.layer instanceof Reference own && loss == null) {
            sized.reference = own;
            sized.surrogate = own.surrogate();
        }
        return sized;
    }

    private void copySettings(GradientCheck copy) {
        copy.own = own;
        copy.reference = reference;
        copy.surrogate = surrogate;
        copy.different = different;
        copy.depth = depth;
        copy.seed = seed;
        copy.rowsSet = rowsSet;
        copy.points = points;
        copy.coordinates = coordinates;
        copy.parameters = parameters;
        copy.inputs = inputs;
        copy.targets = targets;
        copy.targetColumns = targetColumns;
        copy.budget = budget;
        copy.listener = listener;
    }

    /**
     * A check of a layer: of its parameters, and of its input if that is differentiable.
     *
     * @param layer not modified
     * @return a check at the points of {@link Depth#QUICK}
     */
    public static GradientCheck of(Layer layer) {
        return new GradientCheck(given("layer", layer).toString(), layer, null, "input", null);
    }

    /**
     * A check of a kind of layer at sizes that leave every remainder of a block of 16, with as many outputs as inputs, fewer
     * and more: {@code GradientCheck.of((inputs, outputs) -> new MyLayer(inputs, outputs))}. It ends at the first size at
     * which something is wrong, and says which sizes were right.
     *
     * @param kind makes the layers
     * @return a check at the sizes and points of {@link Depth#QUICK}
     */
    public static GradientCheck of(LayerOfSize kind) {
        given("kind", kind);
        return ofSizes((inputs, outputs) -> of(kind.layer(inputs, outputs)));
    }

    /**
     * A check of networks of many widths, each at its present parameters, as {@link #of(LayerOfSize)}.
     *
     * @param ofWidth makes a network, whose hidden layers are so wide, say
     * @param loss of its outputs; null to check the layers alone
     * @return a check at the widths and points of {@link Depth#QUICK}
     */
    public static GradientCheck of(IntFunction<Network> ofWidth, Loss loss) {
        given("ofWidth", ofWidth);
        return ofSizes((inputs, outputs) -> loss == null ? of(ofWidth.apply(inputs)) : of(ofWidth.apply(inputs), loss));
    }

    private static GradientCheck ofSizes(BySize bySize) {
        GradientCheck middle = bySize.of(17, 17);
        return new GradientCheck(
                middle.subject, middle.layer, middle.loss, middle.inputName, middle.networkParameters, bySize);
    }

    /**
     * A check of an activation's derivative, at points from about −12 to 12 and around zero.
     *
     * @param activation not modified
     * @return a check at the points of {@link Depth#QUICK}
     */
    public static GradientCheck of(Activation activation) {
        given("activation", activation);
        GradientCheck check =
                new GradientCheck("activation " + activation, new Elementwise(activation, 32), null, "x", null);
        check.rows = 4;
        check.inputs = Elementwise::draw;
        return check;
    }

    /**
     * A check of an activation's derivative, which holds it and the value to a function in double: then relative errors of
     * 1e-5 are found as well.
     *
     * @param activation not modified
     * @param function the same function in double
     * @return a check at 4 rows of 32 points
     */
    public static GradientCheck of(Activation activation, DoubleUnaryOperator function) {
        Objects.requireNonNull(function, "function");
        return of(activation).reference((rows, parameters, input, output) -> {
            for (int i = 0; i < output.length; i++) output[i] = function.applyAsDouble(input[i]);
        });
    }

    /**
     * A check of a loss's gradient with respect to the logits. Targets of each width that the loss accepts are drawn, of the
     * kind that {@link Loss#targets} declares or, if it declares none, the loss does not refuse; {@link #targets} draws
     * others. Beside the random points, logits and their distances from targets take all sizes from 1e-4 to 130.
     *
     * @param loss not modified
     * @param outputs number of logits, at least 1
     * @return a check at the points of {@link Depth#QUICK}
     * @throws IllegalArgumentException if outputs is less than 1
     */
    public static GradientCheck of(Loss loss, int outputs) {
        given("loss", loss);
        if (outputs < 1)
            throw new IllegalArgumentException(loss + ": " + outputs + " outputs given, at least 1 expected");
        return new GradientCheck(loss + " of " + outputs + " outputs", new Identity(outputs), loss, "logits", null);
    }

    /**
     * A check of a network's layers together, at its present parameters.
     *
     * @param network not modified
     * @return a check at the points of {@link Depth#QUICK}
     */
    public static GradientCheck of(Network network) {
        given("network", network);
        return new GradientCheck(network.stack().toString(), network.stack(), null, "input", network.copyParameters());
    }

    /**
     * A check of the gradient that training uses: of the mean loss of a network's outputs, at its present parameters.
     *
     * @param network not modified
     * @param loss of its outputs
     * @return a check at the points of {@link Depth#QUICK}
     */
    public static GradientCheck of(Network network, Loss loss) {
        given("network", network);
        given("loss", loss);
        return new GradientCheck(
                network.stack() + " with " + loss, network.stack(), loss, "input", network.copyParameters());
    }

    private static <T> T given(String what, T subject) {
        return Objects.requireNonNull(
                subject,
                () -> "a gradient check of null; the " + what
                        + " expected, which must be set before its check is made");
    }

    /**
     * Sets how much is tried.
     *
     * @param depth {@link Depth#QUICK} by default
     * @return a copy with it
     */
    public GradientCheck depth(Depth depth) {
        GradientCheck copy = copy();
        copy.depth = Objects.requireNonNull(depth, "depth");
        return copy;
    }

    /**
     * Sets the seed of all random numbers.
     *
     * @param seed any number; equal seeds give equal runs
     * @return a copy with it
     */
    public GradientCheck seed(long seed) {
        GradientCheck copy = copy();
        copy.seed = seed;
        return copy;
    }

    /**
     * Sets the rows of a batch.
     *
     * @param rows at least 1; by default 5, or a few more if a size of the layer is 5
     * @return a copy with it
     * @throws IllegalArgumentException if rows is less than 1
     */
    public GradientCheck rows(int rows) {
        if (rows < 1) throw new IllegalArgumentException(rows + " rows given, at least 1 expected");
        GradientCheck copy = copy();
        copy.rows = rows;
        copy.rowsSet = true;
        return copy;
    }

    /**
     * Sets the number of usual random points, and leaves out all others that belong to the depth: those with zeros, with
     * equal values, large and small ones.
     *
     * @param points at least 0; 0 for {@link #at own points} alone
     * @return a copy with it
     * @throws IllegalArgumentException if points is negative
     */
    public GradientCheck points(int points) {
        if (points < 0) throw new IllegalArgumentException(points + " points given, at least 0 expected");
        GradientCheck copy = copy();
        copy.points = points;
        return copy;
    }

    /**
     * Sets how many entries of a variable are compared one by one. A variable that has more is compared along random
     * directions through all of them, and then at this many entries: those on the edges, the largest, and random ones;
     * a quarter of them if it has more than 16 times as many.
     *
     * @param most at least 1; 256 by default
     * @return a copy with it
     * @throws IllegalArgumentException if most is less than 1
     */
    public GradientCheck coordinates(int most) {
        if (most < 1) throw new IllegalArgumentException(most + " coordinates given, at least 1 expected");
        GradientCheck copy = copy();
        copy.coordinates = most;
        return copy;
    }

    /**
     * Adds a point of one's own, beside the random ones.
     *
     * @param parameters of the layer, in order and row by row without padding, as {@link Network#copyParameters} gives
     *     them; null to draw them
     * @param input whole rows, which decide the number of rows at this point; null to draw it
     * @return a copy with it
     * @throws IllegalArgumentException if a length does not fit
     */
    public GradientCheck at(float[] parameters, float[] input) {
        return at(parameters, input, null);
    }

    /**
     * Adds a point of one's own, with targets.
     *
     * @param parameters as above; null to draw them
     * @param input as above, or the logits for a check of a loss; null to draw it
     * @param targets whole rows, as many as of the input; null to draw them
     * @return a copy with it
     * @throws IllegalArgumentException if a length does not fit
     */
    public GradientCheck at(float[] parameters, float[] input, float[] targets) {
        if (bySize != null)
            throw new IllegalArgumentException(subject + ": a point given, which fits one size only; give it to a check"
                    + " of a layer of this size");
        long count = 0;
        for (var shape : layer.parameters()) count += shape.count();
        if (parameters != null && parameters.length != count)
            throw new IllegalArgumentException(
                    subject + ": " + parameters.length + " parameters given, " + count + " expected");
        if (input != null && (input.length == 0 || input.length % layer.inputSize() != 0))
            throw new IllegalArgumentException(subject + ": " + input.length + " floats of input given, whole rows of "
                    + layer.inputSize() + " expected");
        if (targets != null && loss == null)
            throw new IllegalArgumentException(subject + ": targets given, but there is no loss");
        int rows = input == null ? this.rows : input.length / layer.inputSize();
        if (targets != null
                && (targets.length == 0
                        || targets.length % rows != 0
                        || !loss.accepts(layer.outputSize(), targets.length / rows)))
            throw new IllegalArgumentException(subject + ": " + targets.length + " floats of targets given for " + rows
                    + " rows, which " + loss + " does not accept for " + layer.outputSize() + " outputs");
        GradientCheck copy = copy();
        copy.own = new ArrayList<>(own);
        copy.own.add(new Point(clone(parameters), clone(input), clone(targets)));
        return copy;
    }

    private static float[] clone(float[] values) {
        return values == null ? null : values.clone();
    }

    /**
     * Sets how parameters are drawn. By default the layer initialises them, and each is then moved at random by about a
     * quarter of the typical size of its matrix, so that biases are not zero.
     *
     * @param draw fills the layer's parameters, zeros to begin with
     * @return a copy with it
     */
    public GradientCheck parameters(BiConsumer<Parameters, RandomSource> draw) {
        GradientCheck copy = copy();
        copy.parameters = Objects.requireNonNull(draw, "draw");
        return copy;
    }

    /**
     * Sets how inputs (or logits) are drawn; by default they are standard normal.
     *
     * @param draw fills a matrix of rows × inputSize
     * @return a copy with it
     */
    public GradientCheck inputs(BiConsumer<Slice, RandomSource> draw) {
        GradientCheck copy = copy();
        copy.inputs = Objects.requireNonNull(draw, "draw");
        return copy;
    }

    /**
     * Sets how a loss's targets are drawn.
     *
     * @param columns of the targets
     * @param draw fills a matrix of rows × columns
     * @return a copy with it
     * @throws IllegalArgumentException if there is no loss or it does not accept so many columns
     */
    public GradientCheck targets(int columns, BiConsumer<Slice, RandomSource> draw) {
        if (loss == null || !loss.accepts(layer.outputSize(), columns))
            throw new IllegalArgumentException(subject + ": " + columns + " columns of targets given, which "
                    + (loss == null ? "is of no use without a loss" : loss + " does not accept"));
        GradientCheck copy = copy();
        copy.targets = Objects.requireNonNull(draw, "draw");
        copy.targetColumns = columns;
        return copy;
    }

    /**
     * Sets a double-precision reference of the layer, which is differentiated in place of its forward pass and compared
     * with it. A layer that implements {@link Reference} brings its own.
     *
     * @param reference computes the outputs of the layer
     * @return a copy with it
     * @throws IllegalArgumentException if this is a check with a loss
     */
    public GradientCheck reference(Reference reference) {
        if (loss != null)
            throw new IllegalArgumentException(subject + ": a reference is for layers; a loss is in double already");
        GradientCheck copy = copy();
        copy.reference = Objects.requireNonNull(reference, "reference");
        copy.surrogate = reference.surrogate();
        return copy;
    }

    /**
     * Sets the function whose gradient backward gives on purpose in place of forward's, as a straight-through estimator
     * does (Bengio, Léonard and Courville 2013): it is differentiated, and not compared with forward.
     *
     * @param reference computes the outputs whose gradient is meant
     * @return a copy with it
     * @throws IllegalArgumentException if this is a check with a loss
     */
    public GradientCheck surrogate(Reference reference) {
        GradientCheck copy = reference(reference);
        copy.surrogate = true;
        return copy;
    }

    /**
     * Declares gradients that differ on purpose from those of forward, and are not compared; the rules are tried, and the
     * report names them. {@link #surrogate} compares such a gradient with what it is meant to be.
     *
     * @param variables names of parameters as in the report, or {@code input}
     * @return a copy with them
     * @throws IllegalArgumentException if there is no variable of this name
     */
    public GradientCheck expectDifferent(String... variables) {
        Set<String> known = new TreeSet<>();
        for (var shape : layer.parameters()) if (shape.trained()) known.add(shape.name());
        if (layer.differentiableInput()) known.add(inputName);
        for (String variable : variables)
            if (!known.contains(variable))
                throw new IllegalArgumentException(
                        subject + ": '" + variable + "' given, one of " + String.join(", ", known) + " expected");
        GradientCheck copy = copy();
        copy.different = new TreeSet<>(different);
        copy.different.addAll(List.of(variables));
        return copy;
    }

    /**
     * Sets a time after which a run ends, about; no limit by default. The report counts the entries that were left out.
     *
     * @param budget positive
     * @return a copy with it
     * @throws IllegalArgumentException if it is not positive
     */
    public GradientCheck timeBudget(Duration budget) {
        if (budget.isNegative() || budget.isZero())
            throw new IllegalArgumentException("a time budget of " + budget + ", a positive one expected");
        GradientCheck copy = copy();
        copy.budget = budget;
        return copy;
    }

    /**
     * Sets the listener for the progress of a run.
     *
     * @param listener called on the run's thread, after each entry or column
     * @return a copy with it
     */
    public GradientCheck progress(Consumer<Progress> listener) {
        GradientCheck copy = copy();
        copy.listener = Objects.requireNonNull(listener, "listener");
        return copy;
    }

    /**
     * Runs the check.
     *
     * @return the report; nothing is thrown for a wrong gradient, nor for an exception of the layer or the loss
     */
    public GradientReport run() {
        return bySize == null ? new Run(this).run() : new Sizes(this).run();
    }
}
