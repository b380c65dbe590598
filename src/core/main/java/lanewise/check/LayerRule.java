package lanewise.check;

import java.util.Set;
import java.util.function.Consumer;
import lanewise.check.GradientReport.Kind;

/**
 * The rules of a layer's contract, in the order in which they are tried. A rule runs the layer twice, with a difference
 * that must not matter, and compares bits. A rule that builds on a broken or untried one is not tried.
 */
enum LayerRule implements Rule {
    WRITES_RESULTS_ONLY(
            "a call changes its results and nothing else; the padding of gradients is +0.0",
            Set.of(),
            Set.of(Kind.WRITES_OUTSIDE, Kind.MODIFIES_ARGUMENT, Kind.PADDING, Kind.NOT_FINITE),
            MemoryRules::writesResultsOnly),

    IS_REPEATABLE(
            "two new passes that begin alike give the same bits",
            Set.of(WRITES_RESULTS_ONLY),
            Set.of(Kind.NOT_REPEATABLE),
            MemoryRules::isRepeatable),

    OVERWRITES_RESULTS(
            "forward overwrites output and backward overwrites dInput, whatever is there",
            Set.of(IS_REPEATABLE),
            Set.of(Kind.READS_RESULT, Kind.ACCUMULATES),
            MemoryRules::overwritesResults),

    IGNORES_PADDING(
            "the padding of input and output may hold any number, even NaN",
            Set.of(IS_REPEATABLE),
            Set.of(Kind.PADDING),
            MemoryRules::ignoresPadding),

    FORGETS_BATCHES(
            "a batch gives the same bits in a new pass and after another batch in the same pass",
            Set.of(OVERWRITES_RESULTS, IGNORES_PADDING),
            Set.of(Kind.KEEPS_STATE),
            MemoryRules::forgetsBatches),

    KEEPS_PASSES_APART(
            "two passes that take turns give the bits of each alone",
            Set.of(FORGETS_BATCHES),
            Set.of(Kind.KEEPS_STATE),
            MemoryRules::keepsPassesApart),

    REPEATS_BACKWARD(
            "a second backward after one forward gives the bits of a first one",
            Set.of(KEEPS_PASSES_APART),
            Set.of(Kind.KEEPS_STATE),
            MemoryRules::repeatsBackward),

    KEEPS_ROWS_APART(
            "if rowwise() is true, a row's results do not depend on other rows' inputs",
            Set.of(REPEATS_BACKWARD),
            Set.of(Kind.MIXES_ROWS),
            RowRules::keepsRowsApart),

    COMPUTES_ROWS_ASKED_FOR(
            "if rowwise() is true, only the rows from ... to - 1 are written, and pieces give the bits of the whole",
            Set.of(KEEPS_ROWS_APART),
            Set.of(Kind.IGNORES_ROWS),
            RowRules::computesRowsAskedFor),

    TAKES_SMALLER_BATCHES(
            "a pass made for more rows than the batch has gives the same bits",
            Set.of(REPEATS_BACKWARD),
            Set.of(Kind.IGNORES_ROWS),
            RowRules::takesSmallerBatches),

    PREPARES_WITHOUT_INPUT_GRADIENT(
            "backward without dInput leads to the same parameter gradient",
            Set.of(REPEATS_BACKWARD),
            Set.of(Kind.NEEDS_INPUT_GRADIENT),
            ParameterRules::preparesWithoutInputGradient),

    READS_NO_PARAMETERS(
            "parameterGradient reads no parameter",
            Set.of(REPEATS_BACKWARD),
            Set.of(Kind.READS_PARAMETERS),
            ParameterRules::readsNoParameters),

    REPEATS_PARAMETER_GRADIENT(
            "a second parameterGradient after one backward gives the bits of a first one",
            Set.of(READS_NO_PARAMETERS),
            Set.of(Kind.KEEPS_STATE),
            ParameterRules::repeatsParameterGradient),

