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

/**
 * {@code output = gain · (input − mean) / √(variance + ε) + shift}, with the statistics of each row (layer
 * normalisation) or of each column (batch normalisation, with running means), right but for one mistake.
 */
final class PlantedNormalization implements Layer {

    enum Mistake {
        NONE(null, ""),
        STATISTICS_AS_CONSTANTS(Kind.WRONG_GRADIENT, "input"),
        MEAN_AS_CONSTANT(Kind.WRONG_GRADIENT, "input"),
        VARIANCE_AS_CONSTANT(Kind.WRONG_GRADIENT, "input"),
        ONE_LESS_IN_BACKWARD(Kind.WRONG_GRADIENT, "input"),
        GAIN_FORGOTTEN_IN_BACKWARD(Kind.WRONG_GRADIENT, "input"),
        GAIN_GRADIENT_OF_INPUT(Kind.WRONG_GRADIENT, "gain"),
        EPSILON_TOO_LARGE_IN_BACKWARD(Kind.WRONG_GRADIENT, "input");

        final Kind kind;
        final String text;

        Mistake(Kind kind, String text) {
            this.kind = kind;
            this.text = text;
        }
    }

    /** What may be wrong with what a batch normalisation says or does beside its gradient. */
    enum Slip {
        NONE(null, ""),
        SAYS_ROWWISE(Kind.MIXES_ROWS, "when only other rows' inputs change, but rowwise() is true"),
        TRAINS_RUNNING(
                Kind.MODIFIES_ARGUMENT,
                "parameterGradient: it changed running[0][0], which is not trained: only updateRunningStatistics may"
                        + " change running statistics"),
        DECAYS_RUNNING(Kind.MODIFIES_ARGUMENT, "parameterGradient: it changed running[0][0], which is not trained"),
        PREDICTS_BY_THE_BATCH(Kind.PREDICTS_DIFFERENTLY, "a row's prediction must not depend on the batch"),
        ADDS_TO_OUTPUT_IN_PREDICTION(
                Kind.READS_RESULT, "forward of forPrediction(): output[0][0] depends on what was there before"),
        LEAVES_AN_OUTPUT_IN_PREDICTION(
                Kind.READS_RESULT, "forward of forPrediction(): output[0][6] depends on what was there before"),
        WRITES_BEHIND_OUTPUT_IN_PREDICTION(
                Kind.WRITES_OUTSIDE, "forward of forPrediction(): it wrote 1 floats after the end of output"),
        MODIFIES_PARAMETERS_IN_PREDICTION(
                Kind.MODIFIES_ARGUMENT, "forward of forPrediction(): it changed gain[0][0], which it may only read");

        final Kind kind;
        final String text;

        Slip(Kind kind, String text) {
            this.kind = kind;
            this.text = text;
        }
    }

    private static final float EPSILON = 1e-3f;

    private final int size;
    private final boolean batch;
    private final Slip slip;
    private final Mistake mistake;

    private PlantedNormalization(int size, boolean batch, Slip slip, Mistake mistake) {
        this.size = size;
        this.batch = batch;
        this.slip = slip;
        this.mistake = mistake;
    }

    static PlantedNormalization ofRows(int size, Mistake mistake) {
        return new PlantedNormalization(size, false, Slip.NONE, mistake);
    }

    static PlantedNormalization ofBatch(int size, Mistake mistake) {
        return new PlantedNormalization(size, true, Slip.NONE, mistake);
    }

