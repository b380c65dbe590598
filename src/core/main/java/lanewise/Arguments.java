package lanewise;

import lanewise.layer.Task;

/** Checks of the arguments that predictors and pools of them are given, made before anything is written. */
final class Arguments {

    private Arguments() {}

    /** @throws IndexOutOfBoundsException if rows of that size do not lie between from and end */
    static void check(String what, int rows, int size, int from, int end) {
        if (rows < 0 || from < 0 || (long) rows * size > end - from) throw outOfBounds(what, rows, size, from, end);
    }

    private static IndexOutOfBoundsException outOfBounds(String what, int rows, int size, int from, int end) {
        return new IndexOutOfBoundsException(
                what + ": " + rows + " x " + size + " elements from index " + from + " on, but there are " + end);
    }

    /**
     * Checks an input's non-zero elements.
     *
     * @throws IllegalArgumentException if the indices do not ascend
     * @throws IndexOutOfBoundsException if an index is not an input's, or an array is too short
     */
    static void checkElements(int[] indices, float[] values, int offset, int count, int inputSize) {
        check("indices", count, 1, offset, indices.length);
        check("values", count, 1, offset, values.length);
        int last = -1;
        for (int k = offset; k < offset + count; k++) {
            int index = indices[k];
            if (index <= last || index >= inputSize) throw badIndex(k, index, last, inputSize);
            last = index;
        }
    }

    private static RuntimeException badIndex(int at, int index, int last, int inputSize) {
        if (index < 0 || index >= inputSize)
            return new IndexOutOfBoundsException(
                    "indices[" + at + "] is " + index + ", 0 to " + (inputSize - 1) + " expected");
        return new IllegalArgumentException("indices[" + at + "] is " + index + " after " + last
                + ", strictly ascending indices expected; sort them, and add the values of equal ones");
    }

    /** @throws IllegalStateException if outputs that answer this have no classes */
    static void checkClasses(Task task, int outputSize) {
        if (task == Task.REGRESSION || task == Task.MULTILABEL) throw noClasses(task, outputSize);
    }

    private static IllegalStateException noClasses(Task task, int outputSize) {
        return new IllegalStateException(
                task == Task.REGRESSION
                        ? "a regression model has no classes: its " + outputSize
                                + (outputSize == 1 ? " output is a number" : " outputs are numbers")
                                + ", which predict gives; if they are classes' scores, say so by Model.Builder.task"
                        : "a multilabel model has no classes: its " + outputSize
                                + " outputs answer yes or no each by itself, and predict gives their probabilities");
    }
}
