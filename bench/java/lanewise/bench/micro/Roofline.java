package lanewise.bench.micro;

import com.google.gson.Gson;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import lanewise.bench.machine.Fastest;
import lanewise.bench.machine.Machine;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.program.Windows;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;

/**
 * The machine's limits on one core, by small kernels: fused multiply-adds a second, and bytes a second that one pass over
 * an array of some size reads, writes, or updates in place. At the width of {@code -Dlanewise.width}, else at the JVM's
 * widest.
 */
public final class Roofline {

    private static final VectorSpecies<Float> S = VectorSpecies.of(float.class, VectorShape.forBitSize(bits()));

    private static final int L = S.length();

    /** Where data begin on a cache line, if the array object does: its header takes 16 bytes. */
    private static final int FROM = 12;

    private static final double COMPILING_SECONDS = 0.6;

    private static final int FMAS = 12, ROUNDS = 1000;

    /** Under the default collector, arrays of this size begin on a cache line. */
    private static final int LEAST_FLOATS = 1 << 23;

    /** The rows' names, and their parameters. */
    static final String ARITHMETIC = "roofline.arithmetic", BANDWIDTH = "roofline.bandwidth";

    static final String ACCESS = "access", LEVEL = "level", SIZE = "size";

    /**
     * An array that lies in a level of the caches, or in memory.
     *
     * @param level {@code L1}, {@code L2}, {@code L3} or {@code memory}
     * @param bytes of the array, a multiple of 4096
     */
    record Size(String level, long bytes) {

        private static final String MEMORY = "memory";

        /** The third-level cache is others', too; memory is tried with what no cache holds, up to half a gigabyte. */
        private static final long SHARED = 4, BEYOND = 4, MOST = 512L << 20;

        /** A size for each level of a machine: half of a cache, a quarter of the one that cores share. */
        static List<Size> of(Machine machine) {
            List<Size> sizes = new ArrayList<>();
            long last = 0;
            for (int level = 1; level <= 3; level++) {
                long cache = machine.cache(level), bytes = cache / (level == 3 ? SHARED : 2) & -4096L;
                if (bytes > last) sizes.add(new Size("L" + level, bytes));
                last = Math.max(last, cache);
            }
            sizes.add(new Size(MEMORY, Math.max(128L << 20, Math.min(MOST, BEYOND * last))));
            return List.copyOf(sizes);
        }

        /** A size from the parameters of a row. */
        static Size of(String level, String size) {
            long number = Long.parseLong(size.substring(0, size.indexOf(' ')));
            return new Size(level, number << (size.endsWith("MB") ? 20 : 10));
        }

        /** What the level holds. */
        double capacity() {
            if (level.equals(MEMORY)) return Double.POSITIVE_INFINITY;
            return (double) bytes * (level.equals("L3") ? SHARED : 2);
        }

        @Override
        public String toString() {
            return bytes % (1 << 20) == 0 ? (bytes >> 20) + " MB" : (bytes >> 10) + " KB";
        }
    }

    /**
     * Limits at one size.
     *
     * @param bytes of the array
     * @param read bytes read a second, in 10⁹
     * @param write bytes written a second, in 10⁹
     * @param update bytes read and bytes written a second, in 10⁹
     */
    public record Bandwidth(long bytes, double read, double write, double update) {

        /** Seconds to read so many bytes of an array of this size. */
        public double readSeconds(double bytes) {
            return bytes / (read * 1e9);
        }

        /** Seconds to read so many bytes of an array of this size and to write them back. */
        public double updateSeconds(double bytes) {
            return 2 * bytes / (update * 1e9);
        }
    }

    /**
     * All limits.
     *
     * @param bits vector width
     * @param gigaflops 10⁹ floating-point operations a second; a fused multiply-add counts as two
     * @param bandwidths by size, in ascending order
     */
    public record Limits(int bits, double gigaflops, List<Bandwidth> bandwidths) {

        public Bandwidth at(long bytes) {
            for (Bandwidth bandwidth : bandwidths) if (bandwidth.bytes == bytes) return bandwidth;
            throw new IllegalArgumentException("no bandwidth was measured for " + bytes + " bytes");
        }
    }

    private final double seconds;
    private float[] array = {};
    private float sink;

    private Roofline(double seconds) {
        this.seconds = seconds;
    }

