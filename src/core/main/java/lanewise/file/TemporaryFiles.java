package lanewise.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * The temporary files of a target, in its directory: their names, the lock of the one that is written, and those that
 * killed writes have left. A name is a dot, the target's name, eight digits of the process, eight of chance, and
 * {@code .tmp}. Immutable.
 */
final class TemporaryFiles {

    /** Of a temporary file's name, bytes that tell the target; so it is short enough where the target's name is. */
    private static final int MOST_OF_NAME = 100;

    private static final String SUFFIX = ".tmp";

    private final Target target;

    /** The part of a name that tells the target. */
    private final String prefix;

    /**
     * The part of a name that tells this process, the same for all copies of this class in it. A process leaves its own
     * temporary files alone: even opening one a second time would take the lock off, since closing any channel of a file
     * does that.
     */
    private final String process;

    TemporaryFiles(Target target) {
        this.target = target;
        prefix = prefix(String.valueOf(target.path.getFileName()));
        process = process();
    }

    private static String prefix(String name) {
        boolean plain = name.length() <= MOST_OF_NAME && name.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (plain) return "." + name + ".";
        String beginning = name.replaceAll("[^!-~]", "");
        beginning = beginning.substring(0, Math.min(beginning.length(), MOST_OF_NAME));
        return String.format(".%s~%08x.", beginning, name.hashCode());
    }

    private static String process() {
        ProcessHandle self = ProcessHandle.current();
        long start = self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return String.format("%08x", Long.hashCode(self.pid() * 0x9e3779b97f4a7c15L ^ start));
    }

    /** A name by chance. */
    Path name() {
        return target.directory.resolve(String.format(
                "%s%s%08x%s", prefix, process, ThreadLocalRandom.current().nextInt(), SUFFIX));
    }

    /** Creates a file of this name; for its owner alone if the target's access is known. */
    SeekableByteChannel create(Path temporary) throws IOException {
        Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (!target.local || target.access == null) return Files.newByteChannel(temporary, options);
        FileAttribute<?> own = PosixFilePermissions.asFileAttribute(
                EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
        return Files.newByteChannel(temporary, options, own);
    }

    /**
     * Locks the file that was created, until its channel is closed. False if another process took it for left over
     * before; true also where there are no locks.
     */
    boolean lock(SeekableByteChannel channel, Path temporary) {
        if (!target.local) return true;
        return lock(channel) && !Files.notExists(temporary);
    }

    private static boolean lock(SeekableByteChannel channel) {
        if (!(channel instanceof FileChannel file)) return true;
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Deletes a file after a write that failed, whose reason counts, and not that of this. */
    static void discard(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException | RuntimeException e) {
            // it stays
        }
    }

    /**
     * Deletes temporary files of the same target that nobody has locked: the operating system takes the lock off a process
     * that dies. Where a file system has no locks, they stay.
     */
    void deleteLeftOver() {
        if (!target.local) return;
        Pattern name = Pattern.compile(
                Pattern.quote(prefix) + "(?!" + process + "[0-9a-f]{8}\\.)[0-9a-f]{1,16}" + Pattern.quote(SUFFIX));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                target.directory,
                path -> name.matcher(path.getFileName().toString()).matches())) {
            for (Path path : files) if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) deleteIfLeftOver(path);
        } catch (IOException | DirectoryIteratorException e) {
            // a directory that can be written but not listed: they stay
        }
    }

    private static void deleteIfLeftOver(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() != null) Files.delete(path);
        } catch (IOException | OverlappingFileLockException e) {
            // it is gone, or not ours to delete
        }
    }
}
