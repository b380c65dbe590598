package lanewise.bench.result;

/**
 * What the hardware allows at best for a row's work.
 *
 * @param name what limits it, such as {@code arithmetic} or {@code L2 read}
 * @param value the best possible figure in the row's unit, by the limits that this run measured
 * @param least the figure that nothing can beat, in the row's unit: all operations at the peak and all bytes from the
 *     first-level cache; a better one means that work was left out
 * @param operations floating-point operations in one operation of the row, a multiply-add counted twice; 0 if unknown
 * @param bytes that one operation of the row reads and writes at least; 0 if unknown
 */
public record Bound(String name, double value, double least, double operations, double bytes) {}
