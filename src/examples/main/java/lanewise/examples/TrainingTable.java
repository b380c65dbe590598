package lanewise.examples;

import java.util.List;
import java.util.Set;
import lanewise.data.Dataset;
import lanewise.data.Split;

/**
 * A table's rows as data sets to train on.
 *
 * @param table as it was read
 * @param encoding that its training part decides
 * @param classes null of a target of numbers
 * @param training the rows that are trained on
 * @param validation null without one
 */
record TrainingTable(Table table, Encoding encoding, List<String> classes, Dataset training, Dataset validation) {

    /**
     * The right answers of a table's rows.
     *
     * @param column of the target
     * @param classes null of numbers
     * @param labels each row's class; null of numbers
     * @param numbers null of classes
     */
    record Target(int column, List<String> classes, int[] labels, float[] numbers) {

        /**
         * Reads a column.
         *
         * @throws Failure if a value is missing or not of the task, or there is one class only
         */
        static Target of(Table table, int column, boolean regression) {
            if (regression) return new Target(column, null, null, Encoding.numbers(table, column));
            List<String> classes = Encoding.classes(table, column);
            return new Target(column, classes, Encoding.classIndices(table, column, classes), null);
        }

        /**
         * A split of the rows, of classes by their shares.
         *
         * @throws IllegalArgumentException if a part would be empty
         */
        Split split(double fraction, long seed) {
            return labels == null
                    ? Split.random(numbers.length, fraction, seed)
                    : Split.stratified(labels, fraction, seed);
        }
    }

    /**
     * Encodes a table.
     *
     * @param split null if all rows are trained on
     * @param ignored columns that are left out
     * @param categorical columns of categories, even if they look like numbers
     * @param main is told what is unknown
     * @throws Failure if a column or a value cannot be learned from
     */
    static TrainingTable of(
            Table table, Target target, Split split, Set<Integer> ignored, Set<Integer> categorical, Main main) {
        int[] trained = split == null ? new int[table.rows()] : split.trainingSamples();
        if (split == null) for (int i = 0; i < trained.length; i++) trained[i] = i;
        Encoding encoding = Encoding.of(table, trained, target.column, ignored, categorical);
        Encoding.Inputs inputs = encoding.inputs(table, true);
        inputs.remark(main);
        int width = encoding.inputSize();
        Dataset all = target.labels != null
                ? Dataset.ofFloats(width, inputs.values(), target.labels, target.classes.size())
                : Dataset.ofFloats(width, inputs.values(), 1, target.numbers);
        return split == null
                ? new TrainingTable(table, encoding, target.classes, all, null)
                : new TrainingTable(table, encoding, target.classes, split.training(all), split.test(all));
    }

    int inputSize() {
        return training.inputSize();
    }

    boolean classification() {
        return classes != null;
    }

    /** The rows that the network is scored on. */
    Dataset scored() {
        return validation == null ? training : validation;
    }
}
