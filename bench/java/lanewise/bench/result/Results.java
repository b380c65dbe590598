package lanewise.bench.result;

import java.util.List;
import lanewise.bench.machine.Machine;

/**
 * What a run of the suite has found.
 *
 * @param version of this library
 * @param commit of the sources, with {@code +} behind it if they were changed; empty if unknown
 * @param started in milliseconds since 1970
 * @param machine where
 * @param rows all, valid or not
 * @param leftOut one line for each thing that was asked for and could not be measured
 */
public record Results(
        String version, String commit, long started, Machine machine, List<Row> rows, List<String> leftOut) {

    /** Copies the lists. */
    public Results {
        rows = List.copyOf(rows);
        leftOut = List.copyOf(leftOut);
    }

    /** The row of a key, or null. */
    public Row row(Key key) {
        for (Row row : rows) if (row.key().equals(key)) return row;
        return null;
    }
}
