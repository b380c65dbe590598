package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientCheck;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.BatchNorm;
import lanewise.layer.Composite;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.layer.Stack;
import lanewise.memory.Batch;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

class CompositeTest {

    /** Two layers one after the other, and their input, times a gain of each column, past them. */
    private static class Chain extends Composite {

        private enum Kept {
            INPUT
        }

        private final int outputSize;
        private final boolean skip;
        final Child first, second;

        Chain(Layer first, Layer second, boolean skip) {
            outputSize = second.outputSize();
            this.skip = skip;
            this.first = child("first", first);
            this.second = child("second", second);
        }

        @Override
        public int inputSize() {
            return layer(first).inputSize();
        }

        @Override
        public int outputSize() {
            return outputSize;
        }

        @Override
        public Memory memory(boolean training) {
            return super.memory(training).perRow(Kept.INPUT, inputSize());
        }

        @Override
        public List<ParameterShape> parameters() {
            List<ParameterShape> all = new ArrayList<>(super.parameters());
            if (skip) all.add(new ParameterShape("gain", ParameterShape.Role.SCALE, 1, outputSize));
            return all;
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            super.initialize(parameters, random);
            if (skip) for (int c = 0; c < outputSize; c++) gain(parameters).set(0, c, 1f);
        }

        private static Slice gain(Parameters parameters) {
            return parameters.get(parameters.size() - 1);
        }

        @Override
        protected Slice inputOf(Child child, Pass pass, Slice input) {
            return child == second ? output(first, pass) : input;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            forward(first, pass, from, to, parameters, input);
            Slice y = forward(second, pass, from, to, parameters, input);
            for (int r = from; r < to; r++)
                for (int c = 0; c < outputSize; c++) {
                    float sum = y.get(r, c);
                    if (skip) {
                        pass.get(Kept.INPUT).set(r, c, input.get(r, c));
                        sum = Arithmetic.fma(gain(parameters).get(0, c), input.get(r, c), sum);
                    }
                    output.set(r, c, sum);
                }
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
            Slice d = dOutput(second, pass);
            for (int r = from; r < to; r++) for (int c = 0; c < outputSize; c++) d.set(r, c, dOutput.get(r, c));
            backward(second, pass, from, to, parameters, input, dOutput(first, pass));
            backward(first, pass, from, to, parameters, input, dInput);
            if (!skip || dInput == null) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < outputSize; c++)
                    dInput.set(
                            r,
                            c,
                            Arithmetic.flush(
                                    Arithmetic.fma(gain(parameters).get(0, c), dOutput.get(r, c), dInput.get(r, c))));
        }

