package lanewise.bench.micro;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import lanewise.bench.micro.Ceilings.Level;
import lanewise.bench.result.Bound;

/**
 * The least that one operation of a benchmark has to do, whoever does it.
 *
 * <p>Only what cannot be left out counts: useful floating-point operations, weights and rows once each, no padding, no
 * search for zeros. So a bound that is made of it is never too long, and a benchmark that beats {@link Bound#least}
 * has left work out.
 *
 * @param operations useful floating-point operations, a multiply-add counted twice; 0 where they are not counted, as for
 *     elementary functions
 * @param read bytes that are only read
 * @param written bytes that are only written
 * @param updated bytes that are read and written back
 * @param workingSet bytes that successive operations go through: they decide from which cache the bytes come
 */
public record Work(double operations, double read, double written, double updated, double workingSet) {

    /** Work on floats, all of which successive operations meet again. */
    static Work ofFloats(double operations, double read, double written, double updated) {
        return new Work(
                operations,
                Float.BYTES * read,
                Float.BYTES * written,
                Float.BYTES * updated,
                Float.BYTES * (read + written + updated));
    }

    /** Bytes that are moved: those that are updated move twice. */
    public double bytes() {
        return read + written + 2 * updated;
    }

    /**
     * The bound that applies: the longest of the arithmetic at the peak, and the bytes from and to the caches that hold the
     * working set, the nearer ones as much of it as they can. Reads, writes and updates are bounds of their own, since a
     * core does them at the same time. In the first-level cache an update is bound by its writes alone: one in place that
     * stands between other work is faster than the one that was measured, which waits for its own stores. The bound is named after the farthest cache that is needed.
     *
     * <p>{@link Bound#least} leaves the caches out: all bytes are taken from the first-level cache, updated ones as reads
     * and writes of two arrays, which is faster than an update in place. A rate of that cache that is not known bounds nothing there.
     *
     * @param ceilings that this machine was measured to have
     * @param unit of the benchmark: a time for each operation such as {@code ns/op}, or operations in a time such as
     *     {@code ops/s}
     * @return the bound in that unit; null if a rate of the farthest cache that is needed is not known
     */
    public Bound bound(Ceilings ceilings, String unit) {
        double arithmetic = operations / ceilings.operationsPerSecond();
        Level near = ceilings.levels().get(0), far = ceilings.holding(workingSet);
        double reads = read + updated, writes = written + updated;
        double least = arithmetic;
        if (!Double.isNaN(near.readPerSecond())) least = Math.max(least, reads / near.readPerSecond());
        if (!Double.isNaN(near.writtenPerSecond())) least = Math.max(least, writes / near.writtenPerSecond());
        double[] times = {
            arithmetic,
            seconds(reads, ceilings, Level::readPerSecond),
            seconds(writes, ceilings, Level::writtenPerSecond),
            seconds(
                    2 * updated,
                    ceilings,
                    level -> level == near ? 2 * level.writtenPerSecond() : level.updatedPerSecond())
        };
        List<String> names = List.of("arithmetic", far.name() + " read", far.name() + " write", far.name() + " update");
        int longest = 0;
        for (int i = 0; i < times.length; i++) {
            if (Double.isNaN(times[i])) return null;
            if (times[i] > times[longest]) longest = i;
        }
        double slowest = Math.max(least, times[longest]);
        return new Bound(names.get(longest), inUnit(slowest, unit), inUnit(least, unit), operations, bytes());
    }

    private double seconds(double bytes, Ceilings ceilings, ToDoubleFunction<Level> bytesPerSecond) {
        return bytes == 0 ? 0 : bytes * ceilings.secondsPerByte(workingSet, bytesPerSecond);
    }

    private static double inUnit(double seconds, String unit) {
        int slash = unit.indexOf('/');
        boolean time = unit.endsWith("/op");
        String second = slash < 0 ? unit : time ? unit.substring(0, slash) : unit.substring(slash + 1);
        double scaled = seconds * perSecond(second, unit);
        return time ? scaled : 1 / scaled;
    }

    private static double perSecond(String time, String unit) {
        return switch (time.toLowerCase(Locale.ROOT)) {
            case "s" -> 1;
            case "ms" -> 1e3;
            case "us" -> 1e6;
            case "ns" -> 1e9;
            default ->
                throw new IllegalArgumentException("the unit " + unit
                        + " is no time for each operation (ns/op) and no number of operations in a time (ops/s)");
        };
    }
}
