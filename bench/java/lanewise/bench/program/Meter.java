package lanewise.bench.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import lanewise.bench.result.Conditions;

/**
 * Reads the machine's state between forks: the speed of a calibration loop on one and on all processors, what the host
 * gave to others, what other programs used, and whether two clocks agree.
 *
 * <p>On one processor the best of a few short windows of the {@link CalibrationLoop} tells the clock; on all processors the
 * median tells what is left of them.
 * What the operating system does not tell counts as undisturbed.
 */
public final class Meter {

    private static final long WINDOW_NANOS = 4_000_000;
    private static final int WINDOWS = 5;

    private static final Path STATISTICS = Path.of("/proc/stat"), OWN = Path.of("/proc/self/stat");
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    /**
     * The machine at one moment.
     *
     * @param clock the loop's speed on one processor
     * @param all the loop's speed on all processors together
     * @param wall in milliseconds since 1970
     * @param nanos of the monotonic clock
     * @param ticks of all processors since the boot, by {@link Ticks}; null if unknown
     * @param own ticks that this process and its ended children used
     */
    public record Reading(double clock, double all, long wall, long nanos, Ticks ticks, long own) {}

    /**
     * Time of all processors in the system's ticks.
     *
     * @param busy in programs and in the system
     * @param steal given to others by the host
     * @param total all, idle time included
     */
    record Ticks(long busy, long steal, long total) {

        /** From the text of {@code /proc/stat}; null if it has no line of all processors. */
        static Ticks of(String text) {
            String first = text.lines().findFirst().orElse("");
            String[] words = first.trim().split("\\s+");
            if (!words[0].equals("cpu") || words.length < 9) return null;
            long[] ticks = new long[8];
            for (int i = 0; i < ticks.length; i++) ticks[i] = Long.parseLong(words[i + 1]);
            long idle = ticks[3] + ticks[4], steal = ticks[7], total = 0;
            for (long each : ticks) total += each;
            return new Ticks(total - idle - steal, steal, total);
        }
    }

    private final int processors;
    private final String boot = read(BOOT).strip();
    private double bestClock, bestAll;

    /** The best speeds inside the forks, by the loop. */
    private final Map<String, Double> bestInside = new HashMap<>();

    /** A meter whose loop is compiled already. */
    public Meter() {
        this(Runtime.getRuntime().availableProcessors());
    }

    Meter(int processors) {
        this.processors = processors;
        for (int i = 0; i < 20; i++) CalibrationLoop.read(WINDOW_NANOS);
        read();
    }

    /** Reads the machine's state; takes some 40 ms. */
    public Reading read() {
        double clock = 0;
        for (int i = 0; i < WINDOWS; i++) clock = Math.max(clock, CalibrationLoop.read(WINDOW_NANOS));
        double all = processors == 1 ? clock : together();
        bestClock = Math.max(bestClock, clock);
        bestAll = Math.max(bestAll, all);
        return new Reading(
                clock, all, System.currentTimeMillis(), System.nanoTime(), Ticks.of(read(STATISTICS)), own(read(OWN)));
    }

    /**
     * Takes note of the speeds inside a fork. The best of a loop is what a tenth of some fork's windows reach, so one wrong
     * reading does not decide.
     *
     * @param loop that was read
     * @param clocks the speeds around the fork's windows
     */
    public void saw(String loop, List<Double> clocks) {
        List<Double> best = clocks.stream().sorted(Comparator.reverseOrder()).toList();
        if (!best.isEmpty()) bestInside.merge(loop, best.get((best.size() - 1) / 10), Math::max);
    }

    /** Whether nothing disturbed a window, by the best speed of the loop that this meter has seen until now. */
    public boolean quiet(String loop, double clock) {
        return clock >= Windows.QUIET * bestInside.getOrDefault(loop, 0.0);
    }

    /**
     * The conditions between two readings, by the best speeds that this meter has seen until now.
     *
     * @param before the fork
     * @param after the fork
     * @param loop that was read inside the fork
     * @param clocks the speeds around the fork's windows; none if it did not measure in windows
     */
    public Conditions between(Reading before, Reading after, String loop, List<Double> clocks) {
        double nanos = after.nanos - before.nanos, seconds = nanos * 1e-9;
        double steal = 0, others = 0;
        if (before.ticks != null && after.ticks != null && after.ticks.total > before.ticks.total) {
            double total = after.ticks.total - before.ticks.total;
            steal = (after.ticks.steal - before.ticks.steal) / total;
            double foreign = after.ticks.busy - before.ticks.busy - (after.own - before.own);
            others = Math.max(0, foreign / total * processors);
        }
        double wall = (after.wall - before.wall) * 1e-3;
        // The wall clock counts in milliseconds.
        double skew = Math.max(0, Math.abs(wall - seconds) - 2e-3) / Math.max(seconds, 1e-3);
        return new Conditions(
                before.wall,
                boot,
                seconds,
                Math.min(before.clock, after.clock) / bestClock,
                Math.min(before.all, after.all) / bestAll,
                steal,
                others,
                skew,
                clocks.size(),
                (int) clocks.stream().filter(c -> quiet(loop, c)).count());
    }

    /** The sum of the speeds of all processors at once: the median of the windows. */
    private double together() {
        double[][] speeds = new double[processors][WINDOWS];
        CountDownLatch ready = new CountDownLatch(processors);
        List<Thread> threads = new ArrayList<>();
        for (double[] own : speeds) {
            Thread thread = new Thread(() -> {
                ready.countDown();
                try {
                    ready.await();
                } catch (InterruptedException e) {
                    return;
                }
                for (int i = 0; i < WINDOWS; i++) own[i] = CalibrationLoop.read(2 * WINDOW_NANOS);
            });
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        try {
            for (Thread thread : threads) thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<Double> sums = new ArrayList<>();
        for (int i = 0; i < WINDOWS; i++) {
            double sum = 0;
            for (double[] own : speeds) sum += own[i];
            sums.add(sum);
        }
        Collections.sort(sums);
        return sums.get(WINDOWS / 2);
    }

    /** Ticks of this process and of its children that have ended, from the text of {@code /proc/self/stat}. */
    static long own(String text) {
        // The program's name may hold spaces; it stands in brackets.
        int end = text.lastIndexOf(')');
        if (end < 0) return 0;
        String[] words = text.substring(end + 1).trim().split("\\s+");
        long ticks = 0;
        for (int i = 11; i <= 14; i++) ticks += Long.parseLong(words[i]);
        return ticks;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
