package lanewise.bench.report;

/** Pieces of a page, which is well-formed XML as well as HTML. */
final class Html {

    private Html() {}

    /** Text for elements and for attributes in double quotes; characters that no page may have become question marks. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(allowed(c) ? c : '?');
            }
        });
        return escaped.toString();
    }

    /** Whether a character may stand in XML: no control character, no half of a pair, none of the last two of a plane. */
    private static boolean allowed(int c) {
        boolean control = Character.isISOControl(c) && c != '\n' && c != '\t';
        return !control && !(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) && (c & 0xfffe) != 0xfffe;
    }

    /** A part of the page that can be linked to. */
    static String section(String id, String heading, String note, String content) {
        return "<section id=\"" + escape(id) + "\" aria-labelledby=\"" + escape(id) + "-h\"><h2 id=\"" + escape(id)
                + "-h\">" + escape(heading) + "</h2>" + paragraph(note) + content + "</section>\n";
    }

    /** One thing of a part. */
    static String card(String style, String heading, String note, String content) {
        return "<div class=\"card " + style + "\"><h3>" + escape(heading) + "</h3>" + paragraph(note) + content
                + "</div>\n";
    }

    /** A part that is opened on demand. */
    static String details(String summary, String content) {
        return "<details><summary>" + escape(summary) + "</summary>" + content + "</details>";
    }

    private static String paragraph(String note) {
        return note.isEmpty() ? "" : "<p class=\"note\">" + escape(note) + "</p>";
    }
}
