package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Layer;

/** Slips that a comparison of gradients at usual points does not see, but that break a rule. */
final class PlantedSlips {

    /** What is wrong; the layer; and the finding: its kind, its place, and under which condition. */
    enum Slip {
        NONE("", null, "", ""),

        // More rows than a comparison has.
        SUMS_8_ROWS("dense", Kind.NOT_A_SUM, "weights", "only from row 8 on"),
        SUMS_16_ROWS_OF_BIAS("dense", Kind.NOT_A_SUM, "bias", "only from row 16 on"),
        SUMS_LAST_12_ROWS("dense", Kind.NOT_A_SUM, "weights", "only from row 12 on"),
        MEAN_OF_MANY_ROWS("skip", Kind.NOT_A_SUM, "scale", "only from row 10 on"),
        SUMS_16_ROWS_OF_GAIN("batch norm", Kind.NOT_A_SUM, "gain", "only from row 16 on"),
        KEEPS_ROWS_MODULO_8("dense", Kind.DEPENDS_ON_ROWS, "dInput", "only from row 8 on"),
        KEEPS_16_GATES("gate", Kind.DEPENDS_ON_ROWS, "dInput", "only from row 16 on"),
        KEEPS_GATES_OF_32_ROWS("gate", Kind.DEPENDS_ON_ROWS, "dInput", "only from row 32 on"),
        KEEPS_MAXIMA_OF_10_ROWS("pool", Kind.DEPENDS_ON_ROWS, "dInput", "only from row 10 on"),
        NO_INPUT_GRADIENT_FROM_ROW_16("dense", Kind.DEPENDS_ON_ROWS, "dInput", "only from row 16 on"),
        FORGETS_REST_OF_BLOCKS("dense", Kind.DEPENDS_ON_ROWS, "output", "only in batches of 9, 10, 11, 12, 13, 14"),
        LAST_OF_MANY_ROWS_WITHOUT_BIAS("dense", Kind.DEPENDS_ON_ROWS, "output", "only from row 16 on"),

        // The gradient that comes in.
        SKIPS_ZERO_ROWS("dense", Kind.READS_RESULT, "dInput", "only where a row of dOutput is zero"),
        ENDS_AT_A_ZERO_ROW("dense", Kind.READS_RESULT, "dInput", "only where a row of dOutput is zero"),
        SKIPS_ZEROS("gate", Kind.READS_RESULT, "dInput", "only where a row of dOutput is zero"),
        CLIPS_UPSTREAM("dense", Kind.NOT_LINEAR, "dInput", "only where dOutput is large"),
        CLIPS_UPSTREAM_AT_10000("gate", Kind.NOT_LINEAR, "dInput", "only where dOutput is large"),
        LARGE_UPSTREAM_IS_ZERO("skip", Kind.NOT_LINEAR, "dInput", "only where dOutput is large"),
        CLIPS_UPSTREAM_BY_NORM("row norm", Kind.NOT_LINEAR, "dInput", "only where dOutput is large"),
        CLIPS_GAIN_GRADIENT("row norm", Kind.NOT_LINEAR, "gain", "only where dOutput is large"),
        FLOOR_UNDER_UPSTREAM("row norm", Kind.NOT_LINEAR, "dInput", "only where"),
        TINY_UPSTREAM_IS_ZERO("pool", Kind.NOT_LINEAR, "dInput", "only where dOutput is small"),
        VERY_TINY_UPSTREAM_IS_ZERO("dense", Kind.NOT_LINEAR, "dInput", "only where dOutput is small"),
        TINY_GAIN_GRADIENT_IS_ZERO("row norm", Kind.NOT_LINEAR, "gain", "only where dOutput is small"),
        SPARSE_UPSTREAM_WITHOUT_BIAS("dense", Kind.NOT_LINEAR, "bias", "only where some of a row's dOutput are zero"),
        SKIPS_ROWS_WITHOUT_LAST_UPSTREAM(
                "row norm", Kind.NOT_LINEAR, "dInput", "only where some of a row's dOutput are zero"),
        ENDS_AT_A_ZERO_UPSTREAM("skip", Kind.NOT_LINEAR, "dInput", "only where some of a row's dOutput are zero"),

        // Some rows of a batch.
        KEPT_FACTORS_FROM_ROW_0("row norm", Kind.IGNORES_ROWS, "gain", "not from row 0 on"),
        KEPT_NORMALS_FROM_ROW_0("batch norm", Kind.NOT_A_SUM, "gain", "of the same rows one by one"),

