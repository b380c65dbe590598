package lanewise.check;

import java.util.List;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Layers that draw or that have running statistics, with at most one {@link PlantedSlips.Slip}. */
abstract class SlippedRandomLayer extends SlippedLayer {

    private SlippedRandomLayer(int size, PlantedSlips.Slip slip) {
        super(size, slip);
    }

    /** The random numbers of a row. */
    final RandomSource of(Pass pass, int row) {
        long seed = pass.batch().seed(),
                step = pass.batch().step(),
                place = pass.batch().firstRow() + row;
        if (is(PlantedSlips.Slip.FORGETS_SEED)) seed = 4711;
        if (is(PlantedSlips.Slip.FORGETS_STEP)) step = 0;
        if (is(PlantedSlips.Slip.FORGETS_FIRST_ROW)) place = row;
        if (is(PlantedSlips.Slip.SAME_NUMBERS_IN_EVERY_ROW))
            place = pass.batch().firstRow();
        if (is(PlantedSlips.Slip.SAME_NUMBERS_EVERYWHERE)) place = 0;
        if (is(PlantedSlips.Slip.SAME_NUMBERS_EVERY_32_ROWS))
            place = pass.batch().firstRow() + row % 32;
        if (is(PlantedSlips.Slip.SAME_NUMBERS_EVERY_8_ROWS)) place %= 8;
        if (is(PlantedSlips.Slip.SAME_NUMBERS_EVERY_3_STEPS)) step %= 3;
        if (is(PlantedSlips.Slip.SAME_NUMBERS_IN_4_STEPS)) step /= 4;
        if (is(PlantedSlips.Slip.ADDS_STEP_AND_ROW)) {
            place += step;
            step = 0;
        }
        return new RandomSource(seed ^ step * 0x9e3779b97f4a7c15L, place);
    }

    /** Drops a share of its inputs in training and multiplies the others. */
    static final class Drop extends SlippedRandomLayer {

        private final float rate;

        Drop(int size, float rate, PlantedSlips.Slip slip) {
            super(size, slip);
            this.rate = rate;
        }

