package lanewise.bench.program;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Measures in windows so short that a neighbour on the same core disturbs some and leaves others alone, and reads the
 * calibration loop before and after each. So disturbed windows are known without a look at their results.
 *
 * <p>On a virtual machine whose host was busy, the medians of half a second repeated to 17 %, and the better quartiles of
 * quiet windows to 0.2 %.
 */
public final class Windows {

    /** The length of a window. */
    public static final double SECONDS = 2e-3;

    /**
     * The least speed of the loop around a quiet window, as a share of the best. Disturbed, it has less than 80 %: with limits
     * from 90 to 97 % the same windows count.
     */
    public static final double QUIET = 0.95;

    /** Something that takes a while, and tells how fast it was. */
    public interface Work<E extends Exception> {

        /**
         * Does it.
         *
         * @return how fast
         * @throws E its failure
         */
        double rate() throws E;
    }

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final List<Double> values = new ArrayList<>();
    private final List<Double> clocks = new ArrayList<>();

    /** No windows yet. Make them before anything else is warmed up: later the loop waits for the JIT compiler behind that. */
    public Windows() {
        CalibrationLoop.read();
    }

    /**
     * Measures one window.
     *
     * @return bytes that the calling thread allocated in it
     * @throws E the failure of the work
     */
    public <E extends Exception> long measure(Work<E> work) throws E {
        double before = CalibrationLoop.read();
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        double rate = work.rate();
        bytes = THREADS.getCurrentThreadAllocatedBytes() - bytes;
        clocks.add(Math.min(before, CalibrationLoop.read()));
        values.add(rate);
        return bytes;
    }

    /** How many windows there are. */
    public int count() {
        return values.size();
    }

    /** The rates, one for each window. */
    public List<Double> values() {
        return Collections.unmodifiableList(values);
    }

    /** The lower speed of the loop before and after each window. */
    public List<Double> clocks() {
        return Collections.unmodifiableList(clocks);
    }
}
