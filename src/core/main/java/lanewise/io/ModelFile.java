package lanewise.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import lanewise.Model;
import lanewise.file.AtomicFile;

/**
 * Saves models to files and loads them again, to the bit. The format is documented in docs/model-file.md.
 *
 * <p>A file holds the layers, the parameters, everything else that a {@link Model} carries, a few inputs with their
 * exact outputs, and a checksum over all of it. Loading checks the checksum, then predicts for these inputs and compares
 * the bits: a model that loads is the model that was saved, on a machine that computes as it should. The checksum finds
 * damage, not malice; but whatever a file contains, loading it runs no code from it and sets aside no more memory than
 * its size accounts for.
 *
 * <p>All methods are static and may be called by any number of threads.
 */
public final class ModelFile {

    /** The newest version of the format. A model is written in the first version that has all that it is made of. */
    public static final int VERSION = 3;

    private ModelFile() {}

    /**
     * Saves a model, all or nothing: whenever the program or the machine stops, the file holds the old model or the new
     * one. Writes another file in the same directory, forces it to the disk, and renames it; {@link AtomicFile} says what
     * becomes of links, modes and owners, and {@link AtomicFile#check} tries beforehand whether it will be possible. If
     * the program is killed meanwhile, that other file remains, named as the file with a dot before and {@code .….tmp}
     * behind; the next save to the same file removes it.
     *
     * @param model to be saved
     * @param file replaced if it is there; may be in any file system, such as that of a zip file
     * @throws IOException if it cannot be written; the message names the file, which is as it was
     * @throws IllegalArgumentException if a layer or an activation is none of the library's own; the message names it
     */
    public static void save(Model model, Path file) throws IOException {
        ModelWriter writer = new ModelWriter(model);
        AtomicFile.write(file, writer::write);
    }

    /**
     * Writes a model to a stream, as it would be in a file.
     *
     * @param model to be written
     * @param out not closed
     * @throws IOException if the stream fails
     * @throws IllegalArgumentException if a layer or an activation is none of the library's own; the message names it
     */
    public static void save(Model model, OutputStream out) throws IOException {
        new ModelWriter(model).write(out);
        out.flush();
    }

    /**
     * Loads a model from a file.
     *
     * @param file written by {@link #save(Model, Path)}; may be in any file system, such as that of a zip file or of a
     *     run-time image, or be a pipe, of which nothing is read after the model's last byte but the end
     * @return the model that was saved, to the bit
     * @throws IOException if it cannot be read, or is not whole, sound, and of a known version; the message names the
     *     file, what was found and what was expected
     */
    public static Model load(Path file) throws IOException {
        try (InputStream in = open(file)) {
            return ModelReader.read(in, knownSize(file), String.valueOf(file));
        }
    }

    private static InputStream open(Path file) throws IOException {
        try {
            if (Files.isDirectory(file))
                throw new FileSystemException(file.toString(), null, "a directory, a model file expected");
            return Files.newInputStream(file);
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException | ClosedFileSystemException e) {
            throw new IOException(file + ": cannot be opened: " + e, e);
        }
    }

    /** The size of a file on a disk; others say it of what they hold packed, or do not know it: 0. */
    private static long knownSize(Path file) throws IOException {
        boolean disk = file.getFileSystem() == FileSystems.getDefault() && Files.isRegularFile(file);
        return disk ? Files.size(file) : 0;
    }

    /**
     * Loads a model from a stream: from a resource of the application, say. Looks at the beginning first, reads as far as
     * the length that it says, then one byte more, since nothing may follow: a stream of anything else is refused after its
     * first bytes, and one that never ends is refused, too. Takes memory only for what has come.
     *
     * @param in not closed; must end where the model does
     * @param name what error messages call it
     * @return the model that was saved, to the bit
     * @throws IOException as {@link #load(Path)}
     */
    public static Model load(InputStream in, String name) throws IOException {
        return ModelReader.read(in, 0, name);
    }
}
