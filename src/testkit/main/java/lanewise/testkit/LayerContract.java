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
     * Whether the layer has a kink where an input is zero: then gradients are not compared there.
     *
     * @return false by default
     */
    default boolean kinkAtZero() {
        return false;
    }

    /**
     * Draws inputs for gradient checks. What is not {@link Layer#differentiableInput differentiable}, such as indices, is
     * drawn by this alone.
     *
     * @param input filled; standard normal by default
     * @param random the only source of randomness
     */
    default void inputs(Slice input, RandomSource random) {
        for (int r = 0; r < input.rows(); r++)
            for (int c = 0; c < input.columns(); c++) input.set(r, c, random.normal());
    }

    /**
     * Last settings of each gradient check.
     *
     * @param check has the layer, rows, seed and inputs
     * @return the check to run; itself by default
     */
    default GradientCheck settings(GradientCheck check) {
        return check;
    }

    /**
     * Sizes to try.
     *
     * @return as {@link Cases#shapes}, with {@link #fewestRows} at least
     */
    @Provide
    default Arbitrary<Shape> shapes() {
        int fewest = fewestRows() - 1;
        return Cases.shapes(largestSize()).map(s -> new Shape(s.inputs(), s.outputs(), s.rows() + fewest, s.seed()));
    }

    private GradientCheck check(Shape shape) {
        return settings(GradientCheck.of(layer(shape.inputs(), shape.outputs()))
                .rows(shape.rows())
                .seed(shape.seed())
                .inputs(this::inputs));
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
        Layer layer = layer(shape.inputs(), shape.outputs());
        if (kinkAtZero() || !layer.differentiableInput()) return;
        check(shape).inputs(Cases::fillSparse).run().assertCorrect();
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
        else inputs(pass.batch().input(), random);
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
