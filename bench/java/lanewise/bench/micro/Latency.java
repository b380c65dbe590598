package lanewise.bench.micro;

import com.google.gson.Gson;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.bench.program.Calls;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;

/**
 * The latency of one prediction as a distribution, on one thread.
 *
 * <p>A <b>closed loop</b> calls again when the last call has returned. It tells what a call costs, and hides stalls: while a
 * call stalls, nobody calls, so a stall counts once.
 *
 * <p>An <b>open loop</b> has a schedule, so many calls a second, and a call's latency counts from its place in the schedule.
 * Calls that were due during a stall wait for its end, and each of their waits counts, as it does for the users of a
 * service. To leave them out is the mistake that Gil Tene named coordinated omission.
 *
 * <p>Recording allocates nothing, and costs two readings of the clock a call, some 20 to 50 ns, which are in the figures.
 */
public final class Latency {

    /** Calls of a second that are recorded, at most. */
    private static final int CALLS = 2_000_000;

    /** Nanoseconds without a call that are due in which the calibration loop is read. */
    private static final long IDLE = 40_000;

    private static final double ZEROS = 0.81;

    /** Seconds of calls before the ones that count. */
    private static final double WARM_UP = 1.5;

    private static final String BENCHMARK = "predict.latency";

    /** Something whose latency is measured. */
    interface Call {

        /** Calls it once. */
        void call();
    }

    private final LongSupplier clock;
    private final Call call;
    private final Calls calls;
    private long window;

    /**
     * A measurement without calls yet.
     *
     * @param clock in nanoseconds
     * @param call one at a time
     * @param seconds that are measured at most
     */
    Latency(LongSupplier clock, Call call, double seconds) {
        this.clock = clock;
        this.call = call;
        calls = new Calls((int) (CALLS * seconds), seconds);
        calls.reset();
    }

    /** The latencies of the calls since the last {@link #reset}. */
    Calls calls() {
        return calls;
    }

    /** Forgets all calls. */
    void reset() {
        calls.reset();
    }

    /** Calls again and again for some time; a latency counts from the call. */
    void closed(long nanos) {
        long start = clock.getAsLong(), now;
        window = start;
        do {
            long before = clock.getAsLong();
            call.call();
            now = clock.getAsLong();
            calls.record(now - before);
            if (now - window >= Calls.WINDOW_NANOS) next();
        } while (now - start < nanos);
        calls.next();
    }

    private void next() {
        calls.next();
        window = clock.getAsLong();
    }

    /**
     * Calls at a rate for some time; a latency counts from the call's place in the schedule.
     *
     * @param rate calls a second
     * @param nanos of the schedule
     * @throws IllegalStateException if the calls fall behind by the whole time, so that the rate cannot be kept
     */
    void open(double rate, long nanos) {
        double period = 1e9 / rate;
        long all = (long) (nanos / period), start = clock.getAsLong();
        window = start;
        for (long i = 0; i < all; i++) {
            long due = start + (long) (i * period), now = clock.getAsLong();
            // The schedule does not wait for the calibration loop, which is read only while nothing is due.
            if (now - window >= Calls.WINDOW_NANOS && due - now > IDLE) next();
            while (now < due) {
                Thread.onSpinWait();
                now = clock.getAsLong();
            }
            if (now - due > nanos)
                throw new IllegalStateException("the rate of " + rate + " calls a second cannot be kept: after " + i
                        + " calls the next one was " + (now - due) / 1_000_000 + " ms late; a lower rate expected");
            call.call();
            calls.record(clock.getAsLong() - due);
        }
        calls.next();
    }

    /**
     * A program that measures latencies.
     *
     * @param classpath that has this class
     * @param kernels as in {@link Key#kernels()}
     * @param gc {@code G1}, {@code Parallel}, {@code Serial} or {@code Z}
     * @param rate calls a second of an open loop; 0 for a closed one
     * @param seconds of the measurement
     */
    public static Program program(String classpath, String kernels, String gc, int rate, double seconds) {
        List<String> options = JavaProgram.options(kernels, "-XX:+Use" + gc + "GC", "-Xms512m", "-Xmx512m");
        String name = "latency, " + (rate == 0 ? "closed loop" : rate + " calls a second") + ", " + gc + ", " + kernels;
        return new JavaProgram(
                name,
                seconds + WARM_UP + 1.5,
                classpath,
                options,
                Latency.class.getName(),
                List.of(gc, String.valueOf(rate), String.valueOf(seconds)));
    }

    /**
     * Measures and prints {@link Output}.
     *
     * @param args the collector's name, which is a parameter of the row; calls a second, 0 for a closed loop; seconds
     */
    public static void main(String[] args) {
        int rate = Integer.parseInt(args[1]);
        long nanos = (long) (1e9 * Double.parseDouble(args[2]));
        Model model = PredictionBenchmark.warmModel();
        Latency latency = new Latency(System::nanoTime, new Predictions(model), Math.max(WARM_UP, 1e-9 * nanos));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try {
            latency.run(rate, (long) (1e9 * WARM_UP));
            latency.reset();
            long before = threads.getCurrentThreadAllocatedBytes();
            latency.run(rate, nanos);
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            Output output = latency.output(args[0], rate, bytes, PredictionBenchmark.kernels(model));
            System.out.println(new Gson().toJson(output));
        } catch (IllegalStateException e) {
            System.err.println(BENCHMARK + ": " + e.getMessage());
            System.exit(1);
        }
    }

    private void run(int rate, long nanos) {
        if (rate == 0) closed(nanos);
        else open(rate, nanos);
    }

    private Output output(String gc, int rate, long bytes, int bits) {
        String kernels = bits == 0 ? "scalar" : String.valueOf(bits);
        Map<String, String> params = new TreeMap<>(Map.of("gc", gc, "loop", rate == 0 ? "closed" : "open"));
        if (rate > 0) params.put("rate", String.valueOf(rate));
        params.put(Key.KERNELS, kernelsAskedFor(kernels));
        double each = (double) bytes / calls.count();
        Figure figure = new Figure(
                BENCHMARK,
                params,
                "sample",
                "us/op",
                true,
                List.of(),
                Calls.bins(calls.quiet()),
                each,
                kernels,
                calls.clocks());
        Subject subject = new Subject(
                "Lanewise", Lanewise.version(), "784-128-64-10, one thread, " + ZEROS + " of the pixels zero", "");
        return new Output(subject, List.of(), List.of(figure));
    }

    /** The kernels that the command line asks for; those that ran, if it asks for none. */
    private static String kernelsAskedFor(String ran) {
        boolean scalar = System.getProperty("lanewise.kernels", "").equals("scalar");
        return scalar ? "scalar" : System.getProperty("lanewise.width", ran);
    }

    /** Predictions of digit after digit. */
    private static final class Predictions implements Call {

        private final Predictor predictor;
        private final float[] digits = Digits.of(ZEROS).floats();
        private final float[] prediction = new float[Digits.CLASSES];
        private int next;

        Predictions(Model model) {
            predictor = model.predictor();
        }

        @Override
        public void call() {
            predictor.predict(digits, next * Digits.PIXELS, prediction, 0);
            next = next == Digits.SAMPLES - 1 ? 0 : next + 1;
        }
    }
}