    /**
     * A program that measures the limits at one width.
     *
     * @param classpath that has this class
     * @param width bits of the vectors
     * @param seconds for each of the 13 limits, or fewer where a cache is missing
     */
    public static Program program(String classpath, int width, double seconds) {
        return new JavaProgram(
                "roofline, " + width + " bit",
                COMPILING_SECONDS * 4 + 13 * seconds,
                classpath,
                JavaProgram.options(String.valueOf(width)),
                Roofline.class.getName(),
                List.of(String.valueOf(seconds)));
    }

    /**
     * Measures the limits in each level of the caches and in memory, and prints them as {@link Output}.
     *
     * @param args seconds for each limit
     */
    public static void main(String[] args) {
        Roofline roofline = compiled(Double.parseDouble(args[0]));
        String kernels = String.valueOf(S.vectorBitSize());
        List<Figure> figures = new ArrayList<>();
        figures.add(figure(ARITHMETIC, Map.of(Key.KERNELS, kernels), "GFLOP/s", roofline.arithmetic()));
        for (Size size : Size.of(Machine.here()))
            roofline.bandwidths(size.bytes)
                    .forEach((access, windows) -> figures.add(figure(
                            BANDWIDTH,
                            Map.of(ACCESS, access, LEVEL, size.level, SIZE, size.toString(), Key.KERNELS, kernels),
                            "GB/s",
                            windows)));
        if (Float.isNaN(roofline.sink)) throw new ArithmeticException("the kernels' results are no numbers");
        Subject subject = new Subject("Roofline", "", "one core, the best of many short rounds", "");
        System.out.println(new Gson().toJson(new Output(subject, List.of(), figures)));
    }

    private static Figure figure(String benchmark, Map<String, String> params, String unit, Windows windows) {
        String kernels = params.get(Key.KERNELS);
        return new Figure(
                benchmark, params, "thrpt", unit, false, windows.values(), null, null, kernels, windows.clocks());
    }

