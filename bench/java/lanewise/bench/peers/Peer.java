package lanewise.bench.peers;

import java.io.Closeable;
import java.io.IOException;

/**
 * A library for Java that does the work of {@link Work}, used as its documentation recommends. For one thread.
 *
 * <p>A peer need not do everything: what the suite does not ask it for stays as it is here. What is asked for and fails
 * throws, and the peer is left out of the report by that message.
 */
public interface Peer extends Closeable {

    /** The library's name, as reports name it. */
    String name();

    /** Its version, with that of what it runs on. */
    String version();

    /** How it is used: threads, options, the form of its inputs. */
    String settings();

    /**
     * Whether the outputs are a softmax, trained by its cross-entropy. Else they are sigmoids divided by their sum, trained
     * by half the sum of squared errors of the sigmoids.
     */
    default boolean softmax() {
        return true;
    }

    /**
     * Makes the network with the trained weights, ready to predict.
     *
     * @param work where the weights are, or the same in the library's own form
     * @throws Exception if that fails
     */
    void load(Work work) throws Exception;

    /**
     * Predicts one digit, with whatever copies it takes to and from Java's arrays.
     *
     * @param digit pixels from 0 to 1; not modified
     * @param probabilities to be overwritten
     * @throws Exception if that fails
     */
    void predict(float[] digit, float[] probabilities) throws Exception;

    /** Sizes of batches of which one suits the library best when it predicts all test digits; 1 is one by one. */
    default int[] batchSizes() {
        return new int[] {1, 32, 128, 512, 2048, Work.TEST};
    }

    /**
     * Brings test digits into the form that suits the library.
     *
     * @param digits the pixels of one digit after another; not modified
     * @param rows of a batch; the last one may have fewer
     * @return predicts them
     * @throws Exception if that fails
     */
    default Scoring scoring(float[] digits, int rows) throws Exception {
        throw new UnsupportedOperationException(name() + " does not predict many digits here");
    }

    /**
     * Prepares a training that begins with given weights: brings the digits into the form that suits the library, for runs
     * are timed.
     *
     * @param weights as {@link Work#initial} gives them; not modified
     * @param digits to train on
     * @param batch samples of a step
     * @param threads that may be used
     * @return trains
     * @throws Exception if that fails
     */
    default Training training(float[] weights, Digits digits, int batch, int threads) throws Exception {
        throw new UnsupportedOperationException(name() + " is not trained here");
    }

    /**
     * Prepares a training of the library's own kind from given weights to an accuracy of {@link Work#ACCURACY} at least.
     *
     * @param weights as {@link Work#initial} gives them; not modified
     * @param digits to train on
     * @return trains
     * @throws Exception if that fails
     */
    default Course course(float[] weights, Digits digits) throws Exception {
        throw new UnsupportedOperationException(name() + " is not trained to an accuracy here");
    }

    @Override
    default void close() throws IOException {}

    /** A training to a given accuracy, from beginning to end; for one run. */
    interface Course {

        /** Trains. */
        void run() throws Exception;

        /** Predicts test digits with the weights of now. */
        float[] probabilities(float[] digits) throws Exception;
    }

    /** Predictions of all digits that {@link #scoring} was given. */
    interface Scoring extends Closeable {

        /** Predicts all of them. */
        void run() throws Exception;

        /** The probabilities of the last run, digit by digit. */
        float[] probabilities() throws Exception;

        @Override
        default void close() throws IOException {}
    }

    /** A training by plain gradient descent on the mean cross-entropy of each batch. */
    interface Training extends Closeable {

        /** How many samples each run has, always the same ones; 0 if any will do. */
        default int stretch() {
            return 0;
        }

        /**
         * Goes on with some samples.
         *
         * @param order of the samples; not modified
         * @param from the first index into it
         * @param to the index after the last one; their number is a multiple of the batch
         * @param rate what the mean gradient is multiplied by
         */
        void run(int[] order, int from, int to, float rate) throws Exception;

        /** Predicts test digits with the weights of now. */
        float[] probabilities(float[] digits) throws Exception;

        @Override
        default void close() throws IOException {}
    }
}
