package lanewise.examples;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A CSV file in memory: a header, and rows of texts without the blanks around them. UTF-8, gzipped or not; values may stand in
 * quotes, and a quote in quotes is doubled (RFC 4180).
 */
final class Table {

    /** Characters of the longest record, the longest value and the longest header. */
    private static final int LONGEST = 1 << 22;

    private static final int MOST_COLUMNS = 1 << 16;

    /** Delimiters that are guessed. */
    private static final String DELIMITERS = ",;\t|";

    /** Texts that stand for a missing value, in lower case; so does an empty one. */
    private static final Set<String> MISSING = Set.of("", "na", "n/a", "nan", "null", "?");

    private static final int BYTE_ORDER_MARK = 0xfeff;

    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

    private final Path file;
    private final List<String> columns;

    /** Whether the first line named the columns. */
    private final boolean header;

    private final List<String[]> rows = new ArrayList<>();
    private final List<Long> lines = new ArrayList<>();

    private Table(Path file, List<String> columns, boolean header) {
        this.file = file;
        this.columns = columns;
        this.header = header;
    }

    /**
     * Reads a file.
     *
     * @param delimiter null to guess it: the one of , ; tab | that the first line has most of outside quotes, of equally many
     *     the first of these, a comma if there is none
     * @throws Failure if there is no such file, or it is no table
     */
    static Table read(Path file, Character delimiter) {
        return read(file, delimiter, false);
    }

    /**
     * Reads a file of numbers, which may do without a header: one whose first line is numbers, but not the columns' own, from 0
     * on. Its columns are called by their numbers, from 1 on.
     *
     * @param delimiter null to guess it
     * @throws Failure if there is no such file, or it is no table
     */
    static Table readNumbers(Path file, Character delimiter) {
        return read(file, delimiter, true);
    }

