package lanewise.bench;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import lanewise.file.AtomicFile;

/** A file that {@code --json} names: tried before the measurements, written after them, whole or not at all. */
final class JsonFile {

    private final Path file;

    /**
     * Tries whether the file can be written.
     *
     * @param file or null, if none is wanted
     * @throws IOException if it cannot; the message is one line
     */
    JsonFile(Path file) throws IOException {
        this.file = file;
        check("--json", file);
    }

    /**
     * Tries whether a file can be written.
     *
     * @param option that names it
     * @param file or null, if none is wanted
     * @throws IOException if it cannot; the message is one line
     */
    static void check(String option, Path file) throws IOException {
        if (file == null) return;
        try {
            AtomicFile.check(file);
        } catch (IOException e) {
            throw new IOException(option + " " + file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Writes a record. */
    void write(Object result) throws IOException {
        if (file == null) return;
        byte[] bytes = json(result).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(bytes));
    }

    /** A record as JSON, numbers that are none included. */
    static String json(Object result) {
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .serializeSpecialFloatingPointValues()
                .create()
                .toJson(result);
    }
}