        @Override
        public void parameterGradient(
                Pass pass, int from, int to, Slice input, Slice output, Slice dOutput, float scale, Parameters target) {
            if (!skip) return;
            Slice gain = gain(target);
            for (int r = from; r < to; r++)
                for (int c = 0; c < outputSize; c++) {
                    float x = pass.get(Kept.INPUT).get(r, c);
                    gain.set(0, c, Arithmetic.fma(x, scale * dOutput.get(r, c), gain.get(0, c)));
                }
        }
    }

    private static Dense dense(int inputs, int outputs) {
        return Dense.of(inputs, outputs, Activation.TANH);
    }

    @Test
    void layersWithParametersMemoryAndChildrenOfTheirOwnKeepTheContract() {
        Layer inner = new Chain(dense(5, 17), dense(17, 5), true);
        for (Layer layer : List.of(
                inner,
                new Chain(inner, Dropout.of(5, 0.25), true),
                new Chain(dense(5, 6), BatchNorm.of(6), false),
                new Chain(Embedding.of(2, 7, 3), dense(6, 4), false)))
            GradientCheck.of(layer)
                    .inputs((input, random) -> {
                        for (int r = 0; r < input.rows(); r++) layer.exampleInput(input, r, random);
                    })
                    .run()
                    .assertCorrect();
    }

    @Test
    void oneAfterTheOtherIsAStackToTheBit() {
        Dense first = dense(19, 33), second = dense(33, 7);
        float[][] chain = results(new Chain(first, second, false)), stack = results(new Stack(List.of(first, second)));
        for (int i = 0; i < chain.length; i++) assertArrayEquals(stack[i], chain[i]);
    }

    /** Output, gradient of the input, and of the parameters in two shares. */
    private static float[][] results(Layer layer) {
        Parameters parameters = Parameters.zeros(layer), gradient = Parameters.zeros(layer);
        layer.initialize(parameters, new RandomSource(1));
        Batch batch = Batch.forTraining(layer, 5);
        RandomSource random = new RandomSource(2);
        for (int r = 0; r < 5; r++) {
            for (int c = 0; c < layer.inputSize(); c++) batch.input().set(r, c, random.normal());
            for (int c = 0; c < layer.outputSize(); c++) batch.dOutput().set(r, c, random.normal());
        }
        Pass pass = batch.pass();
        layer.forward(pass, 0, 5, parameters, batch.input(), batch.output());
        layer.backward(pass, 0, 5, parameters, batch.input(), batch.output(), batch.dOutput(), batch.dInput());
        for (int part = 0; part < 2; part++)
            layer.parameterGradient(
                    pass, 0, 5, batch.input(), batch.output(), batch.dOutput(), 0.5f, gradient, part, 2);
        float[] output = new float[5 * layer.outputSize()], dInput = new float[5 * layer.inputSize()];
        batch.output().copyTo(output, 0);
        batch.dInput().copyTo(dInput, 0);
        return new float[][] {output, dInput, gradient.toArray()};
    }

    @Test
    void parametersBearTheChildrensNames() {
        List<String> names = new Chain(dense(3, 3), dense(3, 3), true)
                .parameters().stream().map(ParameterShape::toString).toList();
        assertEquals(
                List.of("first.weights 3x3", "first.bias 1x3", "second.weights 3x3", "second.bias 1x3", "gain 1x3"),
                names);
    }

    @Test
    void predictionTakesEachChildsOwnForm() {
        Chain dropping = new Chain(dense(4, 4), Dropout.of(4, 0.5), false);
        Layer predicting = dropping.forPrediction();
        assertSame(dropping.first, ((Chain) predicting).first);
        assertSame(dropping.children().get(0), predicting.children().get(0));
        assertEquals("dropout 4, rate 0.0", predicting.children().get(1).toString());
        assertEquals("dropout 4, rate 0.5", dropping.children().get(1).toString());

        Chain normalising = new Chain(dense(4, 4), BatchNorm.of(4), false);
        assertFalse(normalising.rowwise());
        assertTrue(normalising.forPrediction().rowwise());
        Layer same = new Chain(dense(4, 4), dense(4, 4), true);
        assertSame(same, same.forPrediction());
        Network network = Network.builder(4).add(normalising).build(1);
        float before = network.parameters().get(2 + 2).get(0, 0);
        Batch batch = Batch.forTraining(normalising, 3);
        for (int r = 0; r < 3; r++) batch.input().set(r, 0, r);
        Parameters parameters = network.parameters().child(0);
        normalising.forward(batch.pass(), 0, 3, parameters, batch.input(), batch.output());
        normalising.updateRunningStatistics(batch.pass(), 3, parameters);
        assertTrue(network.parameters().get(2 + 2).get(0, 0) != before, "the running mean stands still");
    }

    @Test
    void aChildOfIndicesDecidesWhatInputsAreLike() {
        Layer layer = new Chain(Embedding.of(2, 7, 3), dense(6, 4), false);
        assertFalse(layer.differentiableInput());
        Slice input = Slice.allocate(1, 2);
        layer.exampleInput(input, 0, new RandomSource(3));
        assertNull(layer.refusal(input, 0));
        input.set(0, 1, 0.5f);
        assertNotNull(layer.refusal(input, 0));
        Layer usual = new Chain(dense(2, 2), dense(2, 2), false);
        assertTrue(usual.differentiableInput());
        assertNull(usual.refusal(input, 0));
        float before = input.get(0, 0);
        usual.exampleInput(input, 0, new RandomSource(4));
        assertTrue(input.get(0, 0) != before);
    }

    @Test
    void itsTextNamesTheChildren() {
        assertEquals(
                "chain (first: dense 3->4 tanh, second: dense 4->2 tanh)",
                new Chain(dense(3, 4), dense(4, 2), false).toString());
    }

    /** Names its two children so. */
    private static final class Named extends Composite {

        Named(String first, String second) {
            child(first, dense(2, 2));
            child(second, dense(2, 2));
        }

        @Override
        public int inputSize() {
            return 2;
        }

        @Override
        public int outputSize() {
            return 2;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {}

        @Override
        public void backward(
                Pass pass, int from, int to, Parameters p, Slice input, Slice output, Slice dOutput, Slice dInput) {}
    }

    @Test
    void namesOfChildrenAreToldApart() {
        for (String[] names : new String[][] {
            {"a", "a", "two children of Named are named a"},
            {
                "a",
                "b.c",
                "a child of Named is named \"b.c\"; a name without dots expected, as those of its parameters follow"
                        + " behind one"
            },
            {
                " ",
                "b",
                "a child of Named is named \" \"; a name without dots expected, as those of its parameters follow behind"
                        + " one"
            }
        })
            assertEquals(
                    names[2],
                    assertThrows(IllegalArgumentException.class, () -> new Named(names[0], names[1]))
                            .getMessage());
    }
}
