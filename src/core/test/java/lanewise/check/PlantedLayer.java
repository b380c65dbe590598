package lanewise.check;

import java.util.List;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Small layers of several kinds, each right or with one mistake. */
abstract class PlantedLayer implements Layer {

    enum Mistake {
        NONE(null, ""),
        DROPOUT_WITH_ANOTHER_MASK_IN_BACKWARD(Kind.WRONG_GRADIENT, "input"),
        DROPOUT_WITHOUT_SCALE_IN_BACKWARD(Kind.WRONG_GRADIENT, "each is 0.5000"),
        DROPOUT_FROM_ITS_OWN_GENERATOR(Kind.NOT_REPEATABLE, "random numbers must come from the pass's seed"),
        RESIDUAL_WITHOUT_ITS_INPUT_GRADIENT(Kind.WRONG_GRADIENT, "input"),
        SLOPE_GRADIENT_OF_POSITIVE_INPUTS_TOO(Kind.WRONG_GRADIENT, "slopes"),
        SLOPE_GRADIENT_OF_THE_FIRST_COLUMN(Kind.WRONG_GRADIENT, "slopes"),
        SOFTMAX_BY_ITS_DIAGONAL(Kind.WRONG_GRADIENT, "input"),
        SOFTMAX_WITHOUT_ITS_DIAGONAL(Kind.WRONG_GRADIENT, "input"),
        SOFTMAX_OF_ANOTHER_SIZE_IN_PREDICTION(
                Kind.PREDICTS_DIFFERENTLY, "forPrediction: it returns a layer 8->8 in place of one 7->7"),
        EMBEDDING_THAT_OVERWRITES_REPEATED_ROWS(Kind.OVERWRITES, "table"),
        EMBEDDING_OF_THE_NEXT_ROW(Kind.WRONG_GRADIENT, "table");

        final Kind kind;
        final String text;

        Mistake(Kind kind, String text) {
            this.kind = kind;
            this.text = text;
        }
    }

    final int size;
    final Mistake mistake;

    private PlantedLayer(int size, Mistake mistake) {
        this.size = size;
        this.mistake = mistake;
    }

    static PlantedLayer of(Mistake mistake) {
        String name = mistake.name();
        if (name.startsWith("DROPOUT")) return new Dropout(19, mistake);
        if (name.startsWith("RESIDUAL")) return new Residual(19, mistake);
        if (name.startsWith("SLOPE")) return new Slopes(19, mistake);
        if (name.startsWith("SOFTMAX")) return new Softmax(7, mistake);
        return new Embedding(7, mistake);
    }

    /** All kinds of layers, right. */
    static List<PlantedLayer> right() {
        return List.of(
                new Dropout(19, Mistake.NONE),
                new Residual(19, Mistake.NONE),
                new Slopes(19, Mistake.NONE),
                new Softmax(7, Mistake.NONE),
                new Embedding(7, Mistake.NONE));
    }

    boolean is(Mistake other) {
        return mistake == other;
    }

    @Override
    public Layer forPrediction() {
        return is(Mistake.SOFTMAX_OF_ANOTHER_SIZE_IN_PREDICTION) ? new Identity(8) : this;
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
    public String toString() {
        return "planted " + getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + " " + size;
    }

    /** Keeps half of its inputs, twice as large. */
    private static final class Dropout extends PlantedLayer {

        private final java.util.Random own = new java.util.Random(1);

        Dropout(int size, Mistake mistake) {
            super(size, mistake);
        }

        private boolean keeps(long seed, long row, int column) {
            return (new RandomSource(seed + row * 1000003, column).nextLong() & 1) == 0;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    boolean keeps = is(Mistake.DROPOUT_FROM_ITS_OWN_GENERATOR)
                            ? own.nextBoolean()
                            : keeps(
                                    pass.batch().seed() + pass.batch().step(),
                                    pass.batch().firstRow() + r,
                                    c);
                    output.set(r, c, keeps ? 2 * input.get(r, c) : 0);
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
            if (dInput == null) return;
            long seed = pass.batch().seed()
                    + pass.batch().step()
                    + (is(Mistake.DROPOUT_WITH_ANOTHER_MASK_IN_BACKWARD) ? 1 : 0);
            float scale = is(Mistake.DROPOUT_WITHOUT_SCALE_IN_BACKWARD) ? 1 : 2;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++)
                    dInput.set(r, c, keeps(seed, pass.batch().firstRow() + r, c) ? scale * dOutput.get(r, c) : 0);
        }

        @Override
        public Layer forPrediction() {
            return new Identity(size);
        }
    }

    /** input + tanh(input). */
    private static final class Residual extends PlantedLayer {

        Residual(int size, Mistake mistake) {
            super(size, mistake);
        }

