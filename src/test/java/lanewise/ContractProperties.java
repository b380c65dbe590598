package lanewise;

import java.util.List;
import lanewise.testkit.LayerContract;
import net.jqwik.api.Group;
import net.jqwik.api.Tag;

/** All layers, activations and losses of the library keep the contracts that they ask of others. */
@Tag("bits")
class ContractProperties {

    /** A layer whose output is as wide as its input. */
    private interface SquareContract extends LayerContract {

        Layer layer(int size);

        @Override
        default Layer layer(int inputs, int outputs) {
            return layer(inputs);
        }
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
        public boolean kinkAtZero() {
            return true;
        }
    }

    @Group
    class Softmaxes implements SquareContract {
        // Of one input it is constant.
        @Override
        public Layer layer(int size) {
            return Softmax.of(size + 1);
        }
    }

    @Group
    class LayerNorms implements SquareContract {
        // Of two inputs it is nearly constant.
        @Override
        public Layer layer(int size) {
            return LayerNorm.of(size + 2);
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

        @Override
        public void inputs(Slice input, RandomSource random) {
            for (int r = 0; r < input.rows(); r++)
                for (int c = 0; c < input.columns(); c++) input.set(r, c, random.nextInt(5));
        }
    }
}
