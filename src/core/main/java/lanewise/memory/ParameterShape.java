package lanewise.memory;

import java.util.List;
import java.util.Objects;

/**
 * Name, role and shape of one parameter matrix, and the values for which its layer is made.
 *
 * <p>The legal values, see {@link #within}, are a statement to gradient checks, which draw parameters among them. Nothing else
 * reads them: training does not keep parameters there, files do not hold them, and they do not count for equality.
 *
 * @param name for tables, files and messages: {@code weights}, in a stack {@code dense1.weights}
 * @param role what the parameters do
 * @param rows number of rows; fan-in for weights
 * @param columns number of columns; fan-out for weights
 * @param least the least legal value; −Inf if there is none
 * @param greatest the greatest legal value; +Inf if there is none
 */
public record ParameterShape(String name, Role role, int rows, int columns, float least, float greatest) {

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
     * @throws IllegalArgumentException if rows or columns are negative, or least is not below greatest
     */
    public ParameterShape {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(role, "role");
        if (rows < 0 || columns < 0)
            throw new IllegalArgumentException("parameter " + name + ": " + rows + "x" + columns + " is no shape");
        if (!(least < greatest))
            throw new IllegalArgumentException("parameter " + name + ": within " + least + " and " + greatest
                    + " there are no values to choose from; the first below the second expected");
    }

    /**
     * A shape of parameters that may have any value.
     *
     * @param name for tables, files and messages
     * @param role what the parameters do
     * @param rows number of rows
     * @param columns number of columns
     * @throws IllegalArgumentException if rows or columns are negative
     */
    public ParameterShape(String name, Role role, int rows, int columns) {
        this(name, role, rows, columns, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    }

    /**
     * This shape for a layer that is defined, or has the gradient that it says, for some values alone: a length that must be
     * positive is {@code within(1e-3f, 1e3f)}. A gradient check draws no others. Training does not clamp to them: an
     * optimizer may leave them, and a layer for which that is a danger computes from parameters of any value, such as the
     * exponential of one in place of a positive one.
     *
     * @param least legal value, itself included; −Inf if there is none
     * @param greatest legal value, itself included; +Inf if there is none
     * @return name, role and shape with these legal values
     * @throws IllegalArgumentException if least is not below greatest
     */
    public ParameterShape within(float least, float greatest) {
        return new ParameterShape(name, role, rows, columns, least, greatest);
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
        return new ParameterShape(layer + "." + name, role, rows, columns, least, greatest);
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

    /** Whether name, role, rows and columns are equal; the legal values do not count. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ParameterShape that
                && name.equals(that.name)
                && role == that.role
                && rows == that.rows
                && columns == that.columns;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, role, rows, columns);
    }

    /** {@code dense1.weights 784x128}. */
    @Override
    public String toString() {
        return name + " " + rows + "x" + columns;
    }
}
