package lanewise.bench.report;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;

/** Results as CSV: a line for each fork of each row, valid or not, in full precision. */
public final class Csv {

    /** Names of the columns. */
    static final List<String> COLUMNS = List.of(
            "benchmark",
            "by",
            "kernels",
            "params",
            "mode",
            "unit",
            "fork",
            "score",
            "iterations",
            "bytes per operation",
            "kernels that ran",
            "valid",
            "reasons",
            "subject",
            "version",
            "bound",
            "best possible",
            "started",
            "boot",
            "seconds",
            "clock",
            "all",
            "steal",
            "others",
            "skew",
            "windows",
            "quiet windows");

    private Csv() {}

    /** The whole file. */
    public static String of(Results results) {
        StringWriter text = new StringWriter();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text)) {
            csv.writeRecord(COLUMNS);
            for (Row row : results.rows())
                for (int fork = 0; fork < row.forks().size(); fork++) csv.writeRecord(line(row, fork));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static List<String> line(Row row, int index) {
        Key key = row.key();
        Fork fork = row.forks().get(index);
        Conditions around = fork.conditions();
        List<String> cells = new ArrayList<>();
        cells.addAll(List.of(key.benchmark(), key.by(), key.kernels(), params(key), row.mode(), row.unit()));
        cells.add(String.valueOf(index + 1));
        cells.add(number(fork.score(row.higherIsBetter())));
        cells.add(String.valueOf(fork.values().size()));
        cells.add(number(fork.allocated()));
        cells.add(fork.kernels());
        cells.add(String.valueOf(row.valid()));
        cells.add(String.join("; ", row.invalid()));
        cells.addAll(List.of(row.subject().name(), row.subject().version()));
        cells.add(row.bound() == null ? "" : row.bound().name());
        cells.add(row.bound() == null ? "" : number(row.bound().value()));
        cells.addAll(List.of(String.valueOf(around.started()), around.boot()));
        for (double value : new double[] {
            around.seconds(), around.clock(), around.all(), around.steal(), around.others(), around.skew()
        }) cells.add(number(value));
        cells.addAll(List.of(String.valueOf(around.windows()), String.valueOf(around.quiet())));
        return cells;
    }

    /** Parameters with no column of their own, as {@code name=value; name=value}. */
    private static String params(Key key) {
        return key.work().params().entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining("; "));
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : Double.toString(value);
    }
}
