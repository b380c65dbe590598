package lanewise.bench.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * Calls that are timed one by one, in windows with the calibration loop read between them: those of a disturbed window
 * enter no distribution. Recording allocates nothing.
 */
public final class Calls {

    /** The length of a window in nanoseconds. */
    public static final long WINDOW_NANOS = 1_000_000;

    /** Longer calls count as this one, in nanoseconds. */
    private static final long LONGEST = 60_000_000_000L;

    private static final int DIGITS = 3;

    private final long[] nanos;
    private final int[] ends;
    private final double[] clocks;
    private int calls;
    private int windows;
    private double before;
    private double highest;

    /**
     * Room for some calls, in memory that was written to before.
     *
     * @param calls at most; more are not recorded
     * @param seconds of all windows
     */
    public Calls(int calls, double seconds) {
        nanos = new long[calls];
        ends = new int[2 + (int) (seconds * 1e9 / WINDOW_NANOS) * 2];
        clocks = new double[ends.length];
        Arrays.fill(nanos, 1);
        Arrays.fill(ends, 1);
        Arrays.fill(clocks, 1);
    }

    /** Forgets all calls, not the best speed of the loop, and begins the first window. */
    public void reset() {
        calls = 0;
        windows = 0;
        before = CalibrationLoop.read();
        highest = Math.max(highest, before);
    }

    /** Records a call. */
    public void record(long took) {
        if (calls < nanos.length) nanos[calls++] = took;
    }

    /** How many calls there are. */
    public int count() {
        return calls;
    }

    /** Ends a window and begins the next one; takes some 20 microseconds. */
    public void next() {
        double clock = CalibrationLoop.read();
        if (windows < ends.length) {
            ends[windows] = calls;
            clocks[windows++] = Math.min(before, clock);
        }
        before = clock;
        highest = Math.max(highest, clock);
    }

    /** The lower speed of the loop before and after each window that has ended. */
    public List<Double> clocks() {
        return Arrays.stream(clocks, 0, windows).boxed().toList();
    }

    /** The calls in nanoseconds of all windows that have ended. */
    public Histogram all() {
        return histogram(0);
    }

    /** The calls in nanoseconds of those windows that were as quiet as the best; of all, if none was. */
    public Histogram quiet() {
        Histogram quiet = histogram(Windows.QUIET * highest);
        return quiet.getTotalCount() > 0 ? quiet : all();
    }

    private Histogram histogram(double least) {
        Histogram histogram = new Histogram(LONGEST, DIGITS);
        for (int w = 0, from = 0; w < windows; from = ends[w++])
            if (clocks[w] >= least)
                for (int i = from; i < ends[w]; i++) histogram.recordValue(Math.min(nanos[i], LONGEST));
        return histogram;
    }

    /** Pairs of microseconds and count of a histogram of nanoseconds, ascending. */
    public static List<double[]> bins(Histogram histogram) {
        List<double[]> bins = new ArrayList<>();
        for (HistogramIterationValue value : histogram.recordedValues())
            bins.add(new double[] {
                1e-3 * histogram.medianEquivalentValue(value.getValueIteratedTo()), value.getCountAtValueIteratedTo()
            });
        return bins;
    }
}