    private static Table read(Path file, Character delimiter, boolean numbers) {
        try (BufferedInputStream bytes = open(file);
                BufferedReader text =
                        new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()))) {
            return read(file, text, delimiter, numbers);
        } catch (CharacterCodingException e) {
            throw notUtf8(file);
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof CharacterCodingException) throw notUtf8(file);
            throw unreadable(file, e.getCause());
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (OutOfMemoryError e) {
            throw new Failure(file + ": the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB is too small for this table; make it larger (java -Xmx)");
        }
    }

    private static Failure unreadable(Path file, IOException e) {
        return new Failure(
                file + ": " + (e instanceof ZipException ? "its gzip data are damaged" : OutputFile.reason(e)));
    }

    /** The file's bytes, unpacked, without a mark of their order. */
    private static BufferedInputStream open(Path file) throws IOException {
        if (Files.isDirectory(file))
            throw new FileSystemException(file.toString(), null, "a directory, a CSV file expected");
        InputStream in = Files.newInputStream(file);
        try {
            BufferedInputStream bytes = new BufferedInputStream(in);
            if (Arrays.equals(peek(bytes, 2), new byte[] {0x1f, (byte) 0x8b}))
                bytes = new BufferedInputStream(new GZIPInputStream(bytes));
            byte[] first = peek(bytes, 2);
            boolean utf16 = first.length == 2
                    && (first[0] == (byte) 0xff && first[1] == (byte) 0xfe
                            || first[0] == (byte) 0xfe && first[1] == (byte) 0xff
                            || first[0] == 0
                            || first[1] == 0);
            if (utf16) throw new FileSystemException(file.toString(), null, "is UTF-16 or no text; save it as UTF-8");
            return bytes;
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /** The next bytes, which stay there; fewer at the end. */
    private static byte[] peek(BufferedInputStream bytes, int count) throws IOException {
        bytes.mark(count);
        byte[] next = bytes.readNBytes(count);
        bytes.reset();
        return next;
    }

    /** Looks for the first line that is no UTF-8; a line end is the same byte in it. */
    private static Failure notUtf8(Path file) {
        try (BufferedInputStream bytes = open(file)) {
            byte[] line = new byte[1 << 16];
            long number = 1;
            int length = 0, next;
            do {
                next = bytes.read();
                if (length == line.length) line = Arrays.copyOf(line, 2 * length);
                if (next >= 0) line[length++] = (byte) next;
                if (next >= 0 && next != '\n') continue;
                try {
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line, 0, length));
                } catch (CharacterCodingException e) {
                    return new Failure(file + ": line " + number + " is not UTF-8; save the file as UTF-8");
                }
                number++;
                length = 0;
            } while (next >= 0);
        } catch (IOException e) {
            return unreadable(file, e);
        }
        return new Failure(file + ": is not UTF-8");
    }

    private static Table read(Path file, BufferedReader text, Character delimiter, boolean numbers) throws IOException {
        text.mark(1);
        int first = text.read();
        if (first != BYTE_ORDER_MARK) text.reset();
        char separator = delimiter == null ? guess(text) : delimiter;
        CsvRecordHandler handler = CsvRecordHandler.of(
                b -> b.maxFields(MOST_COLUMNS).maxFieldSize(LONGEST).maxRecordSize(4 * LONGEST));
        CsvReader<CsvRecord> reader = CsvReader.builder()
                .fieldSeparator(separator)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .trimWhitespacesAroundQuotes(true)
                .maxBufferSize(4 * LONGEST)
                .build(handler, text);
        Table table = null;
        try {
            for (CsvRecord line : reader) {
                if (table == null && numbers && isRow(line))
                    table = new Table(file, numbered(line.getFieldCount()), false);
                if (table == null) table = new Table(file, header(file, line), true);
                else table.add(line);
            }
        } catch (CsvParseException e) {
            throw malformed(file, table, e);
        }
        if (table == null) throw new Failure(file + ": is empty; a header and rows expected");
        if (table.rows() == 0) throw new Failure(file + ": has a header, but no rows");
        return table;
    }

    /** Looks at the first line, which stays there. */
    private static char guess(BufferedReader text) throws IOException {
        int[] counts = new int[DELIMITERS.length()];
        boolean quoted = false;
        text.mark(LONGEST);
        int c;
        for (int i = 0; i < LONGEST - 1 && (c = text.read()) >= 0; i++) {
            if (c == '"') quoted = !quoted;
            if (quoted) continue;
            if (c == '\n' || c == '\r') break;
            int at = DELIMITERS.indexOf(c);
            if (at >= 0) counts[at]++;
        }
        text.reset();
        int best = 0;
        for (int i = 1; i < counts.length; i++) if (counts[i] > counts[best]) best = i;
        return DELIMITERS.charAt(best);
    }

    /** Whether a first line is numbers, and not 0, 1, 2 and so on, which data frames name their columns. */
    private static boolean isRow(CsvRecord line) {
        boolean counted = line.getFieldCount() > 1;
        for (int i = 0; i < line.getFieldCount(); i++) {
            String text = line.getField(i).strip();
            if (!NUMBER.matcher(text).matches()) return false;
            counted &= text.equals(Integer.toString(i));
        }
        return !counted;
    }

    private static List<String> numbered(int columns) {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= columns; i++) names.add(Integer.toString(i));
        return names;
    }

    private static List<String> header(Path file, CsvRecord line) {
        List<String> names = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String field : line.getFields()) {
            String name = field.strip(), place = file + ": line 1, column " + (names.size() + 1);
            if (name.isEmpty())
                throw new Failure(place + ": has no name; give it one, and if it numbers the rows, --ignore it");
            if (!seen.add(name))
                throw new Failure(place + ": is named " + shown(name) + ", as column " + (names.indexOf(name) + 1)
                        + " is; rename one of them");
            names.add(name);
        }
        return names;
    }

    private void add(CsvRecord line) {
        if (line.getFieldCount() != columns.size())
            throw new Failure(file + ": line " + line.getStartingLineNumber() + ": " + line.getFieldCount()
                    + (line.getFieldCount() == 1 ? " value, " : " values, ") + columns.size()
                    + " expected, as many as the " + (header ? "header" : "first line")
                    + " has; is it another delimiter, or a delimiter outside quotes?");
        String[] row = new String[columns.size()];
        for (int i = 0; i < row.length; i++) row[i] = line.getField(i).strip();
        rows.add(row);
        lines.add(line.getStartingLineNumber());
    }

    private static Failure malformed(Path file, Table table, CsvParseException e) {
        String message = String.valueOf(e.getMessage()), cause = e.getCause() == null ? "" : "" + e.getCause();
        String after = table == null
                ? "line 1"
                : table.rows() == 0 ? "after line 1" : "after line " + table.lines.get(table.rows() - 1);
        if (e.getCause() instanceof CharacterCodingException) return notUtf8(file);
        String why = (message + cause).toLowerCase(Locale.ROOT);
        return new Failure(file + ": " + after + ": "
                + (why.contains("quote")
                        ? "a quote is opened and not closed, or text follows a closed one; a quote inside quotes is"
                                + " written twice"
                        : "a record is too long: more than " + LONGEST + " characters in a value or " + MOST_COLUMNS
                                + " values; is a quote not closed?"));
    }

    /** A text of the file as an error message shows it. */
    static String shown(String text) {
        int most = 40;
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return '"' + (line.length() > most ? line.substring(0, most) + "..." : line) + '"';
    }

    Path file() {
        return file;
    }

    /** The columns' names. */
    List<String> columns() {
        return columns;
    }

    int rows() {
        return rows.size();
    }

    /** A value's text. */
    String text(int row, int column) {
        return rows.get(row)[column];
    }

    /** Whether there is no value: the text is empty, NA, N/A, NaN, null or a question mark. */
    boolean missing(int row, int column) {
        return MISSING.contains(text(row, column).toLowerCase(Locale.ROOT));
    }

    /**
     * A value as a float.
     *
     * @throws Failure if it is missing, no number, or too large for one
     */
    float number(int row, int column) {
        String text = text(row, column);
        if (missing(row, column)) throw new Failure(place(row, column) + ": has no value; a number expected");
        if (!NUMBER.matcher(text).matches())
            throw new Failure(place(row, column) + ": " + shown(text) + " is no number");
        float value = Float.parseFloat(text);
        if (Float.isInfinite(value))
            throw new Failure(place(row, column) + ": " + shown(text) + " is too large for a float");
        return value;
    }

    /** A value's place, for an error message. */
    String place(int row, int column) {
        return file + ": line " + lines.get(row) + ", column " + columns.get(column);
    }
}