    /** Bits of the vectors. */
    public static int bits() {
        String asked = System.getProperty("lanewise.width", "").replace("!", "");
        return asked.isEmpty() ? Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize()) : Integer.parseInt(asked);
    }

    /**
     * Measures all limits.
     *
     * @param sizes of arrays in bytes, multiples of 4096
     * @param seconds for each limit, half of it to warm up
     * @return the limits
     */
    public static Limits measure(List<Long> sizes, double seconds) {
        Roofline roofline = compiled(seconds);
        double peak = best(roofline.arithmetic());
        List<Bandwidth> bandwidths = new ArrayList<>();
        for (long bytes : sizes.stream().sorted().toList()) {
            Map<String, Windows> all = roofline.bandwidths(bytes);
            bandwidths.add(
                    new Bandwidth(bytes, best(all.get("read")), best(all.get("write")), best(all.get("update"))));
        }
        return new Limits(S.vectorBitSize(), peak, List.copyOf(bandwidths));
    }

    private static double best(Windows windows) {
        return Collections.max(windows.values());
    }

    /** After a measurement at a small size, so that there are many calls and the JIT compiler compiles soon. */
    private static Roofline compiled(double seconds) {
        Roofline first = new Roofline(COMPILING_SECONDS);
        first.arithmetic();
        first.bandwidths(4096);
        return new Roofline(seconds);
    }

    /** In 10⁹ operations a second. */
    private Windows arithmetic() {
        return windows(() -> sink += multiplyAdds(1.5f, 0.5f, sink), 2e-9 * FMAS * L * ROUNDS);
    }

    /** In 10⁹ bytes a second, by the way of access. */
    private SortedMap<String, Windows> bandwidths(long bytes) {
        int to = allocate(bytes);
        float[] a = array;
        SortedMap<String, Windows> all = new TreeMap<>();
        all.put("read", windows(() -> sink += read(a, to), 1e-9 * bytes));
        all.put("write", windows(() -> write(a, to, 1e-3f), 1e-9 * bytes));
        all.put("update", windows(() -> update(a, to, 1e-3f, 1e-6f), 2e-9 * bytes));
        return all;
    }

    /** Warms up in half of the time, and measures windows in the other half: a round in each. */
    private Windows windows(Runnable task, double amount) {
        Fastest.seconds(task, seconds / 2, 0);
        Windows windows = new Windows();
        long end = System.nanoTime() + (long) (seconds / 2 * 1e9);
        do windows.measure(() -> amount / Fastest.seconds(task, 0, 0));
        while (System.nanoTime() < end);
        return windows;
    }

    private int allocate(long bytes) {
        int floats = Math.toIntExact(bytes / Float.BYTES);
        if (array.length < FROM + floats) array = new float[Math.max(LEAST_FLOATS, FROM + floats)];
        return FROM + floats;
    }

    /** As many chains as hide the latency, and no more than 16 registers hold. */
    private static float multiplyAdds(float a, float b, float c) {
        FloatVector x = FloatVector.broadcast(S, a), y = FloatVector.broadcast(S, b);
        FloatVector s0 = FloatVector.broadcast(S, c), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
        FloatVector s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
        for (int i = 0; i < ROUNDS; i++) {
            s0 = x.fma(y, s0);
            s1 = x.fma(y, s1);
            s2 = x.fma(y, s2);
            s3 = x.fma(y, s3);
            s4 = x.fma(y, s4);
            s5 = x.fma(y, s5);
            s6 = x.fma(y, s6);
            s7 = x.fma(y, s7);
            s8 = x.fma(y, s8);
            s9 = x.fma(y, s9);
            s10 = x.fma(y, s10);
            s11 = x.fma(y, s11);
        }
        s0 = s0.add(s1).add(s2.add(s3)).add(s4.add(s5).add(s6.add(s7)));
        return s0.add(s8.add(s9).add(s10.add(s11))).lane(0) * 1e-9f;
    }

    private static float read(float[] a, int to) {
        FloatVector s0 = FloatVector.zero(S), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (int i = FROM; i < to; i += 8 * L) {
            s0 = s0.add(FloatVector.fromArray(S, a, i));
            s1 = s1.add(FloatVector.fromArray(S, a, i + L));
            s2 = s2.add(FloatVector.fromArray(S, a, i + 2 * L));
            s3 = s3.add(FloatVector.fromArray(S, a, i + 3 * L));
            s4 = s4.add(FloatVector.fromArray(S, a, i + 4 * L));
            s5 = s5.add(FloatVector.fromArray(S, a, i + 5 * L));
            s6 = s6.add(FloatVector.fromArray(S, a, i + 6 * L));
            s7 = s7.add(FloatVector.fromArray(S, a, i + 7 * L));
        }
        return s0.add(s1).add(s2.add(s3)).add(s4.add(s5).add(s6.add(s7))).lane(0) * 1e-9f;
    }

    private static void write(float[] a, int to, float value) {
        FloatVector x = FloatVector.broadcast(S, value);
        for (int i = FROM; i < to; i += 8 * L) {
            x.intoArray(a, i);
            x.intoArray(a, i + L);
            x.intoArray(a, i + 2 * L);
            x.intoArray(a, i + 3 * L);
            x.intoArray(a, i + 4 * L);
            x.intoArray(a, i + 5 * L);
            x.intoArray(a, i + 6 * L);
            x.intoArray(a, i + 7 * L);
        }
    }

    private static void update(float[] a, int to, float value, float factor) {
        FloatVector x = FloatVector.broadcast(S, value), y = FloatVector.broadcast(S, factor);
        for (int i = FROM; i < to; i += 8 * L) {
            x.fma(y, FloatVector.fromArray(S, a, i)).intoArray(a, i);
            x.fma(y, FloatVector.fromArray(S, a, i + L)).intoArray(a, i + L);
            x.fma(y, FloatVector.fromArray(S, a, i + 2 * L)).intoArray(a, i + 2 * L);
            x.fma(y, FloatVector.fromArray(S, a, i + 3 * L)).intoArray(a, i + 3 * L);
            x.fma(y, FloatVector.fromArray(S, a, i + 4 * L)).intoArray(a, i + 4 * L);
            x.fma(y, FloatVector.fromArray(S, a, i + 5 * L)).intoArray(a, i + 5 * L);
            x.fma(y, FloatVector.fromArray(S, a, i + 6 * L)).intoArray(a, i + 6 * L);
            x.fma(y, FloatVector.fromArray(S, a, i + 7 * L)).intoArray(a, i + 7 * L);
        }
    }
}
