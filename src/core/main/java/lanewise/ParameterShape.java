package lanewise;

import java.util.List;

/**
 * Name and shape of one parameter matrix of a layer.
 *
 * @param name what it is called in tables, files and gradient checks: {@code weights}, {@code bias}
 * @param rows number of rows; fan-in for weights
 * @param columns number of columns; fan-out for weights
 * @param trained false for running statistics, which no optimizer touches
 */
public record ParameterShape(String name, int rows, int columns, boolean trained) {

    /**
     * Checks the shape.
     *
     * @throws IllegalArgumentException if rows or columns are negative
     */
    public ParameterShape {
        if (rows < 0 || columns < 0)
            throw new IllegalArgumentException("parameter " + name + ": " + rows + "x" + columns + " is no shape");
    }

    /**
     * Number of parameters, padding left out.
     *
     * @return rows × columns
     * @throws IllegalArgumentException if an int cannot count them
     */
    public int count() {
        return count(List.of(this));
    }

    /** More parameters than any array has; sums end there before they overflow. */
    private static final long MANY = 1L << 40;

    /** Number of parameters in all of these. */
    static int count(List<ParameterShape> shapes) {
        long sum = 0;
        for (ParameterShape shape : shapes) sum = Math.min(MANY, sum + (long) shape.rows * shape.columns);
        if (sum > Integer.MAX_VALUE)
            throw new IllegalArgumentException((sum == MANY ? "more than a million million" : String.valueOf(sum))
                    + " parameters do not fit one array; fewer or smaller layers do");
        return (int) sum;
    }

    /** Place of the first parameter that is not finite; null if all are finite. */
    static String firstNotFinite(List<ParameterShape> shapes, Slice[] parameters) {
        int at = 0;
        for (Slice slice : parameters)
            for (int r = 0; r < slice.rows(); r++)
                for (int c = 0; c < slice.columns(); c++, at++)
                    if (!Float.isFinite(slice.array()[slice.at(r) + c])) return place(shapes, at);
        return null;
    }

    /** {@code 0.weights[5][7]} for the index of a parameter among all of these. */
    static String place(List<ParameterShape> shapes, int index) {
        for (ParameterShape shape : shapes) {
            if (index < shape.count())
                return shape.name() + "[" + index / shape.columns() + "][" + index % shape.columns() + "]";
            index -= shape.count();
        }
        throw new IndexOutOfBoundsException(index);
    }

    /**
     * Whether these are weights that a regulariser keeps small.
     *
     * @return true if they are trained and named {@code weights}, inside other layers {@code 0.weights} and so on
     */
    public boolean isWeights() {
        return trained && (name.equals("weights") || name.endsWith(".weights"));
    }
}
