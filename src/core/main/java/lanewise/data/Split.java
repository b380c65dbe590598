package lanewise.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.layer.RandomSource;

/**
 * A division of samples into a training part and a test part (or validation part). Chosen by a seed, the same on every machine;
 * both parts keep the samples' order. Immutable.
 *
 * <pre>{@code
 * Split split = Split.stratified(data, 0.2, 1);
 * trainer.train(split.training(data));
 * Evaluation.of(network, loss, split.test(data));
 * }</pre>
 */
public final class Split {

    /** Of the random numbers under a seed: not those of a network's initialisation nor of an epoch's order. */
    private static final long STREAM = -1;

    private final int[] training;
    private final int[] test;

    /** With the samples that are marked in the test part. */
    private Split(boolean[] inTest) {
        int count = 0;
        for (boolean in : inTest) if (in) count++;
        training = new int[inTest.length - count];
        test = new int[count];
        int trained = 0, tested = 0;
        for (int i = 0; i < inTest.length; i++) {
            if (inTest[i]) test[tested++] = i;
            else training[trained++] = i;
        }
    }

    /**
     * A split at random.
     *
     * @param samples their number
     * @param fraction share of the test part, in (0, 1); {@code Math.round(fraction · samples)} samples
     * @param seed equal seeds give equal splits
     * @return a new split
     * @throws IllegalArgumentException if the fraction is not so, or a part would be empty
     */
    public static Split random(int samples, double fraction, long seed) {
        return ofFraction(new int[samples], fraction, seed, false);
    }

    /**
     * A split in which each class has its share: a class's samples in the test part differ from {@code fraction} of them by
     * less than one, and at least one sample of each class is in the training part.
     *
     * @param classes of the samples
     * @param fraction share of the test part, in (0, 1)
     * @param seed equal seeds give equal splits
     * @return a new split
     * @throws IllegalArgumentException if the fraction is not so, or a part would be empty
     */
    public static Split stratified(int[] classes, double fraction, long seed) {
        return ofFraction(classes, fraction, seed, true);
    }

    /**
     * A split of a data set in which each class has its share, see {@link #stratified(int[], double, long)}.
     *
     * @param data with classes
     * @param fraction share of the test part, in (0, 1)
     * @param seed equal seeds give equal splits
     * @return a new split
     * @throws IllegalArgumentException if the fraction is not so, or a part would be empty
     * @throws IllegalStateException if a target is no class, see {@link Dataset#label}
     */
    public static Split stratified(Dataset data, double fraction, long seed) {
        return stratified(classes(data), fraction, seed);
    }

    /** Shares are rounded so that those of the first classes together are right, however many classes these are. */
    private static Split ofFraction(int[] classes, double fraction, long seed, boolean keepOne) {
        if (!(fraction > 0 && fraction < 1))
            throw new IllegalArgumentException(
                    "a test part of " + fraction + " of the samples, a fraction between 0 and 1 expected");
        int[] order = byClass(classes, seed);
        boolean[] inTest = new boolean[classes.length];
        int count = 0;
        for (int from = 0, to; from < order.length; from = to) {
            to = end(order, classes, from);
            long share = Math.round(fraction * to) - Math.round(fraction * from);
            if (keepOne) share = Math.min(share, to - from - 1);
            for (int i = from; i < from + share; i++) inTest[order[i]] = true;
            count += (int) share;
        }
        if (count == 0 || count == classes.length)
            throw new IllegalArgumentException("a test part of " + fraction + " of " + classes.length
                    + " samples leaves a part empty; more samples are needed, or another fraction");
        return new Split(inTest);
    }

    /**
     * Splits for a cross-validation: each sample is in the test part of exactly one, and these parts' sizes differ by one at
     * most.
     *
     * @param samples their number
     * @param folds number of splits, from 2 to the number of samples
     * @param seed equal seeds give equal splits
     * @return the splits
     * @throws IllegalArgumentException if the number of folds is not so
     */
    public static List<Split> folds(int samples, int folds, long seed) {
        return stratifiedFolds(new int[samples], folds, seed);
    }

    /**
     * Splits for a cross-validation, in which each class has its share: the test parts' samples of a class, too, differ by one at
     * most.
     *
     * @param classes of the samples
     * @param folds number of splits, from 2 to the number of samples
     * @param seed equal seeds give equal splits
     * @return the splits
     * @throws IllegalArgumentException if the number of folds is not so
     */
    public static List<Split> stratifiedFolds(int[] classes, int folds, long seed) {
        if (folds < 2 || folds > classes.length)
            throw new IllegalArgumentException(
                    folds + " folds of " + classes.length + " samples, from 2 to the number of samples expected");
        int[] order = byClass(classes, seed);
        List<Split> splits = new ArrayList<>();
        for (int fold = 0; fold < folds; fold++) {
            boolean[] inTest = new boolean[order.length];
            for (int i = fold; i < order.length; i += folds) inTest[order[i]] = true;
            splits.add(new Split(inTest));
        }
        return splits;
    }

    /**
     * Splits of a data set for a cross-validation, in which each class has its share, see {@link #stratifiedFolds(int[], int,
     * long)}.
     *
     * @param data with classes
     * @param folds number of splits, from 2 to the number of samples
     * @param seed equal seeds give equal splits
     * @return the splits
     * @throws IllegalArgumentException if the number of folds is not so
     * @throws IllegalStateException if a target is no class, see {@link Dataset#label}
     */
    public static List<Split> stratifiedFolds(Dataset data, int folds, long seed) {
        return stratifiedFolds(classes(data), folds, seed);
    }

    private static int[] classes(Dataset data) {
        int[] classes = new int[data.size()];
        for (int i = 0; i < classes.length; i++) classes[i] = data.label(i);
        return classes;
    }

    /** All samples, class by class in ascending order, those of a class in random order. */
    private static int[] byClass(int[] classes, long seed) {
        int[] order = new int[classes.length];
        for (int i = 0; i < order.length; i++) order[i] = i;
        new RandomSource(seed, STREAM).shuffle(order);
        long[] keys = new long[order.length];
        for (int i = 0; i < keys.length; i++) keys[i] = (long) classes[order[i]] << 32 | i;
        Arrays.sort(keys);
        int[] sorted = new int[order.length];
        for (int i = 0; i < keys.length; i++) sorted[i] = order[(int) keys[i]];
        return sorted;
    }

    /** Index after the last sample of the class that begins at {@code from}. */
    private static int end(int[] order, int[] classes, int from) {
        int to = from + 1;
        while (to < order.length && classes[order[to]] == classes[order[from]]) to++;
        return to;
    }

    /**
     * The training part of a data set.
     *
     * @param data with as many samples as were split
     * @return a data set that shares its arrays
     */
    public Dataset training(Dataset data) {
        return data.select(training);
    }

    /**
     * The test part of a data set.
     *
     * @param data with as many samples as were split
     * @return a data set that shares its arrays
     */
    public Dataset test(Dataset data) {
        return data.select(test);
    }

    /**
     * The samples of the training part.
     *
     * @return their numbers, ascending; a copy
     */
    public int[] trainingSamples() {
        return training.clone();
    }

    /**
     * The samples of the test part.
     *
     * @return their numbers, ascending; a copy
     */
    public int[] testSamples() {
        return test.clone();
    }

    /** {@code 120 samples for training, 30 for the test}. */
    @Override
    public String toString() {
        return training.length + " samples for training, " + test.length + " for the test";
    }
}