    static PlantedNormalization ofBatch(int size, Slip slip) {
        return new PlantedNormalization(size, true, slip, Mistake.NONE);
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
    public boolean rowwise() {
        return !batch || slip == Slip.SAYS_ROWWISE;
    }

    @Override
    public List<ParameterShape> parameters() {
        ParameterShape gain = new ParameterShape("gain", ParameterShape.Role.SCALE, 1, size),
                shift = new ParameterShape("shift", ParameterShape.Role.BIAS, 1, size);
        return batch
                ? List.of(
                        gain,
                        shift,
                        new ParameterShape("running", ParameterShape.Role.STATISTIC, 1, size),
                        new ParameterShape("inverse", ParameterShape.Role.STATISTIC, 1, size))
                : List.of(gain, shift);
    }

    /** Kept: the normalised input, 1 / √(variance + ε), and the mean. */
    @Override
    public Memory memory(boolean training) {
        return Memory.NONE.perRow(size).perRow(size).perRow(size);
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        for (int c = 0; c < size; c++) parameters.get(0).set(0, c, 1);
    }

    /** Sum over the group that element (r, c) is normalised with: its column or its row. */
    private double sum(Of of, int rows, int r, int c) {
        double sum = 0;
        if (batch) for (int k = 0; k < rows; k++) sum += of.at(k, c);
        else for (int k = 0; k < size; k++) sum += of.at(r, k);
        return sum;
    }

    private interface Of {
        double at(int row, int column);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        int n = batch ? to : size;
        for (int r = from; r < to; r++)
            for (int c = 0; c < size; c++) {
                double mean = sum(input::get, to, r, c) / n;
                double variance = sum((i, j) -> (input.get(i, j) - mean) * (input.get(i, j) - mean), to, r, c) / n;
                float inverse = (float) (1 / Math.sqrt(variance + EPSILON));
                float normal = (float) (input.get(r, c) - mean) * inverse;
                pass.perRow(0).set(r, c, normal);
                pass.perRow(1).set(r, c, inverse);
                pass.perRow(2).set(r, c, (float) mean);
                output.set(
                        r,
                        c,
                        Math.fma(
                                parameters.get(0).get(0, c),
                                normal,
                                parameters.get(1).get(0, c)));
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
        int n = batch ? to : size;
        if (mistake == Mistake.ONE_LESS_IN_BACKWARD) n--;
        Slice normal = pass.perRow(0), gain = parameters.get(0);
        boolean noGain = mistake == Mistake.GAIN_FORGOTTEN_IN_BACKWARD;
        Of d = (i, j) -> dOutput.get(i, j) * (noGain ? 1 : gain.get(0, j));
        for (int r = from; r < to; r++)
            for (int c = 0; c < size; c++) {
                double mean = sum(d, to, r, c) / n;
                double slope = sum((i, j) -> d.at(i, j) * normal.get(i, j), to, r, c) / n;
                if (mistake == Mistake.STATISTICS_AS_CONSTANTS || mistake == Mistake.MEAN_AS_CONSTANT) mean = 0;
                if (mistake == Mistake.STATISTICS_AS_CONSTANTS || mistake == Mistake.VARIANCE_AS_CONSTANT) slope = 0;
                double inverse = pass.perRow(1).get(r, c);
                if (mistake == Mistake.EPSILON_TOO_LARGE_IN_BACKWARD)
                    inverse = 1 / Math.sqrt(1 / (inverse * inverse) + 0.01);
                dInput.set(r, c, Arithmetic.flush((float) (inverse * (d.at(r, c) - mean - normal.get(r, c) * slope))));
            }
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
                float d = scale * dOutput.get(r, c), normal = pass.perRow(0).get(r, c);
                if (mistake == Mistake.GAIN_GRADIENT_OF_INPUT) normal = input.get(r, c);
                target.get(0).set(0, c, Math.fma(normal, d, target.get(0).get(0, c)));
                target.get(1).set(0, c, target.get(1).get(0, c) + d);
                if (slip == Slip.DECAYS_RUNNING)
                    target.get(2).set(0, c, 0.9f * target.get(2).get(0, c));
                if (slip == Slip.TRAINS_RUNNING)
                    target.get(2).set(0, c, target.get(2).get(0, c) + input.get(r, c));
            }
    }

    @Override
    public void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {
        if (batch)
            for (int c = 0; c < size; c++) {
                float inverse = pass.perRow(1).get(0, c);
                follow(parameters.get(2), c, pass.perRow(2).get(0, c));
                follow(parameters.get(3), c, inverse);
            }
    }

    private static void follow(Slice running, int c, float value) {
        running.set(0, c, running.get(0, c) * 0.9f + 0.1f * value);
    }

    /** In prediction, layer normalisation again; batch normalisation by what is running. */
    @Override
    public Layer forPrediction() {
        return batch && slip != Slip.PREDICTS_BY_THE_BATCH ? new Running(this) : this;
    }

    private record Running(PlantedNormalization trained) implements Layer {

        @Override
        public int inputSize() {
            return trained.size;
        }

        @Override
        public int outputSize() {
            return trained.size;
        }

        @Override
        public List<ParameterShape> parameters() {
            return trained.parameters();
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < trained.size; c++) {
                    if (trained.slip == Slip.LEAVES_AN_OUTPUT_IN_PREDICTION && c == trained.size - 1) continue;
                    float before = trained.slip == Slip.ADDS_TO_OUTPUT_IN_PREDICTION ? output.get(r, c) : 0;
                    output.set(
                            r,
                            c,
                            parameters.get(0).get(0, c)
                                            * (input.get(r, c)
                                                    - parameters.get(2).get(0, c))
                                            * parameters.get(3).get(0, c)
                                    + parameters.get(1).get(0, c)
                                    + before);
                }
            if (trained.slip == Slip.WRITES_BEHIND_OUTPUT_IN_PREDICTION)
                output.array()[output.at(output.rows() - 1) + output.stride()] = 0f;
            if (trained.slip == Slip.MODIFIES_PARAMETERS_IN_PREDICTION)
                parameters.get(0).set(0, 0, 0.5f);
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
            throw new UnsupportedOperationException("for prediction only");
        }
    }

    @Override
    public String toString() {
        return (batch ? "batch" : "layer") + " normalisation " + size;
    }
}
