package lanewise.train;

import java.nio.file.Path;

/** Is called by a training, on its thread. The methods do nothing by default. */
public interface TrainingListener {

    /**
     * A call of {@link Trainer#train} is about to do its first step.
     *
     * @param trainer whose {@link Trainer#stop} this listener may call, then or later
     */
    default void started(Trainer trainer) {}

    /**
     * Something went wrong that the training goes on without: a checkpoint could not be written, say.
     *
     * @param message one sentence
     */
    default void warning(String message) {}

    /**
     * A checkpoint has been written: of a place in the training, or of the best epoch so far. Files beyond {@link
     * Checkpoints#keep} are deleted already.
     *
     * @param file it; may be copied elsewhere until this returns
     */
    default void checkpointWritten(Path file) {}

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
     * @param validation how the network does on the validation data; null if there are none
     * @param best whether the validation loss is the smallest so far
     * @param samples number of samples
     * @param nanos time that the epoch's steps took, listeners included; of an epoch that was gone on with, only those of
     *     the last call
     * @param sharing how these steps were shared among threads
     */
    record Epoch(
            int number, double loss, Evaluation validation, boolean best, int samples, long nanos, Sharing sharing) {

        /** The same with a validation. */
        Epoch validated(Evaluation found, boolean isBest) {
            return new Epoch(number, loss, found, isBest, samples, nanos, sharing);
        }

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
