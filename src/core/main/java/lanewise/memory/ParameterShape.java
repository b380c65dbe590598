package lanewise.memory;

import java.util.List;
import java.util.Objects;

/**
 * Name, role and shape of one parameter matrix.
 *
 * @param name for tables, files and messages: {@code weights}, in a stack {@code dense1.weights}
 * @param role what the parameters do
 * @param rows number of rows; fan-in for weights
 * @param columns number of columns; fan-out for weights
 */
public record ParameterShape(String name, Role role, int rows, int columns) {

    /** What parameters do, which decides who may change them. */
    public enum Role {
        /** Multiply inputs; the only ones that a regulariser keeps small. */
        WEIGHTS,
        /** Are added: biases, shifts. */
        BIAS,
        /** Multiply one unit each: the scales of normalisations, slopes. */
        SCALE,
        /** Are looked up: the vectors of an embedding. */
        VECTORS,
        /** Follow the data, as running means do; no optimizer touches them. */
        STATISTIC
    }

    /**
     * Checks the shape.
     *
     * @throws IllegalArgumentException if rows or columns are negative
     */
    public ParameterShape {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(role, "role");
        if (rows < 0 || columns < 0)
            throw new IllegalArgumentException("parameter " + name + ": " + rows + "x" + columns + " is no shape");
    }

    /**
     * Whether an optimizer changes them.
     *
     * @return true but for statistics
     */
    public boolean trained() {
        return role != Role.STATISTIC;
    }

    /**
     * This shape under a name that begins with that of its layer.
     *
     * @param layer the layer's name
     * @return {@code layer.name}
     */
    public ParameterShape in(String layer) {
        return new ParameterShape(layer + "." + name, role, rows, columns);
    }

    /**
     * Number of parameters, padding left out.
     *
     * @return rows × columns
     * @throws IllegalArgumentException if an int cannot count them
     */
    public int count() {
        return Parameters.count(List.of(this));
    }

    /** {@code dense1.weights 784x128}. */
    @Override
    public String toString() {
        return name + " " + rows + "x" + columns;
    }
}
