package lanewise.examples;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import lanewise.Model;
import lanewise.file.AtomicFile;
import lanewise.io.ModelFile;

/**
 * A result's file: tried at the beginning, written at the end, whole or not at all. If it cannot be written then, the
 * result goes to a new file beside it, or else to the folder for temporary files.
 */
final class OutputFile {

    private final Path file;

    /** Without links. */
    private final Path target;

    /** Whether it is no file but, say, a pipe, beside which there is no place for files. */
    private final boolean device;

    /** Writes a result to a file. */
    interface Result {
        void writeTo(Path file) throws IOException;
    }

    /**
     * Tries whether the file can be written, and leaves it as it is.
     *
     * @throws Failure if it cannot be
     */
    OutputFile(Path file) {
        this.file = file;
        try {
            AtomicFile.check(file);
            target = AtomicFile.target(file);
            device = Files.exists(file) && !Files.isRegularFile(file);
            if (Files.exists(file) && !Files.isWritable(file)) throw new AccessDeniedException(file.toString());
        } catch (IOException e) {
            throw new Failure(cannotWrite(e));
        }
    }

    /** Whether both are the same file, by whatever links. */
    boolean same(OutputFile other) {
        return target.equals(other.target);
    }

    /**
     * Writes a model.
     *
     * @throws Failure if it cannot be written; says where it is instead
     */
    void write(Model model) {
        write(".lanewise", path -> ModelFile.save(model, path));
    }

    /**
     * Writes a record as JSON.
     *
     * @throws Failure if it cannot be written; says where it is instead
     */
    void write(Record record) {
        String text = new GsonBuilder().setPrettyPrinting().create().toJson(record) + System.lineSeparator();
        write(".json", text);
    }

    /**
     * Writes a report as HTML.
     *
     * @throws Failure if it cannot be written; says where it is instead
     */
    void write(Report report) {
        write(".html", report.html());
    }

    /**
     * Writes a text, as it is.
     *
     * @param suffix of the name that it gets if it cannot be written to the file
     * @throws Failure if it cannot be written; says where it is instead
     */
    void write(String suffix, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(suffix, path -> AtomicFile.write(path, out -> out.write(bytes)));
    }

    /**
     * Writes a result.
     *
     * @param suffix of the name that it gets if it cannot be written to the file
     * @throws Failure if it cannot be written; says where it is instead
     */
    void write(String suffix, Result result) {
        try {
            result.writeTo(file);
        } catch (IOException e) {
            String saved = device ? null : saved(target.getParent(), suffix, result);
            if (saved == null) saved = saved(Path.of(System.getProperty("java.io.tmpdir")), suffix, result);
            throw new Failure(cannotWrite(e) + (saved == null ? "; nor anywhere else" : "; it is in " + saved));
        }
    }

    /** The new file in a folder that the result was written to, null if that is not possible either. */
    private static String saved(Path folder, String suffix, Result result) {
        Path other = null;
        try {
            // for its owner alone
            other = Files.createTempFile(folder, "lanewise-", suffix);
            result.writeTo(other);
            return other.toString();
        } catch (IOException e) {
            try {
                if (other != null) Files.delete(other);
            } catch (IOException empty) {
                // it is of no use, and does no harm
            }
            return null;
        }
    }

    private String cannotWrite(IOException e) {
        String why = e instanceof NoSuchFileException ? "no such directory" : reason(e);
        return "cannot write " + file + ": " + why;
    }

    /** Why a file could not be read or written, in a few words. */
    static String reason(IOException e) {
        if (e instanceof FileSystemException f && f.getReason() != null) return f.getReason();
        if (e instanceof AccessDeniedException) return "permission denied";
        if (e instanceof NoSuchFileException) return "no such file";
        return e.getMessage();
    }
}
