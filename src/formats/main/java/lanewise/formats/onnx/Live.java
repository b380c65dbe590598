package lanewise.formats.onnx;

import java.util.Arrays;
import java.util.List;

/**
 * A value that is computed from the graph's input, as one shape of it: a reshape that keeps the order of the elements of
 * each row makes another view of the same operation's result.
 *
 * @param producer null for the input itself
 * @param type of the elements
 * @param dims with {@link Value#BATCH} at most once
 */
record Live(Operation producer, DataType type, int[] dims) implements Value {

    /**
     * A node of the graph that works on a live value, with its operands resolved.
     *
     * @param node what it does
     * @param inputs live and constant values; null where the node leaves an input out
     * @param number ascending in the order of computation, from 1; the input has 0
     * @param dims of the result as the node gives it
     */
    record Operation(Node node, List<Value> inputs, int number, int[] dims) {

        int features() {
            return Live.features(dims);
        }

        /** Operations are themselves, whatever they hold. */
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return number;
        }

        Live live(int input) {
            return inputs.size() > input && inputs.get(input) instanceof Live live ? live : null;
        }

        Constant constant(int input) {
            return inputs.size() > input && inputs.get(input) instanceof Constant constant ? constant : null;
        }

        List<Live> lives() {
            return inputs.stream()
                    .filter(Live.class::isInstance)
                    .map(Live.class::cast)
                    .toList();
        }
    }

    int number() {
        return producer == null ? 0 : producer.number();
    }

    /** Elements of a row. */
    int features() {
        return features(dims);
    }

    static int features(int[] dims) {
        long features = 1;
        for (int d : dims) if (d != BATCH) features *= d;
        return Math.toIntExact(features);
    }

    /** Index of the batch dimension; -1 if there is none. */
    int batchAxis() {
        for (int i = 0; i < dims.length; i++) if (dims[i] == BATCH) return i;
        return -1;
    }

    /** The shape of one row, as a batch of one. */
    int[] dimsOfOne() {
        int[] one = dims.clone();
        for (int i = 0; i < one.length; i++) if (one[i] == BATCH) one[i] = 1;
        return one;
    }

    Live as(int[] otherDims) {
        return new Live(producer, type, otherDims);
    }

    Live as(DataType otherType) {
        return new Live(producer, otherType, dims);
    }

    static String text(int[] dims) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < dims.length; i++)
            text.append(i == 0 ? "" : ", ").append(dims[i] == BATCH ? "batch" : String.valueOf(dims[i]));
        return text.append(']').toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Live live
                && live.producer == producer
                && live.type == type
                && Arrays.equals(live.dims, dims);
    }

    @Override
    public int hashCode() {
        return number();
    }
}