        private void mask(Pass pass, int from, int to, Slice x, Slice y) {
            float scale = 1 / (1 - rate);
            if (is(PlantedSlips.Slip.DROPS_WITHOUT_SCALE)) scale = 1;
            if (is(PlantedSlips.Slip.SCALES_BY_RATE)) scale = 1 / rate;
            for (int r = from; r < to; r++) {
                RandomSource random = of(pass, r);
                for (int c = 0; c < size; c++) {
                    long place = pass.batch().firstRow() + r;
                    if (is(PlantedSlips.Slip.ADDS_ROW_AND_COLUMN)) random = of(pass, r + c);
                    if (is(PlantedSlips.Slip.ADDS_5_ROWS_AND_COLUMN)) random = of(pass, (int) (4 * place) + r + c);
                    boolean drops = random.uniform() < rate;
                    if (is(PlantedSlips.Slip.KEEPS_WHAT_IT_SHOULD_DROP)) drops = !drops;
                    y.set(r, c, drops ? 0 : scale * x.get(r, c));
                }
            }
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            if (pass.training()) {
                mask(pass, from, to, input, output);
                return;
            }
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++)
                    output.set(
                            r,
                            c,
                            is(PlantedSlips.Slip.SCALES_IN_BOTH_PASSES)
                                    ? (1 - rate) * input.get(r, c)
                                    : input.get(r, c));
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
            if (dInput != null) mask(pass, from, to, dOutput, dInput);
        }
    }

    /** Leaves out a whole row's tanh at random, as stochastic depth does. */
    static final class DropPath extends SlippedRandomLayer {

        DropPath(int size, PlantedSlips.Slip slip) {
            super(size, slip);
        }

        private float factor(Pass pass, int row) {
            return !pass.training() ? 1 : of(pass, row).uniform() < 0.3f ? 0 : 1 / 0.7f;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++)
                    output.set(r, c, Arithmetic.tanh(input.get(r, c)) * factor(pass, r) + input.get(r, c));
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
            for (int r = from; dInput != null && r < to; r++)
                for (int c = 0; c < size; c++) {
                    float y = Arithmetic.tanh(input.get(r, c));
                    dInput.set(r, c, Arithmetic.flush(dOutput.get(r, c) * (1 + factor(pass, r) * (1 - y * y))));
                }
        }
    }

    /** Adds a normal number to each input in training. */
    static final class Noise extends SlippedRandomLayer {

        Noise(int size, PlantedSlips.Slip slip) {
            super(size, slip);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++) {
                RandomSource random = of(pass, r);
                for (int c = 0; c < size; c++)
                    output.set(r, c, input.get(r, c) + (pass.training() ? 0.1f * random.normal() : 0));
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
            for (int r = from; dInput != null && r < to; r++)
                for (int c = 0; c < size; c++) dInput.set(r, c, dOutput.get(r, c));
        }
    }

    /** Batch normalisation without a shift: gain, running mean and running variance. */
    static final class BatchNorm extends SlippedRandomLayer {

        private enum Kept {
            STATISTICS
        }

        private static final float EPSILON = 1e-3f;

        private final float momentum;

        BatchNorm(int size, float momentum, PlantedSlips.Slip slip) {
            super(size, slip);
            this.momentum = momentum;
        }

        @Override
        public boolean rowwise() {
            return false;
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(
                    new ParameterShape("gain", Role.SCALE, 1, size),
                    new ParameterShape("mean", Role.STATISTIC, 1, size),
                    new ParameterShape("variance", Role.STATISTIC, 1, size));
        }

        /** Kept: the normalised input; mean, variance, factor. */
        @Override
        public Memory memory(boolean training) {
            return Memory.NONE.perRow(size).perBatch(Kept.STATISTICS, 3, size);
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            for (int c = 0; c < size; c++) {
                parameters.get(0).set(0, c, 1);
                parameters.get(2).set(0, c, 1);
            }
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            Slice statistics = pass.get(Kept.STATISTICS);
            for (int c = 0; c < size; c++) {
                double mean = 0, variance = 0;
                for (int r = 0; r < to; r++) mean += input.get(r, c) / (double) to;
                for (int r = 0; r < to; r++) variance += (input.get(r, c) - mean) * (input.get(r, c) - mean) / to;
                statistics.set(0, c, (float) mean);
                statistics.set(1, c, (float) variance);
                statistics.set(2, c, (float) (1 / Math.sqrt(variance + EPSILON)));
                for (int r = 0; r < to; r++) {
                    pass.perRow(0).set(r, c, (float) (input.get(r, c) - mean) * statistics.get(2, c));
                    output.set(
                            r, c, parameters.get(0).get(0, c) * pass.perRow(0).get(r, c));
                }
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
            for (int c = 0; dInput != null && c < size; c++) {
                double mean = 0, slope = 0;
                for (int r = 0; r < to; r++) {
                    mean += dOutput.get(r, c) / (double) to;
                    slope += dOutput.get(r, c) * (double) pass.perRow(0).get(r, c) / to;
                }
                float factor =
                        parameters.get(0).get(0, c) * pass.get(Kept.STATISTICS).get(2, c);
                for (int r = 0; r < to; r++)
                    dInput.set(
                            r,
                            c,
                            Arithmetic.flush(factor
                                    * (float) (dOutput.get(r, c)
                                            - mean
                                            - pass.perRow(0).get(r, c) * slope)));
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
            if (is(PlantedSlips.Slip.SUMS_16_ROWS_OF_GAIN)) to = Math.min(to, from + 16);
            int kept = is(PlantedSlips.Slip.KEPT_NORMALS_FROM_ROW_0) ? from : 0;
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++)
                    target.get(0)
                            .set(
                                    0,
                                    c,
                                    Arithmetic.fma(
                                            pass.perRow(0).get(r - kept, c),
                                            scale * dOutput.get(r, c),
                                            target.get(0).get(0, c)));
        }

        @Override
        public void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {
            if (is(PlantedSlips.Slip.NEVER_UPDATES_STATISTICS)) return;
            float keep = is(PlantedSlips.Slip.SUMS_STATISTICS) ? 1 : momentum;
            if (is(PlantedSlips.Slip.STATISTICS_EXPLODE)) keep = 2 - momentum + 4;
            for (int k = 0; k < 2; k++)
                for (int c = 0; c < size; c++)
                    parameters
                            .get(1 + k)
                            .set(
                                    0,
                                    c,
                                    keep * parameters.get(1 + k).get(0, c)
                                            + (1 - momentum)
                                                    * pass.get(Kept.STATISTICS).get(k, c));
        }

        @Override
        public Layer forPrediction() {
            return new Running(size, slip);
        }
    }

    /** Batch normalisation by running statistics. */
    private static final class Running extends SlippedRandomLayer {

        Running(int size, PlantedSlips.Slip slip) {
            super(size, slip);
        }

        @Override
        public List<ParameterShape> parameters() {
            return new BatchNorm(size, 0.9f, slip).parameters();
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++) {
                    double factor = 1 / Math.sqrt(parameters.get(2).get(0, c) + BatchNorm.EPSILON);
                    if (is(PlantedSlips.Slip.TAKES_VARIANCE_FOR_DEVIATION)) factor *= factor;
                    output.set(
                            r,
                            c,
                            (is(PlantedSlips.Slip.PREDICTS_WITHOUT_GAIN)
                                            ? 1
                                            : parameters.get(0).get(0, c))
                                    * (float) ((input.get(r, c)
                                                    - parameters.get(1).get(0, c))
                                            * factor));
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
            throw new UnsupportedOperationException("for prediction only");
        }
    }
}
