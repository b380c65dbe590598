package lanewise.bench;

import java.util.Locale;
import lanewise.bench.program.Runner;

/** A line on standard error that says how far a run is: rewritten in place on a terminal, else printed now and then. */
final class ProgressLine implements Runner.Progress {

    private static final int COLUMNS = 78;

    /** Between two lines where there is no terminal. */
    private static final long EVERY_NANOS = 30_000_000_000L;

    private final boolean terminal = System.console() != null;
    private long printed = Long.MIN_VALUE;

    @Override
    public void at(String what, double done, double secondsLeft) {
        String line = String.format(Locale.ROOT, "%3.0f %%, %s left; %s", 100 * done, time(secondsLeft), what);
        if (terminal) show(line);
        else if (printed == Long.MIN_VALUE || System.nanoTime() - printed > EVERY_NANOS) {
            System.err.println(line);
            printed = System.nanoTime();
        }
    }

    /** Shows a text in the place of the last; on a terminal alone. */
    void show(String text) {
        String line = text.length() <= COLUMNS ? text : text.substring(0, COLUMNS - 3) + "...";
        if (terminal) System.err.print("\r" + line + " ".repeat(COLUMNS - line.length()) + "\r");
    }

    /** Leaves an empty line. */
    void end() {
        if (terminal) System.err.print("\r" + " ".repeat(COLUMNS) + "\r");
    }

    /** A duration in the unit that suits it. */
    static String time(double seconds) {
        if (seconds < 90) return Math.round(seconds) + " s";
        if (seconds < 5400) return Math.round(seconds / 60) + " min";
        return String.format(Locale.ROOT, "%.1f h", seconds / 3600);
    }
}
