package lanewise.examples;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import lanewise.Model;
import lanewise.io.ModelFile;

/** A result's file: tried at the beginning, written at the end, whole or not at all. */
final class OutputFile {

    private final Path file;

    /** Written first, then takes the file's place; null if that is a device or a pipe, which is written itself. */
    private final Path draft;

    /**
     * Tries whether the file can be written, and leaves it as it is.
     *
     * @throws Failure if it cannot be
     */
    OutputFile(Path file) {
        try {
            if (Files.isDirectory(file)) throw new FileSystemException(file.toString(), null, "a directory");
            if (Files.exists(file) && !Files.isWritable(file)) throw new AccessDeniedException(file.toString());
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                this.file = file;
                draft = null;
                return;
            }
            // A link stays, what it leads to is replaced.
            this.file = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
            draft = this.file.resolveSibling("." + this.file.getFileName() + "."
                    + ProcessHandle.current().pid() + ".tmp");
            Files.newOutputStream(draft, StandardOpenOption.CREATE_NEW).close();
            Files.delete(draft);
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** Writes a model. */
    void write(Model model) {
        try {
            if (draft != null) {
                ModelFile.save(model, file);
                return;
            }
            try (OutputStream out = Files.newOutputStream(file)) {
                ModelFile.save(model, out);
            }
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** Writes a record as JSON. */
    void write(Record record) {
        String text = new GsonBuilder().setPrettyPrinting().create().toJson(record) + System.lineSeparator();
        try {
            if (draft == null) {
                Files.writeString(file, text);
                return;
            }
            try {
                Files.writeString(draft, text, StandardOpenOption.CREATE_NEW);
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private static Failure failure(Path file, IOException e) {
        String why = e instanceof NoSuchFileException ? "no such directory" : reason(e);
        return new Failure("cannot write " + file + ": " + why);
    }

    /** Why a file could not be read or written, in a few words. */
    static String reason(IOException e) {
        if (e instanceof AccessDeniedException) return "permission denied";
        if (e instanceof NoSuchFileException) return "no such file";
        return e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e.getMessage();
    }
}
