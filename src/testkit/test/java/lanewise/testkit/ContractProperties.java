package lanewise.testkit;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lanewise.Library;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Group;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/** All layers, activations and losses of the library keep the contracts that they ask of others. */
@Tag("bits")
@AddLifecycleHook(ContractProperties.Seeded.class)
class ContractProperties {

    /** The same tries each time, since a check may be wrong about one of very many; {@code -Dseed=2} asks for others. */
    static final class Seeded implements AroundPropertyHook {

        @Override
        public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property)
                throws Throwable {
            context.attributes().setSeed(System.getProperty("seed", "1"));
            return property.execute();
        }

        @Override
        public PropagationMode propagateTo() {
            return PropagationMode.ALL_DESCENDANTS;
        }
    }

    /** A layer whose output is as wide as its input. */
    private interface SquareContract extends LayerContract {

        Layer layer(int size);

        @Override
        default Layer layer(int inputs, int outputs) {
            return layer(inputs);
        }
    }

    /** Activations are drawn from {@link Activation#all}, of which {@code TablesTest} says that it holds all. */
    @Example
    void everyLayerAndLossIsAmongThese() throws ReflectiveOperationException {
        Set<Class<?>> layers = new HashSet<>(), losses = new HashSet<>();
        for (Class<?> group : ContractProperties.class.getDeclaredClasses()) {
            if (group.isInterface() || group == Seeded.class) continue;
            Object contract =
                    group.getDeclaredConstructor(ContractProperties.class).newInstance(this);
            if (contract instanceof LayerContract layer)
                layers.add(layer.layer(3, 3).getClass());
            if (contract instanceof LossContract loss) losses.add(loss.loss(3).getClass());
        }
        Library.requireAll(Library.layers(), layers, "in ContractProperties: add a group with its LayerContract");
        Library.requireAll(Library.lossClasses(), losses, "in ContractProperties: add a group with its LossContract");
    }

    @Group
    class DenseLayers implements LayerContract {
        @Override
        public Layer layer(int inputs, int outputs) {
            return Dense.of(inputs, outputs, Activation.TANH);
        }
    }

    @Group
    class DenseLayersWithoutBias implements LayerContract {
        @Override
        public Layer layer(int inputs, int outputs) {
            return Dense.of(inputs, outputs, Activation.IDENTITY).withoutBias();
        }
    }

    @Group
    class Stacks implements LayerContract {
        @Override
        public Layer layer(int inputs, int outputs) {
            return new Stack(List.of(Dense.of(inputs, 17, Activation.SILU), Dense.of(17, outputs, Activation.SIGMOID)));
        }
    }

    @Group
    class Residuals implements SquareContract {
        @Override
        public Layer layer(int size) {
            return Residual.of(Dense.of(size, 7, Activation.TANH), Dense.of(7, size, Activation.IDENTITY));
        }
    }

    @Group
    class Dropouts implements SquareContract {
        @Override
        public Layer layer(int size) {
            return Dropout.of(size, 0.3);
        }
    }

    @Group
    class PRelus implements SquareContract {
        @Override
        public Layer layer(int size) {
            return PRelu.of(size);
        }

        @Override
        public float[] kinks() {
            return new float[] {0f};
        }
    }

    @Group
    class Affines implements SquareContract {
        @Override
        public Layer layer(int size) {
            return Affine.of(size);
        }
    }

    /** In place, with limits. */
    @Group
    class Clips implements SquareContract {
        @Override
        public Layer layer(int size) {
            return Pointwise.of(size, Activation.HARD_TANH);
        }

        @Override
        public float[] kinks() {
            return new float[] {-1f, 1f};
        }
    }

    /** With a derivative that comes from the argument. */
    @Group
    class Pointwises implements SquareContract {
        @Override
        public Layer layer(int size) {
            return Pointwise.of(size, Activation.GELU);
        }
    }

    @Group
    class Rescales implements SquareContract {
        @Override
        public Layer layer(int size) {
            float[] shift = new float[size], factor = new float[size], offset = new float[size];
            for (int i = 0; i < size; i++) {
                shift[i] = 0.5f * i - 3f;
                factor[i] = 0.25f + i % 5;
                offset[i] = 2f - 0.125f * i;
            }
            return Rescale.of(shift, factor, offset);
        }
    }

    @Group
    class Softmaxes implements SquareContract {
        @Override
        public Layer layer(int size) {
            return Softmax.of(size);
        }

        // Of one input it is constant.
        @Override
        public int smallestSize() {
            return 2;
        }
    }

    @Group
    class LayerNorms implements SquareContract {
        @Override
        public Layer layer(int size) {
            return LayerNorm.of(size);
        }

        // Of two inputs it is nearly constant.
        @Override
        public int smallestSize() {
            return 3;
        }
    }

    @Group
    class BatchNorms implements SquareContract {
        @Override
        public Layer layer(int size) {
            return BatchNorm.of(size);
        }

        // Of two rows it is nearly constant.
        @Override
        public int fewestRows() {
            return 3;
        }
    }

    @Group
    class BatchNormsInPrediction implements SquareContract {
        @Override
        public Layer layer(int size) {
            return BatchNorm.of(size).forPrediction();
        }
    }

    @Group
    class Embeddings implements LayerContract {
        @Override
        public Layer layer(int inputs, int outputs) {
            return Embedding.of(Math.min(inputs, 3), 5, outputs);
        }
    }

    @Property
    @AddLifecycleHook(Tries.class)
    void activationsKeepTheirContract(@ForAll("shapes") Shape shape, @ForAll("hardFloats") float x) {
        for (Activation activation : Activation.all()) {
            ActivationContract contract = () -> activation;
            contract.derivativeIsCorrect(shape);
            contract.hardInputsGiveFiniteResults(x);
        }
    }

    @Provide
    Arbitrary<Shape> shapes() {
        return Cases.shapes(33);
    }

    @Provide
    Arbitrary<Float> hardFloats() {
        return Cases.hardFloats(1e30f);
    }

    @Property
    @AddLifecycleHook(Tries.class)
    void denseLayersOfAnyActivationKeepTheirContract(
            @ForAll("activations") Activation activation, @ForAll("shapes") Shape shape) {
        ActivationContract contract = () -> activation;
        contract.gradientOfADenseLayerIsCorrect(shape);
    }

    @Provide
    Arbitrary<Activation> activations() {
        return Cases.activations();
    }

    @Group
    class SoftmaxCrossEntropies implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return Loss.SOFTMAX_CROSS_ENTROPY;
        }

        @Override
        public int fewestOutputs() {
            return 2;
        }
    }

    @Group
    class SmoothedAndWeightedSoftmaxCrossEntropies implements LossContract {
        @Override
        public Loss loss(int outputs) {
            float[] weights = new float[outputs];
            for (int c = 0; c < outputs; c++) weights[c] = 0.25f * (1 + c % 7);
            return Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.1f).withClassWeights(weights);
        }

        @Override
        public int fewestOutputs() {
            return 2;
        }
    }

    @Group
    class KullbackLeiblers implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return Loss.KULLBACK_LEIBLER;
        }

        @Override
        public int fewestOutputs() {
            return 2;
        }
    }

    @Group
    class BinaryCrossEntropies implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return Loss.BINARY_CROSS_ENTROPY;
        }
    }

    @Group
    class MeanSquaredErrors implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return Loss.MEAN_SQUARED_ERROR;
        }
    }

    @Group
    class MeanAbsoluteErrors implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return Loss.MEAN_ABSOLUTE_ERROR;
        }
    }

    @Group
    class Hubers implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return Loss.huber(0.5f);
        }
    }

    @Group
    class Hinges implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return Loss.HINGE;
        }
    }
}
