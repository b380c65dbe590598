package lanewise.examples;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import lanewise.formats.tensor.Npy;
import lanewise.formats.tensor.Tensor;

/**
 * Rows of numbers as they are, for models that no table was made for: from a CSV file, with a header or without, or from an array
 * of NumPy whose first dimension counts rows.
 *
 * @param rows how many
 * @param values row after row
 */
record Numbers(int rows, float[] values) {

    /** Whether a file is an array of NumPy, by its ending. */
    static boolean isArray(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".npy");
    }

    /**
     * Reads a file.
     *
     * @param columns of a table that are taken, in their order; null for all
     * @param width numbers that a row must have
     * @throws Failure if there is no such file, a value is no number, or the rows have another width
     */
    static Numbers read(TableFile data, String columns, int width) {
        return isArray(data.file()) ? array(data.file(), width) : table(data, columns, width);
    }

    private static Numbers table(TableFile data, String columns, int width) {
        Table table = data.readNumbers();
        int[] taken = data.columns(table, "--columns", columns).stream()
                .mapToInt(Integer::intValue)
                .toArray();
        if (columns == null) {
            taken = new int[table.columns().size()];
            for (int i = 0; i < taken.length; i++) taken[i] = i;
        }
        if (taken.length != width)
            throw new Failure(table.file() + ": " + (columns == null ? "has " : "--columns names ") + taken.length
                    + (taken.length == 1 ? " column, " : " columns, ") + width
                    + " expected, one for each of the model's inputs"
                    + (taken.length > width && columns == null ? "; --columns names those that are inputs" : ""));
        float[] values = new float[size(table.file(), table.rows(), width)];
        for (int r = 0; r < table.rows(); r++)
            for (int i = 0; i < width; i++) values[r * width + i] = table.number(r, taken[i]);
        return new Numbers(table.rows(), values);
    }

    private static int size(Path file, int rows, int width) {
        if ((long) rows * width > Integer.MAX_VALUE - 16)
            throw new Failure(file + ": " + rows + " rows of " + width + " inputs do not fit one array");
        return rows * width;
    }

    private static Numbers array(Path file, int width) {
        try {
            Tensor tensor = Npy.read(file);
            List<Integer> shape = tensor.shape();
            int rows = shape.isEmpty() ? 1 : shape.get(0);
            long each = 1;
            for (int i = 1; i < shape.size(); i++) each *= shape.get(i);
            // One row by itself.
            if (shape.size() == 1 && width > 1 && rows == width) return new Numbers(1, tensor.floats());
            if (each != width || rows < 1)
                throw new Failure(file + ": an array of shape " + shape + "; rows of " + width
                        + (width == 1 ? " number" : " numbers") + " expected, at least one");
            return new Numbers(rows, tensor.floats());
        } catch (FileSystemException e) {
            throw new Failure(file + ": " + OutputFile.reason(e));
        } catch (IOException e) {
            throw new Failure(e.getMessage());
        } catch (OutOfMemoryError e) {
            throw new Failure(file + ": the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB is too small for this array; make it larger (java -Xmx)");
        }
    }

    /** Writes rows of floats as an array of NumPy. */
    static void write(OutputFile target, float[] values, int rows, int columns) {
        target.write(".npy", path -> Npy.write(path, Tensor.of(values, rows, columns)));
    }
}
