package lanewise.io;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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

    /** As Linux allows in a path. */
    private static final int MOST_LINKS = 40;

    /** Of a temporary file's name, bytes that tell the target; so it is short enough where the target's name is. */
    private static final int MOST_OF_NAME = 100;

    private static final String SUFFIX = ".tmp";
    private static final int STICKY = 01000;
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

    private static final PosixFilePermission[][] GROUP_AND_OTHERS = {
        {PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ},
        {PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE},
        {PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE}
    };

    /** As the caller named it. */
    private final Path file;

    /** Without links. */
    private final Path target;

    /** Null if the target is written itself. */
    private final Path directory;

    /** Whether it is the operating system's file system, with locks and modes. */
    private final boolean local;

    /** Of the file that is replaced; null if there is none, or its file system has no modes. */
    private final PosixFileAttributes access;

    /** Of the temporary file's name, the part that tells the target. */
    private final String prefix;

    /**
     * Of the temporary file's name, the part that tells this process, the same for all copies of this class in it. A
     * process leaves its own temporary files alone: even opening one a second time would take the lock off, since closing
     * any channel of a file does that.
     */
    private final String process;

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

    /** What may fail for reasons of the file system. */
    private interface Operation<T> {
        T run() throws IOException;
    }

    private AtomicFile(Path file) throws IOException {
        this.file = file;
        local = file.getFileSystem() == FileSystems.getDefault();
        target = named(this::resolve);
        BasicFileAttributes attributes = named(() -> attributes(target));
        if (attributes != null && attributes.isDirectory()) throw failure("a directory, a file expected", null);
        directory = attributes != null && attributes.isOther()
                ? null
                : named(() -> target.getParent().toRealPath());
        access = directory == null || attributes == null ? null : named(() -> access(target));
        prefix = prefix(String.valueOf(target.getFileName()));
        process = process();
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
        return new AtomicFile(file).target;
    }

    // The target

    private Path resolve() throws IOException {
        BasicFileAttributes attributes = attributes(file);
        if (attributes != null) return attributes.isOther() ? file.toAbsolutePath() : file.toRealPath();
        Path at = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(at); links++) {
            if (links == MOST_LINKS) throw failure("too many symbolic links", null);
            at = at.resolveSibling(Files.readSymbolicLink(at));
        }
        return at.getParent().toRealPath().resolve(at.getFileName());
    }

    /** Null if there is no such file. */
    private static BasicFileAttributes attributes(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Null if the file system has no modes. */
    private static PosixFileAttributes access(Path path) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        return view == null ? null : view.readAttributes();
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

    private Path temporary() {
        return directory.resolve(String.format(
                "%s%s%08x%s", prefix, process, ThreadLocalRandom.current().nextInt(), SUFFIX));
    }

    // Trying

    private void check() throws IOException {
        if (directory == null) {
            if (!Files.isWritable(target)) throw failure(new AccessDeniedException(file.toString()));
            return;
        }
        Path temporary = temporary();
        named(() -> create(temporary)).close();
        try {
            String obstacle = obstacle(temporary);
            if (obstacle != null) throw failure(obstacle, null);
        } finally {
            named(() -> Files.deleteIfExists(temporary));
        }
    }

    /** Why the temporary file cannot take the target's place, null if nothing is known against it. */
    private String obstacle(Path temporary) throws IOException {
        if (!local || attributes(target) == null) return null;
        if (mountPoint())
            return "a mount point, whose place no other file can take; mount the directory that it is in instead";
        if (!target.getFileSystem().supportedFileAttributeViews().contains("unix")) return null;
        int own = number(temporary, "uid");
        boolean others = own != 0 && own != number(target, "uid") && own != number(directory, "uid");
        return others && (number(directory, "mode") & STICKY) != 0
                ? "it belongs to another user, in a directory whose files only their owners may replace"
                : null;
    }

    private static int number(Path path, String attribute) throws IOException {
        return (int) Files.getAttribute(path, "unix:" + attribute);
    }

    /** False also where that cannot be found out. */
    private boolean mountPoint() {
        String path = new String(target.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Pattern escape = Pattern.compile("\\\\([0-7]{3})");
        try (Stream<String> mounts = Files.lines(MOUNTS, StandardCharsets.ISO_8859_1)) {
            return mounts.map(mount -> mount.split(" ", 6)[4])
                    .map(mount -> escape.matcher(mount)
                            .replaceAll(e ->
                                    Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(e.group(1), 8)))))
                    .anyMatch(path::equals);
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    // Writing

    private void write(Contents contents) throws IOException {
        if (directory == null) {
            try (OutputStream out = named(() -> Files.newOutputStream(target, StandardOpenOption.WRITE))) {
                fill(out, contents);
            }
            return;
        }
        interrupted = Thread.interrupted();
        try {
            if (local) deleteLeftOver();
            for (int i = 0; i < ATTEMPTS; i++) if (attempt(contents)) return;
            throw failure("its temporary file was taken away, or the thread interrupted, " + ATTEMPTS + " times", null);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /** False if it has to be tried again. */
    private boolean attempt(Contents contents) throws IOException {
        Path temporary = temporary();
        SeekableByteChannel created;
        try {
            created = named(() -> create(temporary));
        } catch (FileAlreadyExistsException e) {
            return false;
        }
        boolean moved = false;
        try {
            try (SeekableByteChannel channel = created) {
                // another process took it for left over before it was locked
                if (local && (!lock(channel) || Files.notExists(temporary))) return false;
                fill(Channels.newOutputStream(channel), contents);
                if (local) {
                    keepAccess(temporary);
                    if (channel instanceof FileChannel disk) disk.force(true);
                    // while it is locked
                    move(temporary);
                    moved = true;
                }
            } catch (FileSystemException e) {
                throw e;
            } catch (ClosedByInterruptException e) {
                interrupted |= Thread.interrupted();
                return false;
            } catch (IOException e) {
                throw failure(e);
            }
            if (!local) {
                // in some file systems a file is not there before its channel is closed
                keepAccess(temporary);
                move(temporary);
                moved = true;
            }
            forceDirectory();
            return true;
        } finally {
            if (!moved) delete(temporary);
        }
    }

    private SeekableByteChannel create(Path temporary) throws IOException {
        Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (!local || access == null) return Files.newByteChannel(temporary, options);
        FileAttribute<?> own = PosixFilePermissions.asFileAttribute(
                EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
        return Files.newByteChannel(temporary, options, own);
    }

    /** False if another process holds the lock; true also where there are no locks. */
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
            throw failure(message(e), e);
        }
    }

    private void keepAccess(Path temporary) throws IOException {
        if (access == null) return;
        PosixFileAttributeView view = Files.getFileAttributeView(temporary, PosixFileAttributeView.class);
        PosixFileAttributes own = named(view::readAttributes);
        Set<PosixFilePermission> mode = EnumSet.noneOf(PosixFilePermission.class);
        mode.addAll(access.permissions());
        if (!own.owner().equals(access.owner())) may(() -> view.setOwner(access.owner()));
        if (!own.group().equals(access.group()) && !may(() -> view.setGroup(access.group())))
            for (PosixFilePermission[] two : GROUP_AND_OTHERS)
                if (!mode.containsAll(Set.of(two))) mode.removeAll(Set.of(two));
        if (!own.permissions().equals(mode)) may(() -> view.setPermissions(mode));
    }

    /** A change of access that may be forbidden, or unknown to the file system; then it stays narrow. */
    private interface Change {
        void run() throws IOException;
    }

    private static boolean may(Change change) {
        try {
            change.run();
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    private void move(Path temporary) throws IOException {
        named(() -> {
            try {
                return Files.move(
                        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                String obstacle = obstacle(temporary);
                throw obstacle == null ? e : failure(obstacle, e);
            }
        });
    }

    private static void delete(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException | RuntimeException e) {
            // why it could not be written counts, not this
        }
    }

    /** Makes the renaming last; where a directory cannot be opened (Windows), that is left to the system. */
    private void forceDirectory() {
        if (!local) return;
        for (int i = 0; i < ATTEMPTS; i++)
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
                return;
            } catch (ClosedByInterruptException e) {
                interrupted |= Thread.interrupted();
            } catch (IOException e) {
                // the file itself is whole in any case
                return;
            }
    }

    // What killed writes have left

    /**
     * Deletes temporary files of the same target that nobody has locked: the operating system takes the lock off a process
     * that dies. Where a file system has no locks, they stay.
     */
    private void deleteLeftOver() {
        Pattern name = Pattern.compile(
                Pattern.quote(prefix) + "(?!" + process + "[0-9a-f]{8}\\.)[0-9a-f]{1,16}" + Pattern.quote(SUFFIX));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                directory, path -> name.matcher(path.getFileName().toString()).matches())) {
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

    // Troubles, told of the file that the caller named, who knows nothing of temporary ones

    private <T> T named(Operation<T> operation) throws IOException {
        try {
            return operation.run();
        } catch (FileAlreadyExistsException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw failure(e);
        } catch (ClosedFileSystemException e) {
            throw failure("its file system is closed", e);
        } catch (UnsupportedOperationException e) {
            throw failure("its file system cannot be written", e);
        } catch (InvalidPathException e) {
            throw failure("its name is not valid here", e);
        }
    }

    private IOException failure(IOException e) {
        if (!(e instanceof FileSystemException f)) return failure(message(e), e);
        if (file.toString().equals(f.getFile()) && f.getReason() != null) return e;
        if (e instanceof NoSuchFileException)
            return caused(new NoSuchFileException(file.toString(), null, "no such directory"), e);
        if (e instanceof AccessDeniedException) {
            String reason = "permission denied"
                    + (file.toString().equals(f.getFile()) ? "" : "; its directory must be writable");
            return caused(new AccessDeniedException(file.toString(), null, reason), e);
        }
        return failure(f.getReason() == null ? message(e) : f.getReason(), e);
    }

    private IOException failure(String reason, Exception cause) {
        return caused(new FileSystemException(file.toString(), null, reason), cause);
    }

    private static IOException caused(IOException e, Exception cause) {
        if (cause != null) e.initCause(cause);
        return e;
    }

    private static String message(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
