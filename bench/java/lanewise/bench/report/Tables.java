package lanewise.bench.report;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.bench.report.Table.Column;
import lanewise.bench.report.Table.Kind;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;
import lanewise.bench.result.Validity;

/** The tables of a result. Only valid rows stand in them. */
final class Tables {

    /** Stands behind figures that are not to be quoted. */
    static final String MARK = " !";

    private static final String MARKED = "! fewer than " + Validity.QUOTED_FORKS + " forks: not to be quoted.";

    private static final String BESIDE =
            "Speed beside Lanewise on the same kernels where it has such a row, else on its widest; above 1 is faster.";

    private static final Map<String, String> TITLES = titles();

    private static final double[] PERCENTILES = {0.5, 0.99, 0.999, 0.9999, 1};

    private final Results results;
    private final List<SameWork> works;

    /**
     * The tables of one group.
     *
     * @param group as rows name it
     * @param title for people
     * @param tables at least one
     */
    record Group(String group, String title, List<Table> tables) {}

    Tables(Results results) {
        this.results = results;
        works = SameWork.of(results);
    }

    private static Map<String, String> titles() {
        Map<String, String> titles = new LinkedHashMap<>();
        titles.put("roofline", "The machine's limits");
        titles.put("kernels", "Kernels");
        titles.put("train", "Training");
        titles.put("predict", "Prediction");
        titles.put("cold", "First calls after the start");
        titles.put("scale", "Cost against size");
        titles.put("peers", "Beside other libraries");
        return titles;
    }

    /** The groups that have valid rows: known ones in a fixed order, then others by name. */
    List<String> groups() {
        List<String> known = List.copyOf(TITLES.keySet());
        return works.stream()
                .map(work -> work.key().group())
                .distinct()
                .sorted(Comparator.comparingInt((String group) -> known.contains(group) ? known.indexOf(group) : 99)
                        .thenComparing(group -> group))
                .toList();
    }

    /** A group's name for people. */
    static String title(String group) {
        return TITLES.getOrDefault(group, group);
    }

    /** All groups with their tables. */
    List<Group> all() {
        return groups().stream()
                .map(group -> new Group(group, title(group), tables(group)))
                .toList();
    }

    private List<Table> tables(String group) {
        List<Table> tables = new ArrayList<>();
        List<Row> alone = new ArrayList<>();
        for (SameWork work : works) {
            if (!work.key().group().equals(group)) continue;
            if (work.contested()) tables.add(peers(work));
            else alone.addAll(work.rows());
        }
        List<Row> single =
                alone.stream().filter(row -> !distribution(row)).sorted(byKey()).toList();
        if (!single.isEmpty()) tables.add(0, rows(single));
        List<Row> spread =
                valid(group).filter(Tables::distribution).sorted(byKey()).toList();
        if (!spread.isEmpty()) tables.add(distributions("Distributions of single calls", spread));
        return tables;
    }

    private static Comparator<Row> byKey() {
        return Comparator.comparing((Row row) -> row.key().benchmark())
                .thenComparing(row -> row.key().work().params(), Numbers::compare)
                .thenComparingInt(row -> SameWork.bits(row.key().kernels()))
                .thenComparing(Row::key);
    }

    private Stream<Row> valid(String group) {
        return results.rows().stream()
                .filter(row -> row.valid() && row.key().group().equals(group));
    }

    /** Whether single calls of a row were counted by how long they took. */
    static boolean distribution(Row row) {
        return row.forks().stream().anyMatch(fork -> !fork.histogram().isEmpty());
    }

    /** Rows that no one else did. */
    static Table rows(List<Row> rows) {
        return new Table(
                "",
                List.of(
                        new Column("what", Kind.TEXT),
                        new Column("median", Kind.NUMBER),
                        new Column("unit", Kind.TEXT),
                        new Column("from .. to", Kind.NUMBER),
                        new Column("B/op", Kind.NUMBER),
                        new Column("share of the bound", Kind.NUMBER),
                        new Column("bound", Kind.TEXT),
                        new Column("forks", Kind.NUMBER)),
                rows.stream()
                        .map(row -> List.of(
                                row.key().toString(),
                                Numbers.three(row.score()),
                                row.unit(),
                                spread(row),
                                allocated(row),
                                Numbers.percent(row.share()),
                                row.bound() == null ? "" : row.bound().name(),
                                forks(row)))
                        .toList(),
                note(rows, ""));
    }

    /** All who did a work, the best first. */
    static Table peers(SameWork work) {
        return new Table(
                work.key().toString(),
                List.of(
                        new Column("who", Kind.TEXT),
                        new Column("median", Kind.NUMBER),
                        new Column("unit", Kind.TEXT),
                        new Column("from .. to", Kind.NUMBER),
                        new Column("speed, Lanewise = 1", Kind.NUMBER),
                        new Column("fork by fork", Kind.NUMBER),
                        new Column("B/op", Kind.NUMBER),
                        new Column("share of the bound", Kind.NUMBER),
                        new Column("forks", Kind.NUMBER),
                        new Column("version", Kind.LONG),
                        new Column("settings", Kind.LONG),
                        new Column("check", Kind.LONG)),
                work.rows().stream().map(row -> peer(work, row)).toList(),
                note(work.rows(), work.rows().stream().anyMatch(SameWork::own) ? BESIDE : ""));
    }

