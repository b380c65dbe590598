package lanewise.testkit;

import java.util.Arrays;
import lanewise.check.GradientCheck;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/**
 * What every loss promises, as jqwik properties. A test of a loss implements this interface and says which:
 *
 * <pre>{@code
 * class MyLossTest implements LossContract {
 *     public Loss loss(int outputs) {
 *         return new MyLoss();
 *     }
 * }
 * }</pre>
 *
 * <p>{@code -Dtries=200} says how often, 100 times by default.
 */
public interface LossContract {

    /**
     * The loss to test.
     *
     * @param outputs number of logits
     * @return a loss for so many
     */
    Loss loss(int outputs);

    /**
     * Fewest outputs for which the loss is not constant.
     *
     * @return 1 by default; a softmax needs 2
     */
    default int fewestOutputs() {
        return 1;
    }

    /**
     * Largest absolute value of a logit for which results must be finite.
     *
     * @return 1e4 by default
     */
    default float largestLogit() {
        return 1e4f;
    }

    /**
     * Columns of the targets that {@link #targets} draws.
     *
     * @param outputs number of logits
     * @return so many as outputs, by default
     */
    default int targetColumns(int outputs) {
        return outputs;
    }

    /**
     * Draws targets. Where this is not overridden, {@link #gradientIsCorrect} tries every number of columns that the loss
     * accepts, and not only {@link #targetColumns}.
     *
     * @param targets rows × {@link #targetColumns}, filled; by default with the kind that {@link Loss#targets} declares
     * @param random the only source of randomness
     */
    default void targets(Slice targets, RandomSource random) {
        int outputs = targets.columns();
        loss(outputs).targets(outputs, outputs).draw(targets, outputs, random);
    }

    /**
     * Sizes to try; outputs count.
     *
     * @return as {@link Cases#shapes} up to 65
     */
    @Provide
    default Arbitrary<Shape> shapes() {
        int more = fewestOutputs() - 1;
        return Cases.shapes(65).map(s -> new Shape(s.inputs(), s.outputs() + more, s.rows(), s.seed()));
    }

    /**
     * The gradient is that of the mean loss, and the loss reads and writes what it may.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void gradientIsCorrect(@ForAll("shapes") Shape shape) {
        Loss loss = loss(shape.outputs());
        GradientCheck check = shape.of(GradientCheck.of(loss, shape.outputs()));
        if (!drawsTargets()) {
            check.run().assertCorrect();
            return;
        }
        check.targets(targetColumns(shape.outputs()), this::targets).run().assertCorrect();
        if (shape.outputs() > 1 && targetColumns(shape.outputs()) > 1 && loss.accepts(shape.outputs(), 1))
            check.targets(1, (targets, random) -> {
                        for (int r = 0; r < targets.rows(); r++) targets.set(r, 0, random.nextInt(shape.outputs()));
                    })
                    .run()
                    .assertCorrect();
    }

    /** Whether this test draws targets of its own. */
    private boolean drawsTargets() {
        try {
            return getClass()
                            .getMethod("targets", Slice.class, RandomSource.class)
                            .getDeclaringClass()
                    != LossContract.class;
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Loss and gradient are finite for logits that are zero, tiny, all alike or large.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void hardLogitsGiveFiniteResults(@ForAll("shapes") Shape shape) {
        int outputs = shape.outputs(), rows = shape.rows();
        Loss loss = loss(outputs);
        RandomSource random = new RandomSource(shape.seed());
        Layer before = Dense.of(1, outputs, Activation.IDENTITY);
        Pass pass = Batch.forTraining(before, rows).pass();
        Slice targets = Slice.allocate(rows, targetColumns(outputs));
        targets(targets, random);
        Cases.fillHard(pass.batch().output(), random, largestLogit());
        for (int r = 0; r < rows; r++) {
            double value = loss.valueAndGradient(
                    pass, r, rows, pass.batch().output(), targets, pass.batch().dOutput());
            if (!Double.isFinite(value)) throw new AssertionError(loss + ": the loss of row " + r + " is " + value);
            for (int c = 0; c < outputs; c++) {
                float d = pass.batch().dOutput().get(r, c);
                if (!Float.isFinite(d) || d != 0 && Math.abs(d) < Float.MIN_NORMAL)
                    throw new AssertionError(loss + ": dLogits[" + r + "][" + c + "] is " + d + " for the logit "
                            + pass.batch().output().get(r, c));
            }
        }
    }

    /**
     * {@link Loss#value} gives the bits that {@link Loss#valueAndGradient} gives, and leaves logits and targets as they are.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void valueAloneIsTheSame(@ForAll("shapes") Shape shape) {
        int outputs = shape.outputs(), rows = shape.rows();
        Loss loss = loss(outputs);
        RandomSource random = new RandomSource(shape.seed());
        Pass pass = Batch.forTraining(Dense.of(1, outputs, Activation.IDENTITY), rows)
                .pass();
        Slice targets = Slice.allocate(rows, targetColumns(outputs));
        targets(targets, random);
        Slice logits = Slice.allocate(rows, outputs), dLogits = Slice.allocate(rows, outputs);
        Cases.fillHard(logits, random, largestLogit());
        float[] logitsBefore = logits.array().clone(),
                targetsBefore = targets.array().clone();
        for (int r = 0; r < rows; r++) {
            double value = loss.value(pass, r, logits, targets);
            if (!Arrays.equals(logitsBefore, logits.array()) || !Arrays.equals(targetsBefore, targets.array()))
                throw new AssertionError(loss + ": value changes logits or targets, which it may only read");
            double beside = loss.valueAndGradient(pass, r, rows, logits, targets, dLogits);
            if (Double.doubleToLongBits(value) != Double.doubleToLongBits(beside))
                throw new AssertionError(loss + ": the loss of row " + r + " is " + value + " by value and " + beside
                        + " by valueAndGradient; the same bits are expected");
        }
    }

    /**
     * A target that the gradient refuses is one that {@link Loss#refusal} names, so that a training refuses it before its
     * first step; and every other one gives a loss.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void targetsAreRefusedBeforeTraining(@ForAll("shapes") Shape shape) {
        float[] candidates = {0f, 1f, -1f, 0.5f, -0.5f, 2f, 2.5f, 7f, 1e30f, -1e30f, Float.NaN, Float.POSITIVE_INFINITY
        };
        int outputs = shape.outputs(), columns = targetColumns(outputs);
        Loss loss = loss(outputs);
        RandomSource random = new RandomSource(shape.seed());
        Pass pass =
                Batch.forTraining(Dense.of(1, outputs, Activation.IDENTITY), 1).pass();
        Slice targets = Slice.allocate(1, columns);
        targets(targets, random);
        for (int n = random.nextInt(3); n >= 0; n--)
            targets.set(0, random.nextInt(columns), candidates[random.nextInt(candidates.length)]);
        String refusal = loss.refusal(targets, 0, outputs);
        try {
            double value = loss.valueAndGradient(
                    pass, 0, 1, pass.batch().output(), targets, pass.batch().dOutput());
            if (refusal == null && Double.isNaN(value))
                throw new AssertionError(loss + ": the loss is NaN for targets that refusal lets through");
        } catch (IllegalArgumentException e) {
            if (refusal == null)
                throw new AssertionError(
                        loss + ": valueAndGradient refuses targets that refusal lets through: " + e.getMessage(), e);
        }
    }
}