    ADDS_TO_TARGET(
            "parameterGradient adds the same to whatever its target holds, and nothing to running statistics",
            Set.of(REPEATS_PARAMETER_GRADIENT),
            Set.of(Kind.OVERWRITES, Kind.READS_PARAMETERS, Kind.MODIFIES_ARGUMENT),
            ParameterRules::addsToTarget),

    MULTIPLIES_BY_SCALE(
            "parameterGradient multiplies the gradient by scale, and leaves dOutput as it is",
            Set.of(ADDS_TO_TARGET),
            Set.of(Kind.IGNORES_SCALE, Kind.MODIFIES_ARGUMENT),
            ParameterRules::multipliesByScale),

    DIVIDES_INTO_PARTS(
            "each parameter belongs to exactly one of the parts, and all parts make up the whole",
            Set.of(MULTIPLIES_BY_SCALE),
            Set.of(Kind.IGNORES_PARTS),
            ParameterRules::dividesIntoParts),

    UPDATES_RUNNING_STATISTICS_ONLY(
            "updateRunningStatistics changes running statistics and no trained parameter",
            Set.of(REPEATS_BACKWARD),
            Set.of(Kind.MODIFIES_ARGUMENT),
            ParameterRules::updatesRunningStatisticsOnly),

    PREDICTS_ROW_BY_ROW(
            "forPrediction() has the same sizes and parameters; a row's prediction does not depend on its batch",
            Set.of(REPEATS_BACKWARD),
            Set.of(Kind.PREDICTS_DIFFERENTLY, Kind.READS_RESULT, Kind.WRITES_OUTSIDE, Kind.MODIFIES_ARGUMENT),
            RowRules::predictsRowByRow),

    SUMS_ROWS_ASKED_FOR(
            "parameterGradient of some rows does not depend on the input, output and dOutput of the others, nor, if rowwise()"
                    + " is true, on what was kept of them",
            Set.of(MULTIPLIES_BY_SCALE),
            Set.of(Kind.IGNORES_ROWS),
            ParameterRules::sumsRowsAskedFor),

    SHARES_BATCHES(
            "two workers on one batch, in any interleaving, give the bits of one",
            Set.of(COMPUTES_ROWS_ASKED_FOR, DIVIDES_INTO_PARTS, UPDATES_RUNNING_STATISTICS_ONLY),
            Set.of(Kind.NOT_SHAREABLE),
            RowRules::sharesBatches),

    LEAVES_BATCH_MEMORY(
            "if rowwise() is true, forward and backward of rows put nothing of these rows into memory per batch",
            Set.of(COMPUTES_ROWS_ASKED_FOR),
            Set.of(Kind.NOT_SHAREABLE),
            MemoryRules::leavesBatchMemory),

    TAKES_ZERO_ROWS(
            "where dOutput is zero, backward writes zeros to dInput and parameterGradient adds nothing",
            Set.of(REPEATS_PARAMETER_GRADIENT),
            Set.of(Kind.READS_RESULT, Kind.MIXES_ROWS, Kind.NOT_LINEAR),
            UpstreamRules::takesZeroRows),

    SCALES_WITH_UPSTREAM(
            "dOutput times a large or a small number gives the gradients times that number",
            Set.of(REPEATS_PARAMETER_GRADIENT),
            Set.of(Kind.NOT_LINEAR),
            UpstreamRules::scalesWithUpstream),

    ADDS_UPSTREAMS(
            "the sum of two dOutputs gives the sum of their gradients, also where one of them is zero",
            Set.of(SCALES_WITH_UPSTREAM),
            Set.of(Kind.NOT_LINEAR),
            UpstreamRules::addsUpstreams),

    FOLLOWS_PARAMETERS(
            "results follow the parameters when they change, and are the same bits when they have changed back",
            Set.of(REPEATS_PARAMETER_GRADIENT),
            Set.of(Kind.STALE_PARAMETERS),
            ChangeRules::followsParameters),

