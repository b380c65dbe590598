package lanewise.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Replaces a file as a whole or not at all, by a temporary file beside it that is renamed.
 *
 * <p>While it is written, the temporary file is locked; the operating system takes the lock off a process that dies. So
 * temporary files of the same target that can be locked are left over, and the next save deletes them. Where a file
 * system has no locks, they stay.
 */
final class AtomicFile {

    private static final String SUFFIX = ".tmp";

    /**
     * Temporary files that this JVM is writing. They must not even be opened a second time: closing any channel of a
     * file takes off all locks that the process has on it.
     */
    private static final Set<Path> WRITING = ConcurrentHashMap.newKeySet();

    private AtomicFile() {}

    /** Writes the contents of a file. */
    interface Contents {
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    static void write(Path file, Contents contents) throws IOException {
        Path absolute = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
        Path directory = absolute.getParent().toRealPath(), target = directory.resolve(absolute.getFileName());
        String prefix = "." + target.getFileName() + ".";
        deleteLeftOver(directory, prefix);
        boolean written = false;
        while (!written) {
            String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
            Path temporary = directory.resolve(prefix + random + SUFFIX);
            WRITING.add(temporary);
            try {
                written = write(temporary, target, contents);
            } finally {
                WRITING.remove(temporary);
            }
        }
        forceDirectory(directory);
    }

    /** False if another process took the temporary file for one that was left over, before it was locked. */
    private static boolean write(Path temporary, Path target, Contents contents) throws IOException {
        try (FileChannel channel =
                FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            if (!lock(channel) || Files.notExists(temporary)) return false;
            contents.writeTo(channel);
            channel.force(true);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (IOException | RuntimeException | Error e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    /** False if another process holds the lock; true also where there are no locks. */
    private static boolean lock(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (IOException e) {
            return true;
        }
    }

    private static void deleteLeftOver(Path directory, String prefix) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, path -> {
            String name = path.getFileName().toString();
            return name.startsWith(prefix)
                    && name.substring(prefix.length()).matches("[0-9a-f]{1,16}" + SUFFIX)
                    && !WRITING.contains(path);
        })) {
            for (Path path : files) deleteIfLeftOver(path);
        }
    }

    private static void deleteIfLeftOver(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) Files.delete(path);
        } catch (IOException e) {
            // it is gone, or not ours to delete
        }
    }

    /** Makes the renaming last; where a directory cannot be opened (Windows), that is left to the system. */
    private static void forceDirectory(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // the file itself is whole in any case
        }
    }
}
