package lanewise.train;

/** Hears how training goes, on the training thread. Both methods do nothing by default. */
public interface TrainingListener {

    /**
     * A batch is done. Called after every step: keep it short. Some of the parameters' updates may still be waiting;
     * they are done before {@link #epochDone}.
     *
     * @param epoch from 1
     * @param samplesDone of this epoch
     * @param samples of an epoch
     * @param loss the batch's mean loss, before its update
     */
    default void batchDone(int epoch, int samplesDone, int samples, double loss) {}

    /**
     * An epoch is done.
     *
     * @param epoch what it was
     */
    default void epochDone(Epoch epoch) {}

    /**
     * One pass over the training data.
     *
     * @param number from 1
     * @param loss mean over the epoch's samples, each before its own update
     * @param samples number of samples
     * @param nanos time that the epoch's steps took, listeners included; of an epoch that was gone on with, only those of
     *     the last call
     * @param sharing how these steps were shared among threads
     */
    record Epoch(int number, double loss, int samples, long nanos, Sharing sharing) {

        /**
         * Speed; too high for an epoch that was gone on with.
         *
         * @return samples per second
         */
        public double samplesPerSecond() {
            return samples / (nanos * 1e-9);
        }
    }
}
