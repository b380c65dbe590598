package lanewise.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.Network;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * All that changes in a training: the place, parameters and what is laid out like them, and the validations. What {@link
 * Checkpoint} writes to a file is this.
 */
final class Course {

    private final Parameters parameters;

    /** The optimizer's. */
    final Parameters[] states;

    /** The average of the parameters; null if there is none. */
    final Parameters average;

    /** The parameters themselves while the network has the average; null if there is none. */
    private final Parameters aside;

    /** The parameters of the epoch with the smallest validation loss; null if there is no validation. */
    private final Parameters best;

    final List<Double> validationLosses = new ArrayList<>();

    /** From 1; 0 if there is none. */
    int bestEpoch;

    /** Of the call under way: its first epoch, the validations before it, and the number of its steps that are done. */
    int firstEpoch;

    private int firstValidation;
    long done;

    volatile Progress progress;

    Course(Network network, Parameters[] states, boolean averages, boolean validates, Progress start) {
        parameters = network.parameters();
        this.states = states;
        average = averages ? parameters.like() : null;
        aside = averages ? parameters.like() : null;
        best = validates ? parameters.like() : null;
        progress = start;
    }

    /** A call begins that is to do all its epochs, of which so many steps of the first are done. */
    void begin(long stepsDone) {
        firstEpoch = progress.epoch();
        firstValidation = validationLosses.size();
        done = stepsDone;
    }

    /** The average begins anew. */
    void beginAverage() {
        if (average != null) average.copyFrom(parameters);
    }

    /** Gives the network the average, with the parameters' own statistics. */
    void showAverage() {
        if (average == null) return;
        aside.copyFrom(parameters);
        for (int i = 0; i < parameters.size(); i++) {
            Slice from = parameters.get(i), to = average.get(i);
            if (!parameters.shapes().get(i).trained())
                System.arraycopy(from.array(), from.offset(), to.array(), to.offset(), from.rows() * from.stride());
        }
        parameters.copyFrom(average);
    }

    /** Gives the network its parameters back. */
    void hideAverage() {
        if (average != null) parameters.copyFrom(aside);
    }

    /** After a validation of what the network has. Returns whether it is the best so far. */
    boolean validated(int epoch, double loss) {
        validationLosses.add(loss);
        if (bestValidation() < validationLosses.size()) return false;
        best.copyFrom(parameters);
        bestEpoch = epoch;
        return true;
    }

    /** Number of validations up to the best one. */
    private int bestValidation() {
        int number = 0;
        double smallest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < validationLosses.size(); i++)
            if (validationLosses.get(i) < smallest) {
                smallest = validationLosses.get(i);
                number = i + 1;
            }
        return number;
    }

    /** Number of validations, of this call, since the best one. */
    int validationsSinceBest() {
        return validationLosses.size() - Math.max(bestValidation(), firstValidation);
    }

    /** Leaves the network with the best parameters, or else the average. */
    void end() {
        if (bestEpoch > 0) parameters.copyFrom(best);
        else showAverage();
    }

    /** All that is laid out like the parameters, by name. */
    private Map<String, Parameters> matrices() {
        Map<String, Parameters> all = new LinkedHashMap<>();
        all.put("parameters", parameters);
        for (int i = 0; i < states.length; i++) all.put("state " + (i + 1) + " of the optimizer", states[i]);
        if (average != null) all.put("average", average);
        if (best != null) all.put("best", best);
        return all;
    }

    /** A copy of all of it, at a place between two steps. */
    Checkpoint checkpoint(Map<String, String> settings, Progress place) {
        Map<String, float[]> arrays = new LinkedHashMap<>();
        matrices().forEach((name, matrices) -> arrays.put(name, matrices.toArray()));
        return new Checkpoint(
                settings, place, firstEpoch, firstValidation, done, bestEpoch, List.copyOf(validationLosses), arrays);
    }

    /** Takes all of it from a checkpoint; nothing if something is missing there, which is returned. */
    String resume(Checkpoint checkpoint) {
        for (Map.Entry<String, Parameters> matrices : matrices().entrySet()) {
            float[] values = checkpoint.arrays().get(matrices.getKey());
            if (values == null || values.length != matrices.getValue().count()) return matrices.getKey();
        }
        matrices()
                .forEach((name, matrices) ->
                        matrices.copyFrom(checkpoint.arrays().get(name)));
        progress = checkpoint.progress();
        firstEpoch = checkpoint.firstEpoch();
        firstValidation = checkpoint.firstValidation();
        done = checkpoint.done();
        bestEpoch = checkpoint.bestEpoch();
        validationLosses.clear();
        validationLosses.addAll(checkpoint.validationLosses());
        return null;
    }
}
