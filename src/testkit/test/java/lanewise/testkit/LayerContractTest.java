package lanewise.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;

import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** What the methods of a layer's contract adapt that a layer's test overrides. */
class LayerContractTest {

    /** A clamp to ±2 whose derivative is nonsense at both ends, to the last digit, and right beside them. */
    private record Clamp(int size) implements Layer {

        /** One of the ends, or something between them. */
        @Override
        public void exampleInput(Slice input, int row, RandomSource random) {
            for (int c = 0; c < size; c++) input.set(row, c, random.nextInt(5) - 2);
        }

        @Override
        public int inputSize() {
            return size;
        }

        @Override
        public int outputSize() {
            return size;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) output.set(r, c, Math.max(-2f, Math.min(2f, input.get(r, c))));
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput == null) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float x = Math.abs(input.get(r, c)), derivative = x < 2 ? 1 : x == 2 ? 7 : 0;
                    dInput.set(r, c, derivative * dOutput.get(r, c));
                }
        }
    }

    private interface ClampContract extends LayerContract {

        @Override
        default Layer layer(int inputs, int outputs) {
            return new Clamp(inputs);
        }
    }

    private static class Told implements ClampContract {
        @Override
        public float[] kinks() {
            return new float[] {-2f, 2f};
        }
    }

    @Test
    void inputsAreMovedAwayFromKinks() {
        LayerContract told = new Told(), untold = new ClampContract() {};
        for (int seed = 0; seed < 10; seed++) {
            Shape shape = new Shape(17, 17, 9, seed);
            told.gradientIsCorrect(shape);
            assertThrows(AssertionError.class, () -> untold.gradientIsCorrect(shape));
        }
    }

    /** Zero among the kinks leaves the property of zeros out, and no other. */
    @Test
    void gradientsAreNotComparedWhereZeroIsAKink() {
        LayerContract absolute = new Told() {
            @Override
            public Layer layer(int inputs, int outputs) {
                return new Absolute(inputs);
            }

            @Override
            public float[] kinks() {
                return new float[] {0f};
            }
        };
        Shape shape = new Shape(17, 17, 9, 1);
        absolute.gradientIsCorrectWhereInputsAreZero(shape);
        absolute.gradientIsCorrect(shape);
    }

    /** |x| with a derivative at zero that is none. */
    private record Absolute(int size) implements Layer {

        @Override
        public int inputSize() {
            return size;
        }

        @Override
        public int outputSize() {
            return size;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++) for (int c = 0; c < size; c++) output.set(r, c, Math.abs(input.get(r, c)));
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput == null) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float x = input.get(r, c);
                    dInput.set(r, c, (x == 0 ? 7 : Math.signum(x)) * dOutput.get(r, c));
                }
        }
    }
}