    INITIALIZES_REPEATABLY(
            "initialize sets the same finite parameters from the same seed, and writes nothing else",
            Set.of(),
            Set.of(Kind.NOT_REPEATABLE, Kind.WRITES_OUTSIDE, Kind.NOT_FINITE),
            ChangeRules::initializesRepeatably),

    IGNORES_STEP(
            "where another seed changes nothing, another step and another first row do not either",
            Set.of(REPEATS_PARAMETER_GRADIENT),
            Set.of(Kind.DEPENDS_ON_STEP),
            StepRules::ignoresStep),

    DRAWS_BY_PLACE(
            "random numbers differ between seeds, steps and rows, and belong to the row's number in the epoch",
            Set.of(COMPUTES_ROWS_ASKED_FOR),
            Set.of(Kind.WRONG_RANDOM_NUMBERS),
            StepRules::drawsByPlace),

    IGNORES_BATCH_SIZE(
            "if rowwise() is true, a row gives the same by itself and anywhere in a batch of any size, and the parameters'"
                    + " gradients of the rows add up",
            Set.of(COMPUTES_ROWS_ASKED_FOR, MULTIPLIES_BY_SCALE, IGNORES_STEP, DRAWS_BY_PLACE),
            Set.of(Kind.DEPENDS_ON_ROWS, Kind.NOT_A_SUM),
            BatchRules::ignoresBatchSize),

    SUMS_ALL_ROWS(
            "if rowwise() is false, parameterGradient of a large batch is the sum of those of its rows",
            Set.of(MULTIPLIES_BY_SCALE, SUMS_ROWS_ASKED_FOR),
            Set.of(Kind.NOT_A_SUM),
            BatchRules::sumsAllRows),

    PREDICTS_WHAT_IT_TRAINS(
            "if nothing is random and there are no running statistics, prediction and training have the same output",
            Set.of(PREDICTS_ROW_BY_ROW),
            Set.of(Kind.PREDICTS_DIFFERENTLY),
            PredictionRules::predictsWhatItTrains),

    KEEPS_MEAN(
            "a dropout's outputs have the mean of its predictions",
            Set.of(PREDICTS_ROW_BY_ROW, DRAWS_BY_PLACE),
            Set.of(Kind.WRONG_RANDOM_NUMBERS),
            PredictionRules::keepsMean),

    SETTLES_RUNNING_STATISTICS(
            "running statistics are updated, stay finite, and come to rest under updates by the same batch; prediction by"
                    + " them is about what training gives",
            Set.of(UPDATES_RUNNING_STATISTICS_ONLY, PREDICTS_ROW_BY_ROW),
            Set.of(Kind.NOT_FINITE, Kind.STATISTICS_DO_NOT_SETTLE, Kind.PREDICTS_DIFFERENTLY),
            PredictionRules::settlesRunningStatistics),

    ALLOWS_THREADS(
            "two threads at the same time, each with a pass of its own, give the bits of one",
            Set.of(REPEATS_PARAMETER_GRADIENT),
            Set.of(Kind.NOT_THREAD_SAFE),
            ThreadRules::allowsThreads);

    private final String demand;
    private final Set<LayerRule> basis;
    private final Set<Kind> kinds;
    private final Consumer<LayerTrial> check;

    LayerRule(String demand, Set<LayerRule> basis, Set<Kind> kinds, Consumer<LayerTrial> check) {
        this.demand = demand;
        this.basis = basis;
        this.kinds = kinds;
        this.check = check;
    }

    @Override
    public String demand() {
        return demand;
    }

    @Override
    public Set<Kind> kinds() {
        return kinds;
    }

    /** The rules that this one builds on. */
    Set<LayerRule> basis() {
        return basis;
    }

    /** Tries the rule. */
    void check(LayerTrial trial) {
        check.accept(trial);
    }
}
