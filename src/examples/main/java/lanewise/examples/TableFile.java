package lanewise.examples;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options by which a command reads its table. */
final class TableFile {

    /** So many columns at most are listed in an error. */
    private static final int MOST_LISTED = 20;

    @Option(
            names = "--data",
            paramLabel = "FILE",
            required = true,
            description =
                    "A table: a CSV file in UTF-8, gzipped or not, with a header. Values may stand in quotes. Empty"
                            + " ones, NA, N/A, NaN, null and ? are missing.")
    private Path file;

    @Option(
            names = "--delimiter",
            paramLabel = "C",
            description =
                    "What stands between values, one character or tab. Default: the one of , ; tab | that the header has most of.")
    private String delimiter;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    Path file() {
        return file;
    }

    /** Reads the table. */
    Table read() {
        return Table.read(file, separator());
    }

    /** Reads a table of numbers, with a header or without. */
    Table readNumbers() {
        return Table.readNumbers(file, separator());
    }

    /** Null if it is to be guessed. */
    private Character separator() {
        if (delimiter == null) return null;
        String text = delimiter.equals("tab") || delimiter.equals("\\t") ? "\t" : delimiter;
        if (text.length() != 1 || "\"\r\n".contains(text) || Character.isSurrogate(text.charAt(0)))
            throw new ParameterException(
                    spec.commandLine(),
                    "--delimiter " + delimiter + ": one character expected, or tab; neither a quote nor a line end");
        return text.charAt(0);
    }

    /**
     * The index of a column.
     *
     * @param option that names it
     * @throws ParameterException if the table has none of that name
     */
    int column(Table table, String option, String name) {
        int index = table.columns().indexOf(name);
        if (index < 0)
            throw new ParameterException(
                    spec.commandLine(),
                    option + " " + name + ": " + table.file() + " has no such column"
                            + (table.columns().size() <= MOST_LISTED
                                    ? ", but " + String.join(", ", table.columns())
                                    : "")
                            + Guess.of(name, table.columns()));
        return index;
    }

    /** The indices of columns that an option names, separated by commas; of a name with commas, of the name as a whole. */
    Set<Integer> columns(Table table, String option, String names) {
        Set<Integer> indices = new LinkedHashSet<>();
        if (names == null) return indices;
        if (table.columns().contains(names)) indices.add(column(table, option, names));
        else for (String name : names.split(",", -1)) indices.add(column(table, option, name.strip()));
        return indices;
    }
}
