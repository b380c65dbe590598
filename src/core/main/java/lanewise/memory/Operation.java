package lanewise.memory;

import java.util.List;

/**
 * A function from rows of {@link #inputSize} floats to rows of {@link #outputSize} floats, as far as memory is concerned:
 * the shapes of its parameters, the {@link Memory} that its calls use, and the operations inside it. Immutable.
 */
public interface Operation {

    /**
     * Width of an input row.
     *
     * @return number of floats
     */
    int inputSize();

    /**
     * Width of an output row.
     *
     * @return number of floats
     */
    int outputSize();

    /**
     * Names and shapes of the parameters, in the order of files and fingerprints.
     *
     * @return those of the {@link #children} in their order, then its own; empty by default
     */
    default List<ParameterShape> parameters() {
        return List.of();
    }

    /**
     * The memory of its own, without that of its {@link #children}.
     *
     * @param training whether there will be a backward pass
     * @return {@link Memory#NONE} by default
     */
    default Memory memory(boolean training) {
        return Memory.NONE;
    }

    /**
     * The operations inside this one. Each has a part of the parameters, {@link Parameters#child}, and a pass of its own,
     * {@link Pass#child}.
     *
     * @return in a fixed order; none by default
     */
    default List<? extends Operation> children() {
        return List.of();
    }
}