        ROW_IN_MEMORY_OF_BATCH("gate", Kind.NOT_SHAREABLE, "forward", "memory per batch"),
        SUM_IN_MEMORY_OF_BATCH("gate", Kind.NOT_SHAREABLE, "backward", "memory per batch"),

        // Calls after the first.
        PACKS_WEIGHTS_ONCE(
                "dense", Kind.STALE_PARAMETERS, "backward", "only in the second call after the parameters changed"),
        PACKS_WEIGHTS_ONCE_PER_PASS(
                "dense", Kind.STALE_PARAMETERS, "dInput", "only in the second call after the parameters changed"),
        PACKS_FORWARD_WEIGHTS_ONCE_PER_PASS(
                "dense", Kind.STALE_PARAMETERS, "output", "only in the second call after the parameters changed"),
        LOOKS_AT_FIRST_GAIN(
                "row norm", Kind.STALE_PARAMETERS, "output", "only in the second call after the parameters changed"),
        PACKS_FORWARD_WEIGHTS_ONCE("dense", Kind.STALE_PARAMETERS, "forward", "no output changes by a bit"),
        NOTHING_IN_STEP_0("dense", Kind.DEPENDS_ON_STEP, "weights", "only in step 0"),
        DOUBLE_INPUT_GRADIENT_IN_STEP_0("skip", Kind.DEPENDS_ON_STEP, "dInput", "only in step 0"),
        WARMS_UP_BY_STEP("dense", Kind.DEPENDS_ON_STEP, "weights", "in step 0 and in step 3"),
        NO_BIAS_IN_FIRST_BATCH("dense", Kind.DEPENDS_ON_STEP, "output", "only in an epoch's first batch"),
        INITIALIZES_BY_MATH_RANDOM("dense", Kind.NOT_REPEATABLE, "initialize", "from the same seed again"),
        FORGETS_SEED("drop", Kind.DEPENDS_ON_STEP, "output", "though another seed changes nothing"),
        FORGETS_STEP("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "the same random numbers in every step"),
        FORGETS_FIRST_ROW("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "forgets where the batch begins in the epoch"),
        SAME_NUMBERS_IN_EVERY_ROW(
                "noise", Kind.WRONG_RANDOM_NUMBERS, "noise", "every row of a batch the same random numbers"),
        SAME_NUMBERS_EVERYWHERE(
                "drop path", Kind.WRONG_RANDOM_NUMBERS, "droppath", "every row of a batch the same random numbers"),
        SAME_NUMBERS_EVERY_32_ROWS(
                "noise", Kind.WRONG_RANDOM_NUMBERS, "noise", "the same row of an epoch other random numbers"),

        SAME_NUMBERS_EVERY_3_STEPS("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "in step 3 and in step 6"),
        SAME_NUMBERS_IN_4_STEPS("noise", Kind.WRONG_RANDOM_NUMBERS, "noise", "in step 4 and in step 5"),
        ADDS_STEP_AND_ROW("drop path", Kind.WRONG_RANDOM_NUMBERS, "droppath", "as if step and row were added up"),
        ADDS_ROW_AND_COLUMN("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "moved by 1 column"),
        ADDS_5_ROWS_AND_COLUMN("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "moved by 5 columns"),
        SAME_NUMBERS_EVERY_8_ROWS("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "the row 8 rows before it"),

        // Prediction.
        PREDICTS_WITHOUT_BIAS("dense", Kind.PREDICTS_DIFFERENTLY, "output", "only in prediction"),
        PREDICTS_WITHOUT_ACTIVATION("dense", Kind.PREDICTS_DIFFERENTLY, "output", "only in prediction"),
        OPEN_GATES_IN_PREDICTION("gate", Kind.PREDICTS_DIFFERENTLY, "output", "only in prediction"),
        OTHER_EPSILON_IN_PREDICTION("row norm", Kind.PREDICTS_DIFFERENTLY, "output", "only in prediction"),
        NO_SKIP_IN_PREDICTION("skip", Kind.PREDICTS_DIFFERENTLY, "output", "only in prediction"),
        SINGLE_ROWS_WITHOUT_BIAS_IN_PREDICTION(
                "dense", Kind.PREDICTS_DIFFERENTLY, "output", "only in a pass made for one row"),
        SINGLE_ROWS_WITH_OTHER_EPSILON_IN_PREDICTION(
                "row norm", Kind.PREDICTS_DIFFERENTLY, "output", "only in a pass made for one row"),
        DROPS_WITHOUT_SCALE("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "predicts in the mean"),
        SCALES_BY_RATE("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "predicts in the mean"),
        KEEPS_WHAT_IT_SHOULD_DROP("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "predicts in the mean"),
        SCALES_IN_BOTH_PASSES("drop", Kind.WRONG_RANDOM_NUMBERS, "drop", "predicts in the mean"),
        NEVER_UPDATES_STATISTICS(
                "batch norm", Kind.STATISTICS_DO_NOT_SETTLE, "updateRunningStatistics", "it changes nothing"),
        SUMS_STATISTICS("batch norm", Kind.STATISTICS_DO_NOT_SETTLE, "updateRunningStatistics", "does not settle"),
        STATISTICS_EXPLODE("batch norm", Kind.NOT_FINITE, "updateRunningStatistics", "updates by the same batch"),

        PREDICTS_WITHOUT_GAIN("batch norm", Kind.PREDICTS_DIFFERENTLY, "output", "only in prediction"),
        TAKES_VARIANCE_FOR_DEVIATION("batch norm", Kind.PREDICTS_DIFFERENTLY, "output", "only in prediction"),

        // Threads.
        STATIC_ROW_IN_FORWARD("dense", Kind.NOT_THREAD_SAFE, "dense", "only while another thread"),
        SCRATCH_IN_A_MAP("dense", Kind.NOT_THREAD_SAFE, "dense", "only while another thread"),
        GATES_IN_A_FIELD("gate", Kind.NOT_THREAD_SAFE, "gate", "only while another thread"),
        STATIC_SUM_IN_BACKWARD("row norm", Kind.NOT_THREAD_SAFE, "rownorm", "only while another thread"),
        STATIC_SUMS_IN_PARAMETER_GRADIENT("skip", Kind.NOT_THREAD_SAFE, "skip", "only while another thread"),
        STATIC_MAXIMA("pool", Kind.NOT_THREAD_SAFE, "pool", "only while another thread");

        private final String layer;
        final Kind kind;
        final String place;
        final String condition;

        Slip(String layer, Kind kind, String place, String condition) {
            this.layer = layer;
            this.kind = kind;
            this.place = place;
            this.condition = condition;
        }

        Layer layer(int size) {
            return PlantedSlips.layer(layer, size, this);
        }

        GradientCheck check(int size) {
            return GradientCheck.of(layer(size)).seed(ordinal());
        }
    }

    private PlantedSlips() {}

    private static Layer layer(String kind, int size, Slip slip) {
        return switch (kind) {
            case "dense" -> new SlippedLayer.Dense(size, size + 2, slip);
            case "gate" -> new SlippedLayer.Gate(size, slip);
            case "row norm" -> new SlippedLayer.RowNorm(size + 1, slip);
            case "skip" -> new SlippedLayer.Skip(size, slip);
            case "pool" -> new SlippedLayer.Pool(size, slip);
            case "drop" -> new SlippedRandomLayer.Drop(size, 0.3f, slip);
            case "drop path" -> new SlippedRandomLayer.DropPath(size, slip);
            case "noise" -> new SlippedRandomLayer.Noise(size, slip);
            case "batch norm" -> new SlippedRandomLayer.BatchNorm(size, 0.9f, slip);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    /** Layers of all kinds, without a slip. */
    static List<Layer> right(int size) {
        List<Layer> right = new ArrayList<>();
        for (String kind :
                List.of("dense", "gate", "row norm", "skip", "pool", "drop", "drop path", "noise", "batch norm"))
            right.add(layer(kind, size, Slip.NONE));
        for (float rate : new float[] {0.001f, 0.05f, 0.5f, 0.9f})
            right.add(new SlippedRandomLayer.Drop(size, rate, Slip.NONE));
        right.add(new SlippedRandomLayer.BatchNorm(size, 0.5f, Slip.NONE));
        right.add(new SlippedRandomLayer.BatchNorm(size, 0.99f, Slip.NONE));
        return right;
    }

    static List<Planted> all() {
        List<Planted> all = new ArrayList<>();
        for (Slip slip : Slip.values())
            if (slip != Slip.NONE)
                all.add(Planted.of(
                        slip.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                        slip.check(7),
                        Depth.QUICK,
                        slip.kind,
                        slip.place,
                        slip.condition));
        return all;
    }
}
