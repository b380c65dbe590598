package lanewise.bench.report;

import java.util.ArrayList;
import java.util.List;
import lanewise.bench.result.Numbers;

/**
 * A logarithmic axis of a {@link Chart}.
 *
 * @param title below or beside it
 * @param from value at its beginning, positive
 * @param to value at its end, greater than from
 * @param ticks what is marked, ascending
 */
record Axis(String title, double from, double to, List<Tick> ticks) {

    private static final double MARGIN = 1.15;

    /** Beyond so many decades the numbers between powers of ten are not marked. */
    private static final int FEW_DECADES = 3;

    private static final int MOST_TICKS = 9;

    /**
     * A mark.
     *
     * @param value where
     * @param text beside it
     */
    record Tick(double value, String text) {}

    /** An axis of values, marked at round numbers. */
    static Axis of(String title, List<Double> values) {
        double least = values.stream().min(Double::compare).orElse(1.0) / MARGIN;
        double most = values.stream().max(Double::compare).orElse(1.0) * MARGIN;
        int first = (int) Math.floor(Math.log10(least)), last = (int) Math.ceil(Math.log10(most));
        int every = Math.max(1, (last - first + 6) / 7);
        boolean fine = last - first <= FEW_DECADES;
        List<Tick> ticks = new ArrayList<>();
        for (int power = first; power <= last; power += every)
            for (double one : fine ? new double[] {1, 2, 5} : new double[] {1}) {
                double value = one * Math.pow(10, power);
                if (value >= least && value <= most) ticks.add(new Tick(value, Numbers.tick(value)));
            }
        return new Axis(title, least, most, ticks);
    }

    /** An axis that is marked at the values themselves, if they are few. */
    static Axis at(String title, List<Double> values) {
        List<Double> distinct = values.stream().distinct().sorted().toList();
        Axis round = of(title, values);
        if (distinct.size() > MOST_TICKS) return round;
        return new Axis(
                title,
                round.from,
                round.to,
                distinct.stream().map(v -> new Tick(v, Numbers.tick(v))).toList());
    }

    /**
     * An axis of percentiles as HdrHistogram draws them: the position is 1/(1-p), so each further nine is as long as the
     * one before.
     *
     * @param most the largest 1/(1-p), the number of calls
     */
    static Axis percentiles(double most) {
        List<Tick> ticks = new ArrayList<>();
        StringBuilder nines = new StringBuilder("99");
        for (double at = 1; at <= most && ticks.size() < MOST_TICKS; at *= 10) {
            String text;
            if (at == 1) text = "0";
            else if (at == 10) text = "90";
            else {
                text = nines.toString();
                nines.append(nines.length() == 2 ? ".9" : "9");
            }
            ticks.add(new Tick(at, text + " %"));
        }
        return new Axis("share of calls that take no longer", 1, Math.max(10, most), ticks);
    }

    /** Where on the axis a value is, 0 at its beginning and 1 at its end. */
    double at(double value) {
        return Math.log(value / from) / Math.log(to / from);
    }

    /** Whether a value lies on it. */
    boolean holds(double value) {
        return value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9);
    }
}
