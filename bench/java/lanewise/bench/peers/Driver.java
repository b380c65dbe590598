package lanewise.bench.peers;

import com.google.gson.Gson;
import com.sun.management.ThreadMXBean;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import lanewise.bench.program.Calls;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.program.Windows;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;

/**
 * A program that measures one peer and prints an {@link Output} as JSON. Predictions go into files, for the suite to check.
 *
 * <pre>{@code
 * Driver CLASS --work FOLDER --digits FOLDER --out FOLDER --tasks train-1,predict [--by NAME] [--kernels BITS]
 *        [--threads N] [--seconds S]
 * }</pre>
 *
 * <p>Tasks are {@code train-N}, trainings in batches of N; {@code predict}, one digit at a time; {@code digits}, all test
 * digits; {@code accuracy}, a training from beginning to end; and {@code start}, which predicts one digit and ends. Each takes
 * about so many seconds, half of them to warm up.
 */
public final class Driver {

    /** Windows of a task, at least. */
    private static final int WINDOWS = 5;

    /** All test digits are predicted in so many pieces, so that a fast library takes some milliseconds for one. */
    private static final int PIECES = 10;

    private static final double WARM_UP_SHARE = 0.5;

    /** Digits that are predicted one by one to see whether that suits a peer best. */
    private static final int TRIED = 1000;

    /** Predictions one by one are warmed up for so long before they are tried, or by as many calls as there are digits. */
    private static final long COMPILED_NANOS = 500_000_000L;

    /** Seconds that the JIT compiler needs, however little is to be measured. */
    private static final double LEAST_WARM_UP = 0.6;

    /** Slices of a warm-up, at most so many, and the gain that asks for one more. */
    private static final int SLICES = 3, MOST_SLICES = 12;

    private static final double FASTER = 1.05;

    /** Calls of a second that are recorded, at most. */
    private static final int CALLS = 2_000_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Peer peer;
    private final Map<String, String> options;
    private final Work work;
    private final Path out;
    private final double seconds;
    private final int threads;
    private final List<Figure> figures = new ArrayList<>();
    private String more = "";

    private Driver(Peer peer, Map<String, String> options) {
        this.peer = peer;
        this.options = options;
        work = new Work(Path.of(options.get("work")));
        out = Path.of(options.get("out"));
        seconds = Double.parseDouble(options.getOrDefault("seconds", "1.5"));
        threads = Integer.parseInt(options.getOrDefault("threads", "1"));
    }

    /**
     * Measures, prints, and ends the JVM: some libraries leave threads behind.
     *
     * @param args the peer's class, then options
     */
    public static void main(String[] args) {
        int status = 1;
        // A complaint is one line, whatever libraries say before it.
        PrintStream errors = System.err;
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        try {
            Map<String, String> options = new HashMap<>();
            for (int i = 1; i + 1 < args.length; i += 2) options.put(args[i].substring(2), args[i + 1]);
            try (Peer peer =
                    (Peer) Class.forName(args[0]).getDeclaredConstructor().newInstance()) {
                Output output = new Driver(peer, options)
                        .run(List.of(options.get("tasks").split(",")));
                System.out.println(new Gson().toJson(output));
            }
            status = 0;
        } catch (Exception | LinkageError e) {
            String message = e.getMessage() == null
                    ? ""
                    : ": " + e.getMessage().lines().findFirst().orElse("");
            errors.println(e.getClass().getSimpleName() + message);
        }
        System.out.flush();
        Runtime.getRuntime().halt(status);
    }

    private Output run(List<String> tasks) throws Exception {
        if (tasks.contains("start")) return start();
        float[] test = Digits.read(Path.of(options.get("digits")), "t10k").floats();
        if (tasks.contains("predict") || tasks.contains("digits")) {
            peer.load(work);
            if (tasks.contains("digits")) digits(test);
            if (tasks.contains("predict")) predict(test);
        }
        List<Integer> batches = tasks.stream()
                .filter(task -> task.startsWith("train-"))
                .map(task -> Integer.valueOf(task.substring(6)))
                .toList();
        if (!batches.isEmpty()) {
            Digits training = Digits.read(Path.of(options.get("digits")), "train");
            for (int batch : batches) train(training, test, batch);
        }
        if (tasks.contains("accuracy")) accuracy(test);
        return output();
    }

