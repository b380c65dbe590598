package lanewise.testkit;

import java.util.Locale;
import lanewise.check.GradientCheck;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/**
 * What every layer promises, as jqwik properties. A test of a layer implements this interface and says how to make one:
 *
 * <pre>{@code
 * class MyLayerTest implements LayerContract {
 *     public Layer layer(int inputs, int outputs) {
 *         return new MyLayer(inputs, outputs);
 *     }
 * }
 * }</pre>
 *
 * <p>Each property is tried 100 times with other sizes, or as often as {@code -Dtries=200} says; what fails is shrunk to
 * the smallest sizes that still do.
 */
public interface LayerContract {

    /**
     * The layer to test.
     *
     * @param inputs width of its input; a layer for fewer sizes takes the nearest
     * @param outputs width of its output; ignored by a layer whose output is as wide as its input
     * @return a new layer
     */
    Layer layer(int inputs, int outputs);

    /**
     * Smallest width that is tried, of inputs and of outputs.
     *
     * @return 1 by default; a layer that normalises a row needs more, since of one number nothing is left
     */
    default int smallestSize() {
        return 1;
    }

    /**
     * Largest width that is tried.
     *
     * @return 49 by default
     */
    default int largestSize() {
        return 49;
    }

    /**
     * Fewest rows of a batch that are tried.
     *
     * @return 1 by default; a layer that normalises over the batch needs more
     */
    default int fewestRows() {
        return 1;
    }

    /**
     * Largest absolute value of an input for which results must be finite.
     *
     * @return 1e30 by default
     */
    default float largestInput() {
        return 1e30f;
    }

    /**
     * The inputs at which the layer has a kink, such as 0 for a ReLU and both ends of a clamp. Gradients are not compared
     * there: inputs that are drawn closer than 1/64 (of the place, if that is beyond ±1) are moved as far away.
     *
     * @return none by default
     */
    default float[] kinks() {
        return new float[0];
    }

    /**
     * Last settings of each gradient check.
     *
     * @param check has the layer, {@link GradientCheck.Depth#STANDARD}, rows and seed; {@link GradientCheck#inputs} draws
     *     inputs of other kinds than {@link Layer#exampleInput}
     * @return the check to run; itself by default
     */
    default GradientCheck settings(GradientCheck check) {
        return check;
    }

    /**
     * Sizes to try.
     *
     * @return as {@link Cases#shapes}, with {@link #fewestRows} and {@link #smallestSize} at least
     */
    @Provide
    default Arbitrary<Shape> shapes() {
        int fewest = fewestRows() - 1, smallest = smallestSize();
        return Cases.shapes(largestSize())
                .map(s -> new Shape(
                        Math.max(smallest, s.inputs()), Math.max(smallest, s.outputs()), s.rows() + fewest, s.seed()));
    }

    /** A check that draws inputs itself, as the layer's examples and with the properties of real data, unless there are kinks. */
    private GradientCheck check(Shape shape) {
        Layer layer = layer(shape.inputs(), shape.outputs());
        GradientCheck check = shape.of(GradientCheck.of(layer));
        if (kinks().length > 0)
            check = check.inputs((input, random) -> {
                for (int r = 0; r < input.rows(); r++) layer.exampleInput(input, r, random);
                moveAwayFromKinks(input);
            });
        return settings(check);
    }

    private void moveAwayFromKinks(Slice input) {
        for (float kink : kinks()) {
            float margin = Math.max(1f, Math.abs(kink)) / 64;
            for (int r = 0; r < input.rows(); r++)
                for (int c = 0; c < input.columns(); c++) {
                    float beyond = input.get(r, c) - kink;
                    if (Math.abs(beyond) < margin) input.set(r, c, kink + Math.copySign(margin, beyond));
                }
        }
    }

    /**
     * The gradient is that of forward, and forward, backward and parameterGradient read, write and remember what they may.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void gradientIsCorrect(@ForAll("shapes") Shape shape) {
        check(shape).run().assertCorrect();
    }

    /**
     * So it is where most inputs are exactly zero.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void gradientIsCorrectWhereInputsAreZero(@ForAll("shapes") Shape shape) {
        if (!layer(shape.inputs(), shape.outputs()).differentiableInput()) return;
        for (float kink : kinks()) if (kink == 0f) return;
        check(shape)
                .inputs((input, random) -> {
                    Cases.fillSparse(input, random);
                    moveAwayFromKinks(input);
                })
                .run()
                .assertCorrect();
    }

    /**
     * Results are finite for inputs that are zero, subnormal, saturating or huge, and no gradient of an input is so small
     * that it makes what follows slow.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void hardInputsGiveFiniteResults(@ForAll("shapes") Shape shape) {
        Layer layer = layer(shape.inputs(), shape.outputs());
        RandomSource random = new RandomSource(shape.seed());
        int rows = shape.rows();
        Pass pass = Batch.forTraining(layer, rows).pass();
        Parameters parameters = Parameters.zeros(layer), gradients = Parameters.zeros(layer);
        layer.initialize(parameters, random);
        boolean differentiable = layer.differentiableInput();
        if (differentiable) Cases.fillHard(pass.batch().input(), random, largestInput());
        else for (int r = 0; r < rows; r++) layer.exampleInput(pass.batch().input(), r, random);
        pass.batch().begin(shape.seed(), 0, 0);
        layer.forward(
                pass, 0, rows, parameters, pass.batch().input(), pass.batch().output());
        finite(layer, "output", pass.batch().output(), pass.batch().input());
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < layer.outputSize(); c++) pass.batch().dOutput().set(r, c, random.normal());
        Slice dInput = differentiable ? pass.batch().dInput() : null;
        layer.backward(
                pass,
                0,
                rows,
                parameters,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                dInput);
        if (differentiable) {
            finite(layer, "dInput", dInput, pass.batch().input());
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < layer.inputSize(); c++) {
                    float d = dInput.get(r, c);
                    if (d != 0 && Math.abs(d) < Float.MIN_NORMAL)
                        throw new AssertionError(
                                layer + ": dInput[" + r + "][" + c + "] is " + d
                                        + ", a subnormal number, which makes arithmetic many times slower; Arithmetic.flush it");
                }
        }
        layer.parameterGradient(
                pass,
                0,
                rows,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                1f,
                gradients,
                0,
                1);
        int i = 0;
        for (ParameterShape p : layer.parameters())
            finite(
                    layer,
                    "gradient of " + p.name(),
                    gradients.get(i++),
                    pass.batch().input());
    }

    private static void finite(Layer layer, String name, Slice matrix, Slice input) {
        for (int r = 0; r < matrix.rows(); r++)
            for (int c = 0; c < matrix.columns(); c++)
                if (!Float.isFinite(matrix.get(r, c))) {
                    StringBuilder text = new StringBuilder(
                            layer + ": " + name + "[" + r + "][" + c + "] is " + matrix.get(r, c) + " for the input\n");
                    for (int k = 0; k < input.rows(); k++) {
                        for (int l = 0; l < input.columns(); l++)
                            text.append(String.format(Locale.ROOT, " %s", input.get(k, l)));
                        text.append('\n');
                    }
                    throw new AssertionError(text.toString());
                }
    }
}
