package lanewise.file;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Replaces a file as a whole or not at all: writes a temporary file in the same directory, forces it to the disk, and
 * renames it to the file. All methods are static and may be called by any number of threads, processes, and copies of
 * this library at once; of several writers of one file the last to finish wins.
 *
 * <p><b>Links.</b> Symbolic links are followed and stay. A link to nothing leads to a new file, as with other programs.
 * Other hard links to the file keep the old contents.
 *
 * <p><b>Access.</b> A new file gets the mode that the process gives its files. Where a file is replaced, the new one has
 * its mode, owner and group, and until it is complete its owner alone may read it. A process that may not give files away
 * becomes the owner; if it may not set the group, group and others get only what both had before. Access control lists
 * and other attributes are not copied.
 *
 * <p><b>What is no file</b>, such as a pipe or a device, is written itself, as it comes. A directory is refused, and so is
 * a mount point, such as a single file that was mounted into a container: nothing can take its place.
 *
 * <p><b>Interrupts</b> do not end a write; the thread's interrupt status is kept.
 *
 * <p><b>Other file systems</b> than the default one may be without atomic renaming, as that for zip files: there a whole
 * file is moved to its place, and how safe that is, is their matter.
 */
public final class AtomicFile {

    /** So often a write is begun at most: it begins anew if its temporary file is taken away, or an interrupt closes it. */
    private static final int ATTEMPTS = 16;

    /** As the caller named it. */
    private final Path file;

    private final FileErrors errors;
    private final Target target;
    private final TemporaryFiles temporaries;
    private boolean interrupted;

    /** Writes the contents of a file. */
    @FunctionalInterface
    public interface Contents {

        /**
         * Writes all of them; after an interrupt it may be called again, for another stream.
         *
         * @param out unbuffered; closing it does nothing
         * @throws IOException if they cannot be written
         */
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile(Path file) throws IOException {
        this.file = file;
        errors = new FileErrors(file);
        target = new Target(file, errors);
        temporaries = new TemporaryFiles(target);
    }

    /**
     * Replaces a file, or makes it.
     *
     * @param file replaced if it is there
     * @param contents write it
     * @throws IOException if it cannot be written; the message names the file, which is as it was
     */
    public static void write(Path file, Contents contents) throws IOException {
        new AtomicFile(file).write(contents);
    }

    /**
     * Tries whether {@link #write} can succeed, before a long computation whose result is to be written: makes and deletes
     * a temporary file such as would be written, and looks for what prevents it from taking the file's place. Leaves the
     * file as it is. Whether there is room for the contents is not known.
     *
     * @param file to be written later
     * @throws IOException if it cannot be written; the message names the file and the reason
     */
    public static void check(Path file) throws IOException {
        new AtomicFile(file).check();
    }

    /**
     * The file that {@link #write} replaces.
     *
     * @param file need not exist
     * @return its absolute path without symbolic links
     * @throws IOException if its directory does not exist, or it is a directory itself
     */
    public static Path target(Path file) throws IOException {
        return new Target(file, new FileErrors(file)).path;
    }

    private void check() throws IOException {
        if (target.directory == null) {
            if (!Files.isWritable(target.path)) throw errors.failure(new AccessDeniedException(file.toString()));
            return;
        }
        Path temporary = temporaries.name();
        errors.named(() -> temporaries.create(temporary)).close();
        try {
            String obstacle = target.obstacle(temporary);
            if (obstacle != null) throw errors.failure(obstacle, null);
        } finally {
            errors.named(() -> Files.deleteIfExists(temporary));
        }
    }

    private void write(Contents contents) throws IOException {
        if (target.directory == null) {
            try (OutputStream out = errors.named(() -> Files.newOutputStream(target.path, StandardOpenOption.WRITE))) {
                fill(out, contents);
            }
            return;
        }
        interrupted = Thread.interrupted();
        try {
            temporaries.deleteLeftOver();
            for (int i = 0; i < ATTEMPTS; i++) if (attempt(contents)) return;
            throw errors.failure(
                    "its temporary file was taken away, or the thread interrupted, " + ATTEMPTS + " times", null);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /** False if it has to be tried again. */
    private boolean attempt(Contents contents) throws IOException {
        Path temporary = temporaries.name();
        SeekableByteChannel created;
        try {
            created = errors.named(() -> temporaries.create(temporary));
        } catch (FileAlreadyExistsException e) {
            return false;
        }
        boolean moved = false;
        try {
            try (SeekableByteChannel channel = created) {
                if (!temporaries.lock(channel, temporary)) return false;
                fill(Channels.newOutputStream(channel), contents);
                if (target.local) {
                    keepAccess(temporary);
                    if (channel instanceof FileChannel disk) disk.force(true);
                    // while it is locked
                    target.replaceBy(temporary);
                    moved = true;
                }
            } catch (FileSystemException e) {
                throw e;
            } catch (ClosedByInterruptException e) {
                interrupted |= Thread.interrupted();
                return false;
            } catch (IOException e) {
                throw errors.failure(e);
            }
            if (!target.local) {
                // in some file systems a file is not there before its channel is closed
                keepAccess(temporary);
                target.replaceBy(temporary);
                moved = true;
            }
            forceDirectory();
            return true;
        } finally {
            if (!moved) TemporaryFiles.discard(temporary);
        }
    }

    private void fill(OutputStream channel, Contents contents) throws IOException {
        OutputStream out = new FilterOutputStream(channel) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
            }

            @Override
            public void close() throws IOException {
                flush();
            }
        };
        try {
            contents.writeTo(out);
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw errors.failure(FileErrors.message(e), e);
        }
    }

    private void keepAccess(Path temporary) throws IOException {
        if (target.access == null) return;
        errors.named(() -> {
            target.access.giveTo(temporary);
            return null;
        });
    }

    /** Makes the renaming last; where a directory cannot be opened (Windows), that is left to the system. */
    private void forceDirectory() {
        if (!target.local) return;
        for (int i = 0; i < ATTEMPTS; i++)
            try (FileChannel channel = FileChannel.open(target.directory, StandardOpenOption.READ)) {
                channel.force(true);
                return;
            } catch (ClosedByInterruptException e) {
                interrupted |= Thread.interrupted();
            } catch (IOException e) {
                // the file itself is whole in any case
                return;
            }
    }
}
