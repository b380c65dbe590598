package lanewise.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import lanewise.bench.machine.Machine;
import lanewise.bench.report.Markdown;
import lanewise.bench.result.Key;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.ResultFile;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Validity;
import lanewise.file.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Adds the key figures of a run to the table of past ones. */
@Command(
        name = "history",
        sortOptions = false,
        description = {
            "Adds a row with the key figures of a run to the table of past runs in docs/benchmarks.md.",
            "",
            "A figure that is invalid or of fewer than 5 forks is a dash, and the reason a line on standard error. A row"
                    + " of the same commit, machine and JDK is replaced."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:the row stands in the table", "2:the command line is wrong, or a file cannot be used"})
public final class History implements Callable<Integer> {

    /** The lines between which the table stands. */
    static final String BEGIN = "<!-- history -->", END = "<!-- end of history -->";

    private static final int MISUSED = 2;

    /**
     * A key figure.
     *
     * @param heading with the unit
     * @param key of the row, whatever the kernels
     * @param unit of the row
     * @param yardstick a peer by which the figure is divided in a column of its own; empty for none
     */
    private record Figure(String heading, Key key, String unit, String yardstick) {}

    private static final List<Figure> FIGURES = List.of(
            new Figure("training, batch 1 (samples/s)", Key.of("peers.train", Map.of("batch", "1")), "samples/s", "C"),
            new Figure(
                    "training, batch 128 (samples/s)",
                    Key.of("peers.train", Map.of("batch", "128")),
                    "samples/s",
                    "OpenBLAS"),
            new Figure("one prediction, p50 (us)", Key.of("peers.predict", Map.of()), "us/op", "C"),
            new Figure("10,000 digits (samples/s)", Key.of("peers.digits", Map.of()), "samples/s", "C"),
            new Figure(
                    "gemvSparse 784x128 (ns)",
                    Key.of("kernels.KernelBenchmark.gemvSparse", Map.of("shape", "784x128", "zeros", "0.81")),
                    "ns/op",
                    ""));

    private static final String NONE = "-";

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "RESULTS.json", description = "results of the suite")
    private Path results;

    @Option(
            names = "--file",
            defaultValue = "docs/benchmarks.md",
            paramLabel = "FILE",
            description = "the file with the table; default: ${DEFAULT-VALUE}")
    private Path file;

    @Option(names = "--note", defaultValue = "", paramLabel = "TEXT", description = "the change, in a few words")
    private String note;

    @Option(names = "--dirty", description = "take results of changed or unknown sources, too")
    private boolean dirty;

    @Option(names = "--help", usageHelp = true, description = "show this help")
    private boolean help;

    /** Reads the results, and replaces the file by one with their row. */
    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut(), err = spec.commandLine().getErr();
        try {
            Results read = Validity.judge(ResultFile.read(results));
            checkOrigin(read);
            List<String> row = row(read, err);
            boolean replaced = add(row);
            out.println(file + ": " + (replaced ? "replaced" : "added") + ": " + line(row));
            out.flush();
            return 0;
        } catch (IOException e) {
            err.println(spec.name() + ": " + e.getMessage());
            return MISUSED;
        }
    }

    private void checkOrigin(Results read) throws IOException {
        if (read.machine().cpu().isEmpty())
            throw new IOException(results + " does not name its machine; is it of another program than this suite?");
        if (dirty) return;
        if (read.commit().isEmpty())
            throw new IOException(results + " does not name its commit; --dirty takes it nevertheless");
        if (read.commit().endsWith("+"))
            throw new IOException(results + " is of changed sources, commit " + read.commit()
                    + "; commit them and measure again, or take it with --dirty");
    }

    // The row

    private static List<String> headings() {
        List<String> headings = new ArrayList<>(List.of("date", "commit", "machine", "JDK"));
        for (Figure figure : FIGURES) {
            headings.add(figure.heading);
            if (!figure.yardstick.isEmpty()) headings.add("of " + figure.yardstick);
        }
        headings.add("note");
        return headings;
    }

    private List<String> row(Results read, PrintWriter err) throws IOException {
        Machine machine = read.machine();
        List<String> cells = new ArrayList<>();
        cells.add(Instant.ofEpochMilli(read.started())
                .atZone(ZoneOffset.UTC)
                .toLocalDate()
                .toString());
        cells.add(read.commit().isEmpty() ? "unknown" : read.commit());
        cells.add(Markdown.escape(machine.cpu() + ", " + machine.processors() + " processors"));
        cells.add(Markdown.escape(machine.jdk()));
        int figures = 0;
        for (Figure figure : FIGURES) {
            Row own = own(read, figure);
            String missing = missing(own);
            if (missing.isEmpty()) figures++;
            else err.println(figure.heading + ": " + missing);
            cells.add(missing.isEmpty() ? Numbers.three(own.score()) : NONE);
            if (!figure.yardstick.isEmpty()) cells.add(missing.isEmpty() ? ratio(read, figure, own, err) : NONE);
        }
        if (figures == 0) throw new IOException(results + " has no key figure that may be quoted");
        cells.add(Markdown.escape(note));
        return cells;
    }

    /** Why a row may not be quoted; empty if it may. */
    private static String missing(Row row) {
        if (row == null) return "not measured";
        if (!row.valid()) return String.join("; ", row.invalid());
        return Validity.quotable(row)
                ? ""
                : row.forks().size() + " forks, at least " + Validity.QUOTED_FORKS + " expected";
    }

    /** The row of this library on its widest kernels, or null. A narrower one would not tell of the same thing. */
    private static Row own(Results read, Figure figure) {
        return read.rows().stream()
                .filter(r -> r.key().by().isEmpty() && matches(r, figure))
                .max(Comparator.comparingInt(r -> width(r.key().kernels())))
                .orElse(null);
    }

    /** Whether a row is of a figure's work, on one thread. */
    private static boolean matches(Row row, Figure figure) {
        TreeMap<String, String> params = new TreeMap<>(row.key().work().params());
        params.remove("threads", "1");
        return row.key().benchmark().equals(figure.key.benchmark())
                && params.equals(figure.key.params())
                && row.unit().equals(figure.unit);
    }

    private static int width(String kernels) {
        return kernels.matches("\\d{1,5}") ? Integer.parseInt(kernels) : 0;
    }

    /** This library's figure divided by the yardstick's on kernels of the same width, or on those that it chose. */
    private static String ratio(Results read, Figure figure, Row own, PrintWriter err) {
        Row peer = read.rows().stream()
                .filter(r -> r.key().by().equals(figure.yardstick) && matches(r, figure))
                .filter(r -> r.key().kernels().isEmpty()
                        || r.key().kernels().equals(own.key().kernels()))
                .findFirst()
                .orElse(null);
        String missing = missing(peer);
        if (missing.isEmpty()) return Numbers.three(own.score() / peer.score());
        err.println(figure.heading + ", of " + figure.yardstick + ": " + missing);
        return NONE;
    }

    // The table

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    /** The first lines of the table. */
    static List<String> head() {
        List<String> headings = headings();
        StringBuilder rule = new StringBuilder("|");
        for (int i = 0; i < headings.size(); i++) rule.append(i < 4 || i == headings.size() - 1 ? "---|" : "---:|");
        return List.of(line(headings), rule.toString());
    }

    /** Writes the row into the table; whether it has replaced one. */
    private boolean add(List<String> row) throws IOException {
        List<String> lines = new ArrayList<>(lines());
        int begin = lines.indexOf(BEGIN), end = lines.indexOf(END);
        if (begin < 0 || end < begin)
            throw new IOException(file + ": the lines " + BEGIN + " and " + END + " are expected around the table");
        List<String> head = head();
        if (end < begin + 3 || !lines.subList(begin + 1, begin + 3).equals(head))
            throw new IOException(file + ", line " + (begin + 2) + ": another table than this version's, whose head is "
                    + head.get(0));
        int same = -1;
        for (int i = begin + 3; i < end; i++)
            if (lines.get(i).startsWith(line(row.subList(1, 4)), date(lines.get(i)))) same = i;
        if (same < 0) lines.add(end, line(row));
        else lines.set(same, line(row));
        byte[] bytes = (String.join("\n", lines)).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(bytes));
        return same >= 0;
    }

    /** Where the second cell of a line begins. */
    private static int date(String line) {
        return Math.max(0, line.indexOf('|', 1));
    }

    private List<String> lines() throws IOException {
        try {
            return List.of(Files.readString(file).split("\\R", -1));
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": there is no such file", e);
        } catch (IOException e) {
            throw new IOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
