package lanewise.bench.result;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How results and reports write numbers: three significant digits. A number that is none is an empty text. */
public final class Numbers {

    private static final String[] THOUSANDS = {"", "k", "M", "G", "T"};

    private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?)(?: ([KMG])B)?");

    private Numbers() {}

    /** Compares parameters name by name: numbers and sizes such as {@code 4 MB} as such and first, then other texts. */
    public static int compare(SortedMap<String, String> one, SortedMap<String, String> other) {
        TreeSet<String> names = new TreeSet<>(one.keySet());
        names.addAll(other.keySet());
        for (String name : names) {
            String a = one.getOrDefault(name, ""), b = other.getOrDefault(name, "");
            int order = Double.compare(size(a), size(b));
            if (order == 0) order = a.compareTo(b);
            if (order != 0) return order;
        }
        return 0;
    }

    /** A number, or how many bytes a text names; NaN, which comes last, if it is neither. */
    private static double size(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) return Double.NaN;
        double factor = size.group(2) == null ? 1 : Math.pow(1024, 1 + "KMG".indexOf(size.group(2)));
        return factor * Double.parseDouble(size.group(1));
    }

    /** Three significant digits, with commas between thousands. */
    public static String three(double value) {
        if (!Double.isFinite(value)) return "";
        if (value == 0) return "0";
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(3));
        int before = rounded.precision() - rounded.scale();
        return String.format(Locale.ROOT, "%,." + Math.max(0, 3 - before) + "f", rounded);
    }

    /** A range in three significant digits each. */
    public static String range(double least, double most) {
        return Double.isFinite(least) && Double.isFinite(most) ? three(least) + " .. " + three(most) : "";
    }

    /** A share in whole percent, below 10 % with one more digit. */
    public static String percent(double share) {
        if (!Double.isFinite(share)) return "";
        return String.format(Locale.ROOT, Math.abs(share) < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
    }

    /** A short text for an axis: {@code 0.5}, {@code 20}, {@code 100k}. */
    public static String tick(double value) {
        int step = 0;
        double scaled = value;
        while (Math.abs(scaled) >= 10_000 && step < THOUSANDS.length - 1
                || step > 0 && Math.abs(scaled) >= 1000 && step < THOUSANDS.length - 1) {
            scaled /= 1000;
            step++;
        }
        BigDecimal digits = new BigDecimal(scaled).round(new MathContext(5)).stripTrailingZeros();
        return digits.toPlainString() + THOUSANDS[step];
    }
}
