package lanewise.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Replaces a file as a whole or not at all, by a temporary file beside it that is renamed.
 *
 * <p>While it is written, the temporary file is locked; the operating system takes the lock off a process that dies. So
 * temporary files of the same target without a lock are left over, and are deleted before the next one is written.
 */
final class AtomicFile {

    /** After so long, an empty temporary file without a lock is not one that is just about to be locked. */
    private static final Duration SETTLED = Duration.ofMinutes(1);

    private AtomicFile() {}

    /** Writes the contents of a file. */
    interface Contents {
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    static void write(Path file, Contents contents) throws IOException {
        Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
        String prefix = "." + target.getFileName() + ".", suffix = ".tmp";
        deleteLeftOver(target.getParent(), prefix, suffix);
        Path temporary = target.resolveSibling(
                prefix + Long.toHexString(ThreadLocalRandom.current().nextLong()) + suffix);
        try (FileChannel channel =
                FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            lock(channel);
            contents.writeTo(channel);
            channel.force(true);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException | Error e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        forceDirectory(target.getParent());
    }

    /** Some file systems have no locks; there, a save that goes on at the same time may fail. */
    private static void lock(FileChannel channel) {
        try {
            channel.tryLock();
        } catch (IOException e) {
            // none to be had
        }
    }

    private static void deleteLeftOver(Path directory, String prefix, String suffix) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, path -> {
            String name = path.getFileName().toString();
            return name.startsWith(prefix)
                    && name.endsWith(suffix)
                    && name.substring(prefix.length(), name.length() - suffix.length())
                            .matches("[0-9a-f]{1,16}");
        })) {
            for (Path path : files) deleteIfLeftOver(path);
        }
    }

    private static void deleteIfLeftOver(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            boolean settled = Files.getLastModifiedTime(path)
                    .toInstant()
                    .isBefore(Instant.now().minus(SETTLED));
            if ((channel.size() > 0 || settled) && channel.tryLock() != null) Files.delete(path);
        } catch (IOException | OverlappingFileLockException e) {
            // it belongs to a save that goes on, or is gone meanwhile
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