    private Output output() {
        String used = threads == 1 ? "one thread" : threads + " threads", core = System.getenv("OPENBLAS_CORETYPE");
        String named = core == null ? "" : "; OPENBLAS_CORETYPE=" + core;
        return new Output(
                new Subject(peer.name(), peer.version(), used + "; " + peer.settings() + more + named, ""),
                ManagementFactory.getRuntimeMXBean().getInputArguments(),
                figures);
    }

    private Output start() throws Exception {
        peer.load(work);
        float[] probabilities = new float[Work.CLASSES];
        peer.predict(work.digit(), probabilities);
        Work.write(file(Work.PREDICTED), probabilities);
        return output();
    }

    /** Where predictions go. */
    private Path file(String name) {
        return out.resolve(peer.softmax() ? name : Work.SIGMOIDS + name);
    }

    /** Something that is done for a while; returns how fast. */
    private interface Slice {
        double rate() throws Exception;
    }

    /**
     * Repeats a slice of the warm-up until the JIT compiler has nothing left to gain: the usual number of times, and on while
     * one is faster than all before. A peer whose slices take longer than they should has fewer, two at least.
     *
     * @param slice that takes the seconds that {@link #slice()} tells
     */
    private void warmUp(Slice slice) throws Exception {
        double best = 0, usual = Math.max(LEAST_WARM_UP, (SLICES + 1) * slice()) * 1e9;
        long start = System.nanoTime();
        for (int i = 0; i < MOST_SLICES || System.nanoTime() - start < usual; i++) {
            double rate = slice.rate();
            if (i > 0 && System.nanoTime() - start >= usual && rate < FASTER * best) return;
            best = Math.max(best, rate);
        }
    }

    /** Seconds of a slice of the warm-up. */
    private double slice() {
        return seconds * WARM_UP_SHARE / SLICES;
    }

    // The tasks

    private void train(Digits training, float[] test, int batch) throws Exception {
        try (Peer.Training run = peer.training(work.initial(), training, batch, threads)) {
            int[] order = new int[training.count() / 128 * 128];
            for (int i = 0; i < order.length; i++) order[i] = i;
            float rate = Work.rate(batch);
            run.run(order, 0, Work.TRAINED, rate);
            Work.write(file(Work.trained(batch)), run.probabilities(test));
            Windows windows = new Windows();
            Samples samples = new Samples(run, order, batch, rate);
            warmUp(() -> samples.go(slice()));
            long bytes = 0, done = samples.done;
            long end = System.nanoTime() + (long) (seconds * (1 - WARM_UP_SHARE) * 1e9);
            while (windows.count() < WINDOWS || System.nanoTime() < end)
                bytes += windows.measure(() -> samples.go(Windows.SECONDS));
            // Of several threads this one alone is seen, so nothing is said.
            Double allocated = threads > 1 ? null : (double) bytes / Math.max(1, samples.done - done);
            SortedMap<String, String> params = new TreeMap<>(Map.of("batch", Integer.toString(batch)));
            if (threads > 1) params.put("threads", Integer.toString(threads));
            figures.add(figure("peers.train", params, "thrpt", "samples/s", windows, allocated));
        }
    }

    /** The data are in the library's form before. */
    private void accuracy(float[] test) throws Exception {
        Peer.Course course = peer.course(work.initial(), Digits.read(Path.of(options.get("digits")), "train"));
        long start = System.nanoTime();
        course.run();
        double took = (System.nanoTime() - start) * 1e-9;
        Work.write(out.resolve(Work.ACCURATE), course.probabilities(test));
        SortedMap<String, String> params = new TreeMap<>(Map.of("accuracy", Double.toString(Work.ACCURACY)));
        figures.add(figure("peers.accuracy", params, "ss", "s", List.of(took), null, null, null));
    }

    /** Trains for a given time, epoch after epoch. */
    private static final class Samples {

