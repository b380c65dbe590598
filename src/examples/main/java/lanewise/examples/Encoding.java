package lanewise.examples;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import lanewise.Model;

/**
 * How a table's rows become inputs, decided on the rows that are trained on and kept in the model's metadata, so that a new
 * table is encoded alike. A column of numbers becomes one input; a missing number becomes the mean of the column's others in the
 * training part. A column of categories becomes one input for each category that the training part has, of which one is 1 and the
 * others 0; a missing value is a category of its own, and a category that the training part does not have is all zeros.
 *
 * @param version of this form
 * @param target name of the column that is to be predicted
 * @param columns those of the inputs, in their order
 */
record Encoding(int version, String target, List<Column> columns) {

    /** The key of the model's metadata. */
    static final String KEY = "table";

    private static final int VERSION = 1;

    /** Columns of more categories than this are rather names or texts. */
    private static final int MOST_CATEGORIES = 1000;

    /** A column of categories that are as many as its values, and more than these, numbers or names its rows. */
    private static final int FEW_CATEGORIES = 20;

    /** The most distinct integers that count as classes. */
    private static final int MOST_INTEGER_CLASSES = 20;

    /** Larger numbers are refused, so that differences and squares stay far from infinity. */
    private static final float LARGEST = 1e30f;

    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
    private static final Pattern INFINITE = Pattern.compile("(?i)[+-]?inf(inity)?");
    private static final Pattern DECIMAL_COMMA = Pattern.compile("[+-]?\\d+,\\d+");

    /**
     * A column of the table.
     *
     * @param name as in the header
     * @param fill what a missing number becomes; null of categories
     * @param categories ascending; null of numbers
     */
    record Column(String name, Float fill, List<String> categories) {

        int width() {
            return categories == null ? 1 : categories.size();
        }
    }

    /**
     * Rows as inputs.
     *
     * @param values row after row
     * @param unknown how many values of a column are none of its categories; by column, those without any left out
     */
    record Inputs(float[] values, SortedMap<String, Integer> unknown) {

        /** Tells how many values are unknown. */
        void remark(Main main) {
            unknown.forEach((column, count) -> main.remark("Column " + column + ": " + count
                    + (count == 1 ? " value" : " values") + " not seen in training, encoded as all zeros"));
        }
    }

    /**
     * Decides.
     *
     * @param rows the training part
     * @param target column of the target
     * @param ignored columns that are left out
     * @param categorical columns of categories, even if they look like numbers
     * @throws Failure if nothing can be learned from a column
     */
    static Encoding of(Table table, int[] rows, int target, Set<Integer> ignored, Set<Integer> categorical) {
        List<Column> columns = new ArrayList<>();
        for (int c = 0; c < table.columns().size(); c++)
            if (c != target && !ignored.contains(c)) columns.add(column(table, rows, c, categorical.contains(c)));
        if (columns.isEmpty()) throw new Failure(table.file() + ": no column is left for the inputs");
        return new Encoding(VERSION, table.columns().get(target), columns);
    }

    private static Column column(Table table, int[] rows, int c, boolean categorical) {
        String name = table.columns().get(c);
        int present = 0, numbers = 0;
        for (int row : rows) {
            if (table.missing(row, c)) continue;
            present++;
            if (looksLikeANumber(table.text(row, c))) numbers++;
        }
        if (present == 0)
            throw new Failure(table.file() + ": column " + name + ": has no value"
                    + (rows.length < table.rows() ? " in the training part" : "") + "; leave it out by --ignore");
        if (!categorical && 2 * numbers > present) {
            double sum = 0;
            for (int row : rows) if (!table.missing(row, c)) sum += number(table, row, c, true);
            return new Column(name, (float) (sum / present), null);
        }
        TreeSet<String> categories = new TreeSet<>();
        for (int row : rows) categories.add(table.missing(row, c) ? "" : table.text(row, c));
        if (categories.size() > MOST_CATEGORIES || categories.size() > FEW_CATEGORIES && categories.size() >= present) {
            boolean commas = DECIMAL_COMMA.matcher(table.text(rows[0], c)).matches();
            throw new Failure(
                    table.place(rows[0], c) + ": " + Table.shown(table.text(rows[0], c))
                            + (commas
                                    ? ": a number with a comma; write it with a point"
                                    : " is one of " + categories.size() + " categories in " + present
                                            + " values, too many to learn from; is it a name or a text? leave it out by --ignore"));
        }
        return new Column(name, null, List.copyOf(categories));
    }

