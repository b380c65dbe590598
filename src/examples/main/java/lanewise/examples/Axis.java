package lanewise.examples;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * An axis of a {@link Chart}.
 *
 * @param title below or beside it
 * @param from value at its beginning
 * @param to value at its end, greater than from
 * @param logarithmic whether equal factors are equal lengths
 * @param ticks values that are marked, ascending
 */
record Axis(String title, double from, double to, boolean logarithmic, List<Double> ticks) {

    /** Ratio of length to value below which an axis is made longer. */
    private static final double NARROWEST = 1e-6;

    private static final double[] STEPS = {1, 2, 5, 10};

    /**
     * An axis that begins and ends at marked values.
     *
     * @param least finite value that it reaches down to
     * @param most finite value that it reaches up to
     * @param marks about so many
     */
    static Axis linear(String title, double least, double most, int marks) {
        double size = Math.max(Math.abs(least), Math.abs(most));
        if (!(most / 2 - least / 2 > NARROWEST * size)) {
            double margin = size == 0 ? 1 : size / 2;
            return linear(title, least - margin, most + margin, marks);
        }
        double raw = most / marks - least / marks, power = Math.pow(10, Math.floor(Math.log10(raw))), step = 10 * power;
        for (double one : STEPS)
            if (one * power >= raw * (1 - 1e-9)) {
                step = one * power;
                break;
            }
        List<Double> ticks = new ArrayList<>();
        double first = Math.floor(least / step + 1e-9), last = Math.ceil(most / step - 1e-9);
        for (double i = first; i <= last; i++) ticks.add(rounded(i * step));
        return new Axis(title, ticks.get(0), ticks.get(ticks.size() - 1), false, ticks);
    }

    /** An axis of numbers that one counts, marked at whole numbers alone; it begins and ends at the given ones. */
    static Axis counting(String title, int least, int most, int marks) {
        if (least == most) return new Axis(title, least - 0.5, most + 0.5, false, List.of((double) least));
        Axis wide = linear(title, least, Math.max(most, least + (double) marks), marks);
        List<Double> ticks = new ArrayList<>(wide.ticks);
        ticks.removeIf(tick -> tick < least || tick > most || tick != Math.rint(tick));
        if (!ticks.contains((double) least) && ticks.size() < marks) ticks.add(0, (double) least);
        return new Axis(title, least, most, false, ticks);
    }

    /** An axis of positive numbers. */
    static Axis logarithmic(String title, double least, double most) {
        int first = (int) Math.floor(Math.log10(least)), last = (int) Math.ceil(Math.log10(most));
        List<Double> ticks = new ArrayList<>();
        int every = Math.max(1, (last - first + 5) / 6);
        for (int power = first; power <= last; power += every) {
            double tick = Double.parseDouble("1e" + power);
            for (double one : last - first <= 2 ? STEPS : new double[] {1})
                if (one < 10) ticks.add(rounded(one * tick));
        }
        double from = least, to = most;
        for (double tick : ticks) if (tick <= least) from = tick;
        for (int i = ticks.size() - 1; i >= 0; i--) if (ticks.get(i) >= most) to = ticks.get(i);
        double begin = from, end = to;
        ticks.removeIf(tick -> tick < begin || tick > end);
        return new Axis(title, begin, end, true, ticks);
    }

    private static double rounded(double value) {
        return new BigDecimal(value).round(new MathContext(12)).doubleValue();
    }

    /** Where on the axis a value is, 0 at its beginning and 1 at its end. */
    double at(double value) {
        if (logarithmic) return (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from));
        return (value / 2 - from / 2) / (to / 2 - from / 2);
    }

    /** A number in at most four digits. */
    static String text(double value) {
        return text(value, 4);
    }

    /** A tick's number, with as many digits as it has. */
    static String label(double tick) {
        return text(tick, 10);
    }

    private static String text(double value, int digits) {
        if (!Double.isFinite(value)) return String.valueOf(value);
        BigDecimal number = new BigDecimal(value).round(new MathContext(digits)).stripTrailingZeros();
        boolean plain = value == 0 || Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6;
        return plain
                ? number.toPlainString()
                : number.toString().replace("E+", "e").replace("E", "e");
    }
}