        private final Peer.Training run;
        private final int[] order;
        private final int batch;
        private final float rate;
        private final boolean fixed;
        private final Random random = new Random(1);
        private int at;
        private long done;

        /** Samples between two looks at the clock: 0.5 to 2 ms. */
        private int chunk;

        Samples(Peer.Training run, int[] order, int batch, float rate) {
            this.run = run;
            this.order = order;
            this.batch = batch;
            this.rate = rate;
            fixed = run.stretch() > 0;
            at = order.length;
            chunk = fixed ? run.stretch() : batch;
        }

        /** Returns samples a second. */
        double go(double seconds) throws Exception {
            long start = System.nanoTime(), end = start + (long) (seconds * 1e9), now = start;
            long before = done;
            while (now < end) {
                if (fixed) at = 0;
                else if (at == order.length) shuffle();
                int to = Math.min(at + chunk, order.length);
                run.run(order, at, to, rate);
                done += to - at;
                at = to;
                long took = System.nanoTime() - now;
                if (!fixed) chunk = next(took);
                now += took;
            }
            return (done - before) / ((now - start) * 1e-9);
        }

        private int next(long took) {
            if (took < 500_000) return Math.min(chunk * 2, order.length);
            return took > 2_000_000 ? Math.max(chunk / 2 / batch * batch, batch) : chunk;
        }