    private static List<String> peer(SameWork work, Row row) {
        SameWork.Speed speed = work.speed(row);
        boolean other = speed != null && !SameWork.own(row);
        return List.of(
                SameWork.who(row),
                Numbers.three(row.score()),
                row.unit(),
                spread(row),
                speed == null ? "" : other ? Numbers.three(speed.median()) : "1",
                other ? Numbers.range(speed.least(), speed.most()) : "",
                allocated(row),
                Numbers.percent(row.share()),
                forks(row),
                version(row),
                row.subject().settings(),
                row.subject().check());
    }

    /** A version, behind the name where that is not the short one. */
    static String version(Row row) {
        Subject subject = row.subject();
        boolean known = SameWork.own(row) || subject.name().equals(row.key().by());
        return known ? subject.version() : subject.name() + " " + subject.version();
    }

    /** Distributions; a percentile that lies beyond all calls but the slowest is left out. */
    static Table distributions(String title, List<Row> rows) {
        List<Column> columns = new ArrayList<>(List.of(new Column("what", Kind.TEXT), new Column("unit", Kind.TEXT)));
        for (double share : PERCENTILES)
            columns.add(new Column(
                    share == 1 ? "max" : String.format(Locale.ROOT, "p%s", Numbers.tick(100 * share)), Kind.NUMBER));
        columns.add(new Column("forks from .. to", Kind.NUMBER));
        columns.add(new Column("calls", Kind.NUMBER));
        columns.add(new Column("B/op", Kind.NUMBER));
        columns.add(new Column("forks", Kind.NUMBER));
        List<List<String>> cells = new ArrayList<>();
        for (Row row : rows) {
            long calls = calls(row);
            List<String> line = new ArrayList<>(List.of(row.key().toString(), row.unit()));
            for (double share : PERCENTILES)
                line.add(share < 1 && calls * (1 - share) < 0.999 ? "" : Numbers.three(row.percentile(share)));
            line.addAll(List.of(spread(row), String.format(Locale.ROOT, "%,d", calls), allocated(row), forks(row)));
            cells.add(line);
        }
        return new Table(title, columns, cells, note(rows, ""));
    }

    /** Single calls that a distribution counts. */
    static long calls(Row row) {
        return row.forks().stream()
                .flatMap(fork -> fork.histogram().stream())
                .mapToLong(Fork.Bin::count)
                .sum();
    }

    /** The range of the forks' scores. */
    static String spread(Row row) {
        double[] scores =
                row.scores().stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return scores.length == 0 ? "" : Numbers.range(scores[0], scores[scores.length - 1]);
    }

    /** The most bytes an operation of any fork, where none are promised. */
    private static String allocated(Row row) {
        if (!row.still()) return "";
        return row.forks().stream()
                .map(Fork::allocated)
                .filter(Double::isFinite)
                .max(Double::compare)
                .map(most -> most < 0.005 ? "0" : Numbers.three(most))
                .orElse("");
    }

    private static String forks(Row row) {
        return row.forks().size() + (quotable(row) ? "" : MARK);
    }

    /** Whether a row has enough forks to be quoted. */
    static boolean quotable(Row row) {
        return row.forks().size() >= Validity.QUOTED_FORKS;
    }

    private static String note(List<Row> rows, String other) {
        String marked = rows.stream().allMatch(Tables::quotable) ? "" : MARKED;
        return other + (other.isEmpty() || marked.isEmpty() ? "" : " ") + marked;
    }

    /** Version, machine and date, each a line. */
    List<String> head() {
        String commit = results.commit().isEmpty() ? "" : ", commit " + results.commit();
        long invalid = results.rows().stream().filter(row -> !row.valid()).count();
        return List.of(
                "Lanewise " + results.version() + commit + ", " + date(),
                results.machine().toString(),
                results.rows().size() + " rows, " + invalid + " of them invalid, "
                        + results.leftOut().size() + " left out");
    }

    /** When the run began. */
    String date() {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT)
                .withZone(ZoneOffset.UTC)
                .format(Instant.ofEpochMilli(results.started()));
    }

    /** Rows that count for nothing, by their reasons: those of one process and those of one disturbance have the same. */
    Map<List<String>, List<String>> invalid() {
        Map<List<String>, List<String>> rows = new LinkedHashMap<>();
        for (Row row : results.rows())
            if (!row.valid())
                rows.computeIfAbsent(row.invalid(), reasons -> new ArrayList<>())
                        .add(row.key().group() + ": " + row.key());
        return rows;
    }

    /** Who took part with which version and settings. */
    Table subjects() {
        List<List<String>> cells = results.rows().stream()
                .filter(Row::valid)
                .map(Row::subject)
                .distinct()
                .map(s -> List.of(s.name(), s.version(), s.settings(), s.check()))
                .toList();
        return new Table(
                "Versions and settings",
                List.of(
                        new Column("who", Kind.TEXT),
                        new Column("version", Kind.TEXT),
                        new Column("settings", Kind.LONG),
                        new Column("check", Kind.LONG)),
                cells,
                "");
    }
}