        @Override
        public Memory memory(boolean training) {
            return Memory.NONE.perRow(size);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float y = Arithmetic.tanh(input.get(r, c));
                    pass.perRow(0).set(r, c, y);
                    output.set(r, c, input.get(r, c) + y);
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
            if (dInput == null) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float y = pass.perRow(0).get(r, c), through = Math.fma(-y, y, 1f);
                    if (!is(Mistake.RESIDUAL_WITHOUT_ITS_INPUT_GRADIENT)) through += 1;
                    dInput.set(r, c, through * dOutput.get(r, c));
                }
        }
    }

    /** Each column with a slope of its own below zero (He et al. 2015). */
    private static final class Slopes extends PlantedLayer {

        Slopes(int size, Mistake mistake) {
            super(size, mistake);
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(new ParameterShape("slopes", ParameterShape.Role.SCALE, 1, size));
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            for (int c = 0; c < size; c++) parameters.get(0).set(0, c, 0.25f);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float x = input.get(r, c);
                    output.set(r, c, x > 0 ? x : parameters.get(0).get(0, c) * x);
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
            if (dInput == null) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++)
                    dInput.set(
                            r,
                            c,
                            dOutput.get(r, c)
                                    * (input.get(r, c) > 0
                                            ? 1
                                            : parameters.get(0).get(0, c)));
        }

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            if (part > 0) return;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    float x = is(Mistake.SLOPE_GRADIENT_OF_THE_FIRST_COLUMN) ? input.get(r, 0) : input.get(r, c);
                    if (x > 0 && !is(Mistake.SLOPE_GRADIENT_OF_POSITIVE_INPUTS_TOO)) continue;
                    target.get(0)
                            .set(
                                    0,
                                    c,
                                    Math.fma(
                                            x,
                                            scale * dOutput.get(r, c),
                                            target.get(0).get(0, c)));
                }
        }
    }

    private static final class Softmax extends PlantedLayer {

        Softmax(int size, Mistake mistake) {
            super(size, mistake);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++) {
                float max = Float.NEGATIVE_INFINITY, sum = 0;
                for (int c = 0; c < size; c++) max = Math.max(max, input.get(r, c));
                for (int c = 0; c < size; c++) sum += Arithmetic.exp(input.get(r, c) - max);
                for (int c = 0; c < size; c++) output.set(r, c, Arithmetic.exp(input.get(r, c) - max) / sum);
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
            if (dInput == null) return;
            for (int r = from; r < to; r++) {
                float dot = 0;
                for (int c = 0; c < size; c++) dot = Math.fma(output.get(r, c), dOutput.get(r, c), dot);
                for (int c = 0; c < size; c++) {
                    float y = output.get(r, c), d = dOutput.get(r, c);
                    float gradient = y * (d - dot);
                    if (is(Mistake.SOFTMAX_BY_ITS_DIAGONAL)) gradient = y * (1 - y) * d;
                    if (is(Mistake.SOFTMAX_WITHOUT_ITS_DIAGONAL)) gradient = -y * dot;
                    dInput.set(r, c, Arithmetic.flush(gradient));
                }
            }
        }
    }

    /** Two columns of indices into a table of 11 rows; output is the two rows side by side. */
    static final class Embedding extends PlantedLayer {

        static final int ROWS = 11;

        Embedding(int size, Mistake mistake) {
            super(size, mistake);
        }

        @Override
        public int inputSize() {
            return 2;
        }

        @Override
        public int outputSize() {
            return 2 * size;
        }

        @Override
        public boolean differentiableInput() {
            return false;
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(new ParameterShape("table", ParameterShape.Role.SCALE, ROWS, size));
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            for (int r = 0; r < ROWS; r++)
                for (int c = 0; c < size; c++) parameters.get(0).set(r, c, random.normal());
        }

        private static int index(Slice input, int r, int k) {
            float index = input.get(r, k);
            if (index != (int) index || index < 0 || index >= ROWS)
                throw new IllegalArgumentException("row " + r + ": index " + index + " given, an integer expected");
            return (int) index;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int k = 0; k < 2; k++)
                    for (int c = 0; c < size; c++)
                        output.set(r, k * size + c, parameters.get(0).get(index(input, r, k), c));
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
                Slice dInput) {}

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            for (int r = from; r < to; r++)
                for (int k = 0; k < 2; k++) {
                    int index = index(input, r, k);
                    if (index % parts != part) continue;
                    if (is(Mistake.EMBEDDING_OF_THE_NEXT_ROW)) index = (index + 1) % ROWS;
                    for (int c = 0; c < size; c++) {
                        float there = is(Mistake.EMBEDDING_THAT_OVERWRITES_REPEATED_ROWS)
                                ? 0
                                : target.get(0).get(index, c);
                        target.get(0).set(index, c, there + scale * dOutput.get(r, k * size + c));
                    }
                }
        }
    }
}
