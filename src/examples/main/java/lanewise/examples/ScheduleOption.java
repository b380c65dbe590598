package lanewise.examples;

import java.util.ArrayList;
import java.util.Locale;
import lanewise.train.schedule.Constant;
import lanewise.train.schedule.Cosine;
import lanewise.train.schedule.Exponential;
import lanewise.train.schedule.Linear;
import lanewise.train.schedule.OneCycle;
import lanewise.train.schedule.ReduceOnPlateau;
import lanewise.train.schedule.Schedule;
import lanewise.train.schedule.StepDecay;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The schedules of the learning rate that {@code --schedule} names, with their usual settings. */
enum ScheduleOption {
    /** The same rate always. */
    CONSTANT,
    /** Down to zero in a straight line. */
    LINEAR,
    /** A tenth after each third of the training. */
    STEP,
    /** Down to a hundredth, by the same factor in each step. */
    EXPONENTIAL,
    /** Half a cosine down to zero. */
    COSINE,
    /** Three such falls, each twice as long as the one before. */
    COSINE_RESTARTS,
    /** Up from a 25th in the first 30 %, then down to a 250,000th. */
    ONE_CYCLE,
    /** A tenth whenever the validation loss has not become smaller for more than ten epochs. */
    PLATEAU;
    private static final double FALL = 0.1, LAST = 0.01;

    /** The names, for the help and for guesses. */
    static final class Names extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Names() {
            for (ScheduleOption option : values()) add(option.toString());
        }
    }

    /**
     * The schedule of a name.
     *
     * @throws ParameterException if there is none
     */
    static ScheduleOption of(CommandLine command, String name) {
        for (ScheduleOption option : values()) if (option.toString().equals(name)) return option;
        throw new ParameterException(
                command,
                "--schedule " + name + ": one of " + String.join(", ", new Names()) + " expected"
                        + Guess.of(name, new Names()));
    }

    /**
     * The schedule.
     *
     * @param rate the first one, of one-cycle the highest; positive and finite
     * @param steps of the whole training, at least 1
     */
    Schedule schedule(float rate, long steps) {
        return switch (this) {
            case CONSTANT -> new Constant(rate);
            case LINEAR -> new Linear(rate);
            case STEP -> new StepDecay(rate, (steps + 2) / 3, FALL);
            case EXPONENTIAL -> new Exponential(rate, LAST);
            case COSINE -> new Cosine(rate);
            case COSINE_RESTARTS -> new Cosine(rate, (steps + 6) / 7, 2);
            case ONE_CYCLE -> new OneCycle(rate);
            case PLATEAU -> new ReduceOnPlateau(rate);
        };
    }

    /** The name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
