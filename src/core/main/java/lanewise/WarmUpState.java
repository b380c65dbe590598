package lanewise;

import lanewise.Model.Readiness;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;

/**
 * One model's progress towards the kernels that stay, and the kernels that its predictors use meanwhile: all of a model
 * that ever changes.
 *
 * <pre>
 *            queued               begun                  done
 *      COLD --------> WAITING ------------> WARMING_UP --------> WARM:   vector kernels for good
 *      |  ^             | ^                  ^  |  |        \
 *      |  |    ended    | |      queued      |  |  |         --> SCALAR: scalar kernels for good, with the reason
 *      |  +-------------+ +------------------|--+  |
 *      |  +----------------------------------|-----+ ended
 *      +-------------------------------------+ begun, by a caller
 * </pre>
 *
 * <p>Assumptions:
 *
 * <ol>
 *   <li>Transitions are made by one thread at a time: {@link WarmUpQueue} makes them under its lock. Readers need no lock.
 *   <li>All kernels give the same bits, so a predictor may change them between any two calls. {@link Rehearsal} checks
 *       that on the model itself before the kernels are exchanged.
 * </ol>
 *
 * <p>Guarantees, each with its test in {@code WarmUpStateTest}:
 *
 * <ol>
 *   <li>A reader sees one state whole: readiness, reason and kernels belong together
 *       ({@code aReaderSeesOneStateWhole}).
 *   <li>Nothing leaves {@code WARM} or {@code SCALAR} ({@code warmAndScalarAreForGood}).
 *   <li>The arrows above are the only transitions; all others throw and change nothing
 *       ({@code onlyTheArrowsDrawnLeadAnywhere}).
 *   <li>In {@code WARM} all predictors use the vector kernels, in {@code SCALAR} the scalar ones. Before, predictors of
 *       few rows may use the vector kernels already, others never do ({@code kernelsFollowTheState}).
 *   <li>There is always a reason, in one line ({@code everyStateHasAReason}).
 * </ol>
 */
final class WarmUpState {

    /**
     * A state, whole.
     *
     * @param reason why a model is cold, or stays on the scalar kernels; null for the usual reason
     * @param kernels of predictors of fewer rows than {@link Kernels#ROWS}
     * @param kernelsForSeveralRows of the others
     */
    private record State(Readiness readiness, String reason, Kernels kernels, Kernels kernelsForSeveralRows) {

        boolean isFinal() {
            return readiness == Readiness.WARM || readiness == Readiness.SCALAR;
        }
    }

    private volatile State now = first();

    /** Whether the first predictor has been made, which asks for the warm-up unless that is off. */
    private volatile boolean hadPredictor;

    /** Forced kernels are used from the first call on. */
    private static State first() {
        if (!Selection.forced()) return new State(Readiness.COLD, null, Selection.scalar(), Selection.scalar());
        Kernels forced = Selection.kernels();
        return new State(forced.width() > 0 ? Readiness.WARM : Readiness.SCALAR, null, forced, forced);
    }

    // Readers, any thread

    /** The kernels of predictors of so many rows. On the path of every prediction. */
    Kernels kernels(int rows) {
        State state = now;
        return rows < Kernels.ROWS ? state.kernels : state.kernelsForSeveralRows;
    }

    Readiness readiness() {
        return now.readiness;
    }

    /** Whether the kernels stay. */
    boolean isFinal() {
        return now.isFinal();
    }

    boolean hadPredictor() {
        return hadPredictor;
    }

    /** Why predictors use the kernels that they use. */
    String reason() {
        return reason(now);
    }

    private static String reason(State state) {
        if (state.reason != null) return state.reason;
        switch (state.readiness) {
            case COLD:
                return "not asked to warm up";
            case WAITING:
                return "waiting to be warmed up";
            case WARMING_UP:
                return "warming up";
            default:
                return Selection.reason();
        }
    }

    /** The kernels of predictors of one row by name, with the reason unless the model is warm. */
    @Override
    public String toString() {
        State state = now;
        String name = Lanewise.nameOf(state.kernels);
        if (state.readiness == Readiness.WARM) return name;
        return name + ", " + (state.readiness == Readiness.SCALAR ? "because " : "") + reason(state);
    }

    // Transitions, one thread at a time

    void hasPredictor() {
        hadPredictor = true;
    }

    /** The background thread will warm the model up; a caller who was at it has given up. */
    void queued() {
        State state = expect(Readiness.COLD, Readiness.WARMING_UP);
        now = new State(Readiness.WAITING, null, state.kernels, state.kernelsForSeveralRows);
    }

    /** A thread warms the model up. */
    void begun() {
        State state = expect(Readiness.COLD, Readiness.WAITING);
        now = new State(Readiness.WARMING_UP, null, state.kernels, state.kernelsForSeveralRows);
    }

    /** Predictors of few rows take these kernels from now on. */
    void fewRowsUse(Kernels kernels) {
        State state = expect(Readiness.WARMING_UP, Readiness.WARMING_UP);
        now = new State(Readiness.WARMING_UP, null, kernels, state.kernelsForSeveralRows);
    }

    /**
     * The warm-up is done.
     *
     * @param stay the kernels of all predictors for good
     * @param objection to the vector kernels; null if there is none, and then the model is warm
     */
    void done(Kernels stay, String objection) {
        expect(Readiness.WARMING_UP, Readiness.WARMING_UP);
        now = new State(objection == null ? Readiness.WARM : Readiness.SCALAR, objection, stay, stay);
    }

    /**
     * Nobody is at work on the model, or is going to be.
     *
     * @param reason why not
     */
    void ended(String reason) {
        State state = expect(Readiness.WAITING, Readiness.WARMING_UP);
        now = new State(Readiness.COLD, reason, state.kernels, state.kernelsForSeveralRows);
    }

    /** Gives a cold model another reason for being cold. */
    void staysCold(String reason) {
        State state = expect(Readiness.COLD, Readiness.COLD);
        now = new State(Readiness.COLD, reason, state.kernels, state.kernelsForSeveralRows);
    }

    private State expect(Readiness one, Readiness other) {
        State state = now;
        if (state.readiness != one && state.readiness != other)
            throw new IllegalStateException("a model that is " + state.readiness + ", " + one
                    + (one == other ? "" : " or " + other) + " expected: a fault of the warm-up");
        return state;
    }
}
