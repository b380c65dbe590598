package lanewise.formats.tensor;

import java.util.Comparator;

/** Names in the order in which people count them: digits as numbers, so that {@code layers.10} comes behind {@code layers.9}. */
final class NaturalOrder implements Comparator<String> {

    static final NaturalOrder INSTANCE = new NaturalOrder();

    private NaturalOrder() {}

    @Override
    public int compare(String a, String b) {
        int i = 0, j = 0;
        while (i < a.length() && j < b.length()) {
            int endA = digits(a, i), endB = digits(b, j);
            if (endA > i && endB > j) {
                String left = significant(a, i, endA), right = significant(b, j, endB);
                int order = left.length() != right.length()
                        ? Integer.compare(left.length(), right.length())
                        : left.compareTo(right);
                if (order != 0) return order;
                i = endA;
                j = endB;
            } else {
                if (a.charAt(i) != b.charAt(j)) return Character.compare(a.charAt(i), b.charAt(j));
                i++;
                j++;
            }
        }
        int order = Integer.compare(a.length() - i, b.length() - j);
        return order != 0 ? order : a.compareTo(b);
    }

    /** The end of the digits that begin here. */
    static int digits(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') end++;
        return end;
    }

    private static String significant(String text, int from, int end) {
        while (from < end - 1 && text.charAt(from) == '0') from++;
        return text.substring(from, end);
    }
}
