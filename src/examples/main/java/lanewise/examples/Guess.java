package lanewise.examples;

import java.util.Collection;
import java.util.Locale;

/** What somebody meant who has mistyped a name. */
final class Guess {

    /** So many letters at least stand for a longer name. */
    private static final int SHORTEST_START = 3;

    private Guess() {}

    /** A question to put after an error: whether the known name that is most like the given one was meant, if one is. */
    static String of(String given, Collection<String> known) {
        String nearest = nearest(given, known);
        return nearest == null ? "" : "; did you mean " + nearest + "?";
    }

    /** Null if none is near. */
    private static String nearest(String given, Collection<String> known) {
        String typed = letters(given), nearest = null, longer = null;
        int least = Integer.MAX_VALUE, begun = 0;
        for (String name : known) {
            String letters = letters(name);
            int distance = distance(typed, letters),
                    tolerable = Math.max(1, Math.min(typed.length(), letters.length()) / 3);
            if (distance <= tolerable && distance < least && letters.length() > distance) {
                least = distance;
                nearest = name;
            }
            if (typed.length() >= SHORTEST_START && letters.startsWith(typed)) {
                longer = name;
                begun++;
            }
        }
        return nearest == null && begun == 1 ? longer : nearest;
    }

    /** What is compared: neither dashes before a name nor its case matter. */
    private static String letters(String name) {
        return name.replaceFirst("^-+", "").toLowerCase(Locale.ROOT);
    }

    /** The number of letters to insert, leave out or replace, or of neighbours to exchange (Damerau 1964). */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++)
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1))
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
            }
        return d[a.length()][b.length()];
    }
}
