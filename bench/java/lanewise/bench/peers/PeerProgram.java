package lanewise.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import lanewise.bench.machine.Command;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;

/**
 * A program that does the work of {@link Work} and whose predictions are checked each time. One that
 * predicts something else fails by name.
 */
final class PeerProgram implements Program {

    /** Gives what to compare with; made when the first program runs. */
    interface Expected {
        Reference get() throws IOException;
    }

    /** Times its estimate that a run may take, and seconds for its start on a slow machine. */
    private static final int LATEST = 10, START_LATEST = 60;

    private final String name;
    private final double seconds;
    private final Command command;
    private final Expected expected;

    /** The parameters of the time from start to the first prediction; null for a program that measures itself. */
    private final SortedMap<String, String> started;

    private boolean rehearsed;

    private PeerProgram(
            String name, double seconds, Command command, Expected expected, SortedMap<String, String> started) {
        this.name = name;
        this.seconds = seconds;
        this.command = command;
        this.expected = expected;
        this.started = started;
    }

    /**
     * A program that measures itself.
     *
     * @param name what it measures
     * @param seconds that a run takes, by estimate
     * @param command without the options that name folders
     * @param expected what to compare with; gives null for a program that predicts nothing
     */
    static PeerProgram measured(String name, double seconds, Command command, Expected expected) {
        return new PeerProgram(name, seconds, command, expected, null);
    }

    /**
     * A program that ends after its first prediction. Its time is taken here; the first run of all, which reads files that
     * are not in memory yet, does not count.
     *
     * @param name what it measures
     * @param seconds that a run takes, by estimate
     * @param command without the options that name folders
     * @param expected what to compare with
     * @param by who, or an empty text for this library
     */
    static PeerProgram started(String name, double seconds, Command command, Expected expected, String by) {
        return new PeerProgram(
                name, seconds, command, expected, new TreeMap<>(by.isEmpty() ? Map.of() : Map.of(Key.BY, by)));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double seconds() {
        return seconds;
    }

    @Override
    public Output run() throws IOException, InterruptedException {
        if (started != null && !rehearsed) {
            once();
            rehearsed = true;
        }
        return once();
    }

    private Output once() throws IOException, InterruptedException {
        Reference reference = expected.get();
        if (reference == null) return JavaProgram.output(name, command.output(limit()), List.of());
        Path out = Files.createTempDirectory(reference.folder(), "out");
        try {
            List<Object> words = new ArrayList<>(command.words());
            words.addAll(List.of("--work", reference.folder(), "--digits", Peers.DIGITS, "--out", out));
            long start = System.nanoTime();
            String printed =
                    Command.of(words.toArray()).with(command.environment()).output(limit());
            double took = (System.nanoTime() - start) * 1e-9;
            Output output = JavaProgram.output(name, printed, List.of());
            Subject s = output.subject();
            Subject checked = new Subject(s.name(), s.version(), s.settings(), reference.check(name, out));
            return new Output(checked, output.arguments(), started == null ? output.figures() : List.of(start(took)));
        } finally {
            delete(out);
        }
    }

    /** Seconds after which it hangs. */
    private long limit() {
        return (long) (LATEST * seconds) + START_LATEST;
    }

    private Figure start(double seconds) {
        return new Figure("peers.start", started, "ss", "s", false, List.of(seconds), null, null, null);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }
}