        private void shuffle() {
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1), k = order[i];
                order[i] = order[j];
                order[j] = k;
            }
            at = 0;
        }
    }

    private void predict(float[] test) throws Exception {
        float[] digit = new float[Work.PIXELS], probabilities = new float[Work.CLASSES];
        float[] all = new float[Work.TEST * Work.CLASSES];
        long end = System.nanoTime() + (long) (seconds * 1e9);
        int checked = 0;
        for (; checked < Work.TEST && (checked == 0 || System.nanoTime() < end); checked++) {
            System.arraycopy(test, checked * Work.PIXELS, digit, 0, Work.PIXELS);
            peer.predict(digit, probabilities);
            System.arraycopy(probabilities, 0, all, checked * Work.CLASSES, Work.CLASSES);
        }
        Work.write(file(Work.SINGLE), Arrays.copyOf(all, checked * Work.CLASSES));
        Calls calls = new Calls((int) (CALLS * seconds), seconds);
        double slice = slice();
        warmUp(() -> {
            calls.reset();
            calls(test, digit, probabilities, slice, calls);
            return calls.count() / slice;
        });
        calls.reset();
        double allocated = calls(test, digit, probabilities, seconds * (1 - WARM_UP_SHARE), calls);
        List<double[]> bins = Calls.bins(calls.quiet());
        figures.add(figure(
                "peers.predict", new TreeMap<>(), "sample", "us/op", List.of(), bins, allocated, calls.clocks()));
    }

    /** Times calls one by one, each with a digit that the caller has just written. Returns bytes a call. */
    private double calls(float[] test, float[] digit, float[] probabilities, double limit, Calls calls)
            throws Exception {
        long start = System.nanoTime(), end = start + (long) (limit * 1e9), window = start, from = start;
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        int next = 0, count = 0;
        while (from < end) {
            System.arraycopy(test, next * Work.PIXELS, digit, 0, Work.PIXELS);
            next = next == Work.TEST - 1 ? 0 : next + 1;
            from = System.nanoTime();
            peer.predict(digit, probabilities);
            long now = System.nanoTime();
            calls.record(now - from);
            count++;
            if (now - window >= Calls.WINDOW_NANOS) {
                calls.next();
                window = System.nanoTime();
            }
        }
        return (double) (THREADS.getCurrentThreadAllocatedBytes() - bytes) / count;
    }

    /** The size of batches that suits the peer best; each is tried twice, because the first time is the JIT compiler's. */
    private int bestSize(float[] test) throws Exception {
        int[] sizes = peer.batchSizes();
        int best = sizes[0];
        double bestRate = 0, limit = seconds * WARM_UP_SHARE / sizes.length / 2;
        for (int i = 0; i < 2 * sizes.length && sizes.length > 1; i++) {
            int rows = sizes[i % sizes.length];
            // Some libraries take seconds for all of them one by one.
            int count = rows == 1 ? TRIED : Work.TEST;
            try (Peer.Scoring scoring = peer.scoring(Arrays.copyOf(test, count * Work.PIXELS), rows)) {
                long end = System.nanoTime() + COMPILED_NANOS;
                for (int k = count; k < Work.TEST && System.nanoTime() < end; k += count) scoring.run();
                double rate = rate(scoring, count, limit);
                if (rate > bestRate) {
                    bestRate = rate;
                    best = rows;
                }
            }
        }
        return best;
    }

    private void digits(float[] test) throws Exception {
        int best = bestSize(test);
        try (Peer.Scoring scoring = peer.scoring(test, best)) {
            scoring.run();
            Work.write(file(Work.PREDICTED), scoring.probabilities());
        }
        int each = Work.TEST / PIECES;
        // A batch must fit.
        int pieces = best > each ? 1 : PIECES;
        List<Peer.Scoring> scorings = new ArrayList<>();
        try {
            for (int i = 0; i < pieces; i++) scorings.add(peer.scoring(every(test, pieces, i), best));
            pieces(scorings);
        } finally {
            for (Peer.Scoring scoring : scorings) scoring.close();
        }
        more = "; all digits " + (best == 1 ? "one by one" : "in batches of " + best);
    }

    /** Each so many digits one, from some on: pieces of neighbours would differ by up to 9 % in pixels that are not zero. */
    private static float[] every(float[] test, int pieces, int from) {
        float[] piece = new float[test.length / pieces];
        for (int k = 0; k < piece.length; k += Work.PIXELS)
            System.arraycopy(test, k * pieces + from * Work.PIXELS, piece, k, Work.PIXELS);
        return piece;
    }

    /** Piece after piece, one to a window. */
    private void pieces(List<Peer.Scoring> scorings) throws Exception {
        int digits = Work.TEST / scorings.size();
        Windows windows = new Windows();
        warmUp(() -> {
            double rate = 0;
            for (Peer.Scoring scoring : scorings) rate += rate(scoring, digits, slice() / scorings.size());
            return rate;
        });
        long bytes = 0, end = System.nanoTime() + (long) (seconds * (1 - WARM_UP_SHARE) * 1e9);
        // A slow peer has fewer windows.
        for (int i = 0; i == 0 || System.nanoTime() < end; i++) {
            Peer.Scoring scoring = scorings.get(i % scorings.size());
            bytes += windows.measure(() -> rate(scoring, digits, 0));
        }
        double allocated = (double) bytes / windows.count() / digits;
        figures.add(figure("peers.digits", new TreeMap<>(), "thrpt", "samples/s", windows, allocated));
    }

    /** Digits a second, of which each run has so many; runs at least once. */
    private static double rate(Peer.Scoring scoring, int digits, double limit) throws Exception {
        long start = System.nanoTime(), now;
        int count = 0;
        do {
            scoring.run();
            count++;
            now = System.nanoTime();
        } while (now - start < limit * 1e9);
        return (double) count * digits / ((now - start) * 1e-9);
    }

    private Figure figure(
            String benchmark,
            SortedMap<String, String> params,
            String mode,
            String unit,
            Windows windows,
            Double allocated) {
        return figure(benchmark, params, mode, unit, windows.values(), null, allocated, windows.clocks());
    }

    private Figure figure(
            String benchmark,
            SortedMap<String, String> params,
            String mode,
            String unit,
            List<Double> values,
            List<double[]> histogram,
            Double allocated,
            List<Double> clocks) {
        boolean own = peer instanceof ThisLibrary;
        // Without a figure nothing is promised: of a whole training with its data, and of trainings on several threads.
        boolean still = own && allocated != null;
        if (options.containsKey(Key.BY)) params.put(Key.BY, options.get(Key.BY));
        if (options.containsKey(Key.KERNELS)) params.put(Key.KERNELS, options.get(Key.KERNELS));
        return new Figure(
                benchmark,
                params,
                mode,
                unit,
                still,
                values,
                histogram,
                allocated,
                own ? ThisLibrary.kernels() : null,
                clocks);
    }
}