    /** A decimal number, or one that is infinite. */
    private static boolean looksLikeANumber(String text) {
        return NUMBER.matcher(text).matches() || INFINITE.matcher(text).matches();
    }

    /**
     * A value as a number.
     *
     * @param training whether the column's kind is still open
     * @throws Failure if it is none that can be handled
     */
    private static float number(Table table, int row, int column, boolean training) {
        String text = table.text(row, column);
        String place = table.place(row, column) + ": " + Table.shown(text);
        if (INFINITE.matcher(text).matches()) throw new Failure(place + " is infinite, a finite number expected");
        if (!NUMBER.matcher(text).matches())
            throw new Failure(place + " is no number, as most values of the column are"
                    + (DECIMAL_COMMA.matcher(text).matches() ? "; write it with a point" : "")
                    + (training ? "; if it is a column of categories: --categorical" : ""));
        double value = Double.parseDouble(text);
        if (!(Math.abs(value) <= LARGEST))
            throw new Failure(place + " is too large, numbers from -1e30 to 1e30 expected");
        return (float) value;
    }

    /** Whether a target is of numbers: all values are, and some are no integers or there are more than 20 different ones. */
    static boolean isRegression(Table table, int target) {
        Set<String> different = new HashSet<>();
        boolean integers = true;
        for (int row = 0; row < table.rows(); row++) {
            if (table.missing(row, target)) continue;
            String text = table.text(row, target);
            if (!looksLikeANumber(text)) return false;
            integers &=
                    INFINITE.matcher(text).matches() || Double.parseDouble(text) == Math.rint(Double.parseDouble(text));
            different.add(text);
        }
        return !integers || different.size() > MOST_INTEGER_CLASSES;
    }

    /**
     * The values of a target of numbers.
     *
     * @throws Failure if one is missing or none that can be handled
     */
    static float[] numbers(Table table, int target) {
        float[] numbers = new float[table.rows()];
        for (int row = 0; row < numbers.length; row++) {
            requirePresent(table, row, target);
            numbers[row] = number(table, row, target, false);
        }
        return numbers;
    }

    private static void requirePresent(Table table, int row, int target) {
        if (table.missing(row, target))
            throw new Failure(table.place(row, target) + ": the target has no value here; leave the row out");
    }

    /**
     * The classes of a target, ascending: by their numbers if all are numbers, else by their texts.
     *
     * @throws Failure if a value is missing, or there is one class only
     */
    static List<String> classes(Table table, int target) {
        Set<String> different = new TreeSet<>();
        for (int row = 0; row < table.rows(); row++) {
            requirePresent(table, row, target);
            different.add(table.text(row, target));
        }
        String column = table.file() + ": column " + table.columns().get(target) + ": ";
        if (different.size() == 1)
            throw new Failure(column + "has one class only, "
                    + Table.shown(different.iterator().next()) + "; at least two are needed to learn from");
        if (different.size() > FEW_CATEGORIES && 2 * different.size() > table.rows())
            throw new Failure(column + "has " + different.size() + " classes in " + table.rows()
                    + " rows, too many to learn from; is it another column, or --task regression?");
        List<String> classes = new ArrayList<>(different);
        if (classes.stream().allMatch(text -> NUMBER.matcher(text).matches()))
            classes.sort((a, b) -> Double.compare(Double.parseDouble(a), Double.parseDouble(b)));
        return classes;
    }

