package lanewise.testkit;

import lanewise.check.GradientCheck;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/**
 * What every activation promises, as jqwik properties. A test of an activation implements this interface and says which:
 *
 * <pre>{@code
 * class MyActivationTest implements ActivationContract {
 *     public Activation activation() {
 *         return new MyActivation();
 *     }
 * }
 * }</pre>
 *
 * <p>{@code -Dtries=200} says how often, 100 times by default.
 */
public interface ActivationContract {

    /**
     * The activation to test.
     *
     * @return always the same function
     */
    Activation activation();

    /**
     * Seeds and sizes to try.
     *
     * @return as {@link Cases#shapes} up to 33
     */
    @Provide
    default Arbitrary<Shape> shapes() {
        return Cases.shapes(33);
    }

    /**
     * Hard numbers to try.
     *
     * @return as {@link Cases#hardFloats} up to 1e30
     */
    @Provide
    default Arbitrary<Float> hardFloats() {
        return Cases.hardFloats(1e30f);
    }

    /**
     * The derivative is that of the value.
     *
     * @param shape has the seed
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void derivativeIsCorrect(@ForAll("shapes") Shape shape) {
        GradientCheck.of(activation()).seed(shape.seed()).run().assertCorrect();
    }

    /**
     * A dense layer with the activation has the right gradient.
     *
     * @param shape sizes
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void gradientOfADenseLayerIsCorrect(@ForAll("shapes") Shape shape) {
        shape.of(GradientCheck.of(Dense.of(shape.inputs(), shape.outputs(), activation())))
                .run()
                .assertCorrect();
    }

    /**
     * Value and derivative of finite numbers are finite; the value of NaN is NaN.
     *
     * @param x any
     */
    @Property
    @AddLifecycleHook(Tries.class)
    default void hardInputsGiveFiniteResults(@ForAll("hardFloats") float x) {
        Activation f = activation();
        float value = f.value(x), derivative = f.derivative(x, value);
        if (!Float.isFinite(value)) throw new AssertionError(f + ": the value at " + x + " is " + value);
        if (!Float.isFinite(derivative)) throw new AssertionError(f + ": the derivative at " + x + " is " + derivative);
        if (f.value(Float.NaN) == f.value(Float.NaN))
            throw new AssertionError(f + ": the value at NaN is " + f.value(Float.NaN) + ", NaN expected");
    }
}
