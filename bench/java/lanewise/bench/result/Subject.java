package lanewise.bench.result;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who did the work of a row.
 *
 * @param name such as {@code Lanewise} or {@code ONNX Runtime}
 * @param version of it
 * @param settings how it is used: threads, batch sizes, options, kernels it chose by itself; parts divided by semicolons
 * @param check what was compared to see that it computes the same, with the largest difference or both accuracies; parts
 *     divided by semicolons; empty for this library
 */
public record Subject(String name, String version, String settings, String check) {

    private static final String DIVIDER = "; ";

    /** What was compared, without the number of digits, which differs between forks, and the largest difference. */
    private static final Pattern COMPARED = Pattern.compile("(?:\\d+ )?(.*): largest difference ([-+.\\de]+).*");

    /**
     * The subject of two forks of one row: settings of either, each once, and of each thing that was compared the fork that
     * differs more.
     *
     * @param other of the same name
     */
    public Subject merge(Subject other) {
        return new Subject(
                name, merged(version, other.version), merged(settings, other.settings), merged(check, other.check));
    }

    private static String merged(String a, String b) {
        if (a.equals(b)) return a;
        Map<String, String> parts = new LinkedHashMap<>();
        for (String text : new String[] {a, b})
            for (String part : text.split(DIVIDER)) if (!part.isBlank()) parts.merge(what(part), part, Subject::larger);
        return String.join(DIVIDER, parts.values());
    }

    /** What was compared, or the whole part if it tells no difference. */
    private static String what(String part) {
        Matcher matcher = COMPARED.matcher(part);
        return matcher.matches() ? matcher.group(1) : part;
    }

    private static String larger(String a, String b) {
        Matcher one = COMPARED.matcher(a), two = COMPARED.matcher(b);
        boolean less =
                one.matches() && two.matches() && Double.parseDouble(one.group(2)) < Double.parseDouble(two.group(2));
        return less ? b : a;
    }
}
