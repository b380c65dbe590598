package lanewise.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import lanewise.Model;

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

    /** The version of the format that is written, and the newest that is read. */
    public static final int VERSION = 1;

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
     * @param file written by {@link #save(Model, Path)}
     * @return the model that was saved, to the bit
     * @throws IOException if it cannot be read, or is not whole, sound, and of a known version; the message names the
     *     file, what was found and what was expected
     */
    public static Model load(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            return ModelReader.read(channel, channel.size(), String.valueOf(file));
        }
    }

    /**
     * Loads a model from a stream, which it reads to its end: from a resource of the application, say.
     *
     * @param in not closed
     * @param name what error messages call it
     * @return the model that was saved, to the bit
     * @throws IOException as {@link #load(Path)}
     */
    public static Model load(InputStream in, String name) throws IOException {
        byte[] all = in.readAllBytes();
        return ModelReader.read(Channels.newChannel(new ByteArrayInputStream(all)), all.length, name);
    }
}
