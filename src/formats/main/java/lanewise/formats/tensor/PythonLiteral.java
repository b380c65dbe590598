package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a literal of Python as {@code .npy} headers have them: a dictionary with strings as keys, strings, whole numbers,
 * True, False, None, tuples and lists. They become Map, String, Long, Boolean, {@link #NONE}, {@link Tuple} and List.
 */
final class PythonLiteral {

    /** Python's None. */
    static final Object NONE = new Object();

    /** Python's tuple. */
    record Tuple(List<Object> elements) {}

    private static final int DEEPEST = 8;

    /** What is wrong, and where. */
    static final class Malformed extends Exception {

        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    private final String text;
    private int at;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /** The dictionary that a text consists of, with white space around it. */
    static Map<String, Object> dictionary(String text) throws Malformed {
        PythonLiteral literal = new PythonLiteral(text);
        literal.space();
        Map<String, Object> dictionary = literal.dictionary(0);
        literal.space();
        if (literal.at < text.length()) throw literal.wrong("the end");
        return dictionary;
    }

    private Malformed wrong(String expected) {
        String found = at < text.length() ? quoted(text.substring(at, at + 1)) : "its end";
        return new Malformed("character " + at + ": " + found + " found, " + expected + " expected");
    }

    private void space() {
        while (at < text.length() && " \t\n\r\f".indexOf(text.charAt(at)) >= 0) at++;
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    /** Whether this character comes next; takes it, and white space behind it. */
    private boolean take(char c) {
        if (at >= text.length() || text.charAt(at) != c) return false;
        at++;
        space();
        return true;
    }

    private Map<String, Object> dictionary(int depth) throws Malformed {
        if (!take('{')) throw wrong("a dictionary ({)");
        Map<String, Object> dictionary = new LinkedHashMap<>();
        while (!take('}')) {
            int key = at;
            String name = string();
            if (!take(':')) throw wrong("a colon");
            if (dictionary.put(name, value(depth + 1)) != null)
                throw new Malformed("character " + key + ": the key " + quoted(name) + " comes twice");
            if (!take(',') && peek() != '}') throw wrong("a comma or the dictionary's end");
        }
        return dictionary;
    }

    private Object value(int depth) throws Malformed {
        if (depth > DEEPEST) throw wrong("at most " + DEEPEST + " brackets inside one another");
        char c = peek();
        if (c == '{') return dictionary(depth);
        if (c == '\'' || c == '"') return string();
        if (c == '[') return list('[', ']', depth);
        if (c == '(') return new Tuple(list('(', ')', depth));
        if (c >= '0' && c <= '9') return number();
        if (word("True")) return true;
        if (word("False")) return false;
        if (word("None")) return NONE;
        throw wrong("a string, a number, True, False, None, a tuple or a list");
    }

    private boolean word(String word) {
        int end = at + word.length();
        if (!text.startsWith(word, at) || end < text.length() && Character.isJavaIdentifierPart(text.charAt(end)))
            return false;
        at = end;
        space();
        return true;
    }

    private List<Object> list(char open, char close, int depth) throws Malformed {
        take(open);
        List<Object> list = new ArrayList<>();
        boolean comma = true;
        while (!take(close)) {
            if (!comma) throw wrong("a comma or " + close);
            list.add(value(depth + 1));
            comma = take(',');
        }
        // (3) is the number itself
        if (open == '(' && list.size() == 1 && !comma) throw wrong("a comma behind the only element of a tuple");
        return list;
    }

    /** Python 2 wrote an L behind large ones. */
    private Long number() throws Malformed {
        int from = at;
        while (peek() >= '0' && peek() <= '9') at++;
        if (at - from > 18 || at - from > 1 && text.charAt(from) == '0') {
            at = from;
            throw wrong("a whole number of at most 18 digits, without a zero before it,");
        }
        long value = Long.parseLong(text.substring(from, at));
        if (peek() == 'L') at++;
        space();
        return value;
    }

    private String string() throws Malformed {
        char quote = peek();
        if (quote != '\'' && quote != '"') throw wrong("a string");
        at++;
        StringBuilder string = new StringBuilder();
        for (char c; (c = peek()) != quote || at >= text.length(); at++) {
            if (at >= text.length() || c == '\n' || c == '\r') throw wrong("the string's end");
            if (c == '\\') {
                at++;
                if ("\\'\"".indexOf(peek()) < 0 || at >= text.length())
                    throw wrong("a backslash or a quote behind a backslash");
                c = peek();
            }
            string.append(c);
        }
        at++;
        space();
        return string.toString();
    }
}
