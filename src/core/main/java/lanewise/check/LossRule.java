package lanewise.check;

import java.util.Set;
import java.util.function.Consumer;
import lanewise.check.GradientReport.Kind;

/** The rules of a loss's contract, in the order in which they are tried. Each builds on all before. */
enum LossRule implements Rule {
    WRITES_ITS_ROW_ONLY(
            "valueAndGradient writes its row of dLogits and nothing else; the padding there is +0.0",
            Set.of(Kind.WRITES_OUTSIDE, Kind.MODIFIES_ARGUMENT, Kind.PADDING),
            LossTrial::writesItsRowOnly),

    IS_REPEATABLE(
            "the same logits and targets give the same loss and gradient, whatever dLogits held",
            Set.of(Kind.NOT_REPEATABLE, Kind.READS_RESULT),
            LossTrial::isRepeatable),

    IGNORES_PADDING(
            "the padding of all matrices may hold any number, even NaN",
            Set.of(Kind.PADDING),
            LossTrial::ignoresPadding),

    KEEPS_ROWS_APART(
            "a row's loss and gradient do not depend on other rows' logits and targets",
            Set.of(Kind.MIXES_ROWS),
            LossTrial::keepsRowsApart),

    DIVIDES_GRADIENT_BY_ROWS(
            "a row's gradient is divided by the rows of the batch, however many, its loss is not",
            Set.of(Kind.WRONG_LOSS, Kind.IGNORES_ROWS),
            LossTrial::dividesGradientByRows),

    ALLOWS_ANY_ORDER(
            "a row has the same loss and gradient whichever rows were asked for before",
            Set.of(Kind.KEEPS_STATE),
            LossTrial::allowsAnyOrder),

    KEEPS_ROWS_ALIKE(
            "a row's loss and gradient do not depend on its place in a batch of any size, nor on how far apart rows lie",
            Set.of(Kind.MIXES_ROWS, Kind.DEPENDS_ON_ROWS),
            LossTrial::keepsRowsAlike),

    REPORTS_INVALID_LOGITS(
            "the loss of a row with a NaN among its logits is NaN",
            Set.of(Kind.WRONG_LOSS),
            LossTrial::reportsInvalidLogits),

    GIVES_THE_SAME_VALUE_ALONE(
            "value gives the bits that valueAndGradient gives, and writes nothing",
            Set.of(Kind.MODIFIES_ARGUMENT, Kind.WRONG_LOSS),
            LossTrial::givesTheSameValueAlone),

    IGNORES_SIGNS_OF_ZEROS(
            "logits and targets of -0.0 give the loss and gradient of +0.0",
            Set.of(Kind.WRONG_LOSS),
            LossTrial::ignoresSignsOfZeros),

    TAKES_CLASSES_AS_ONE_HOT(
            "a class's index gives the loss and gradient of its one-hot row, if both kinds of targets are accepted",
            Set.of(Kind.WRONG_LOSS),
            LossTrial::takesClassesAsOneHot),

    ALLOWS_THREADS(
            "two threads at the same time, each with a pass of its own, give the bits of one",
            Set.of(Kind.NOT_THREAD_SAFE),
            LossTrial::allowsThreads);

    private final String demand;
    private final Set<Kind> kinds;
    private final Consumer<LossTrial> check;

    LossRule(String demand, Set<Kind> kinds, Consumer<LossTrial> check) {
        this.demand = demand;
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

    /** Tries the rule. */
    void check(LossTrial trial) {
        check.accept(trial);
    }
}
