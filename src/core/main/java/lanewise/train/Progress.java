package lanewise.train;

/**
 * A place in a training, between two steps: what a trainer needs to go on there, besides the parameters and what the
 * optimizer remembers.
 *
 * @param epoch the epoch under way, from 1
 * @param step number of steps that are done, in all epochs together
 * @param position number of samples of this epoch that are done
 * @param lossSum sum of these samples' losses
 */
public record Progress(int epoch, long step, int position, double lossSum) {

    /** The place before the first step. */
    public static final Progress START = new Progress(1, 0, 0, 0);

    /**
     * Checks the place.
     *
     * @throws IllegalArgumentException if the epoch is less than 1, or a number negative
     */
    public Progress {
        if (epoch < 1 || step < 0 || position < 0)
            throw new IllegalArgumentException("epoch " + epoch + ", step " + step + ", position " + position
                    + ": an epoch of at least 1 expected, the others not negative");
    }

    /** The place before the next epoch. */
    Progress nextEpoch() {
        return new Progress(epoch + 1, step, 0, 0);
    }
}