    /**
     * The classes of a table's rows, as indices of their texts.
     *
     * @throws Failure if a value is missing, or none of the classes
     */
    static int[] classIndices(Table table, int target, List<String> classes) {
        Map<String, Integer> indices = new HashMap<>();
        for (String name : classes) indices.put(name, indices.size());
        int[] found = new int[table.rows()];
        for (int row = 0; row < found.length; row++) {
            requirePresent(table, row, target);
            Integer index = indices.get(table.text(row, target));
            if (index == null)
                throw new Failure(table.place(row, target) + ": " + Table.shown(table.text(row, target))
                        + " is none of the model's classes: " + String.join(", ", classes));
            found[row] = index;
        }
        return found;
    }

    /** Number of inputs. */
    int inputSize() {
        int size = 0;
        for (Column column : columns) size = Math.addExact(size, column.width());
        return size;
    }

    /** The inputs' names: those of columns, with {@code =category} behind them where these are of categories. */
    List<String> inputNames() {
        List<String> names = new ArrayList<>();
        for (Column column : columns) {
            if (column.categories == null) names.add(column.name);
            else for (String category : column.categories) names.add(column.name + "=" + category);
        }
        return names;
    }

    /**
     * A table's rows as inputs.
     *
     * @param training whether the columns' kinds are still open, which decides what an error recommends
     * @throws Failure if a column is not there, or a value is no number where one should be
     */
    Inputs inputs(Table table, boolean training) {
        int[] at = new int[columns.size()];
        for (int i = 0; i < at.length; i++) at[i] = find(table, columns.get(i).name);
        int width = inputSize();
        if ((long) width * table.rows() > Integer.MAX_VALUE - 16)
            throw new Failure(
                    table.file() + ": " + table.rows() + " rows of " + width + " inputs do not fit one array");
        float[] values = new float[table.rows() * width];
        SortedMap<String, Integer> unknown = new TreeMap<>();
        int place = 0;
        for (int i = 0; i < at.length; i++) {
            Column column = columns.get(i);
            Map<String, Integer> indices = new HashMap<>();
            if (column.categories != null)
                for (String category : column.categories) indices.put(category, indices.size());
            for (int row = 0; row < table.rows(); row++) {
                int target = row * width + place;
                boolean missing = table.missing(row, at[i]);
                if (column.categories == null) {
                    values[target] = missing ? column.fill : number(table, row, at[i], training);
                    continue;
                }
                Integer index = indices.get(missing ? "" : table.text(row, at[i]));
                if (index == null) unknown.merge(column.name, 1, Integer::sum);
                else values[target + index] = 1f;
            }
            place += column.width();
        }
        return new Inputs(values, unknown);
    }

    private static int find(Table table, String name) {
        int at = table.columns().indexOf(name);
        if (at < 0)
            throw new Failure(table.file() + ": has no column " + name + ", which the model needs"
                    + Guess.of(name, table.columns()));
        return at;
    }

    String json() {
        return new Gson().toJson(this);
    }

    /**
     * The encoding of a model.
     *
     * @param file of the model
     * @throws Failure if it has none, or one that does not fit its inputs
     */
    static Encoding of(Model model, Path file) {
        String text = model.metadata().get(KEY);
        if (text == null)
            throw new Failure(file + ": was not trained on a table; the command train makes models of tables");
        try {
            Encoding encoding = new Gson().fromJson(text, Encoding.class);
            if (encoding != null && encoding.fits(model)) return encoding;
        } catch (JsonParseException | NullPointerException | ArithmeticException e) {
            // as if it did not fit
        }
        throw new Failure(file + ": its metadata \"" + KEY + "\" do not fit its inputs, or are of a newer version");
    }

    private boolean fits(Model model) {
        if (version != VERSION || target == null) return false;
        for (Column column : columns)
            if (column.name == null
                    || (column.fill == null) == (column.categories == null)
                    || column.categories != null && column.categories.contains(null)) return false;
        return inputSize() == model.inputSize();
    }
}
