package lanewise.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The file that is replaced: where symbolic links lead to, and whether another file can take its place. Immutable. */
final class Target {

    /** As Linux allows in a path. */
    private static final int MOST_LINKS = 40;

    private static final int STICKY = 01000;
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

    /** Without links. */
    final Path path;

    /** Null if the target is no file but a pipe or a device, which is written itself. */
    final Path directory;

    /** Whether it is in the operating system's file system, which has locks and modes. */
    final boolean local;

    /** Of the file that is there; null if there is none, or its file system has no modes. */
    final Access access;

    private final FileErrors errors;

    /**
     * Finds the target of a file's name.
     *
     * @param file as the caller named it; need not exist
     * @throws IOException if its directory does not exist, or it is a directory itself
     */
    Target(Path file, FileErrors errors) throws IOException {
        this.errors = errors;
        local = file.getFileSystem() == FileSystems.getDefault();
        path = errors.named(() -> resolve(file));
        BasicFileAttributes attributes = errors.named(() -> attributes(path));
        if (attributes != null && attributes.isDirectory()) throw errors.failure("a directory, a file expected", null);
        directory = attributes != null && attributes.isOther()
                ? null
                : errors.named(() -> path.getParent().toRealPath());
        access = directory == null || attributes == null ? null : errors.named(() -> Access.of(path));
    }

    private Path resolve(Path file) throws IOException {
        BasicFileAttributes attributes = attributes(file);
        if (attributes != null) return attributes.isOther() ? file.toAbsolutePath() : file.toRealPath();
        Path at = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(at); links++) {
            if (links == MOST_LINKS) throw errors.failure("too many symbolic links", null);
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

    /** Why a temporary file in its directory cannot take the target's place, null if nothing is known against it. */
    String obstacle(Path temporary) throws IOException {
        if (!local || attributes(path) == null) return null;
        if (mountPoint())
            return "a mount point, whose place no other file can take; mount the directory that it is in instead";
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) return null;
        int own = number(temporary, "uid");
        boolean others = own != 0 && own != number(path, "uid") && own != number(directory, "uid");
        return others && (number(directory, "mode") & STICKY) != 0
                ? "it belongs to another user, in a directory whose files only their owners may replace"
                : null;
    }

    private static int number(Path path, String attribute) throws IOException {
        return (int) Files.getAttribute(path, "unix:" + attribute);
    }

    /** False also where that cannot be found out. */
    private boolean mountPoint() {
        String name = new String(path.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Pattern escape = Pattern.compile("\\\\([0-7]{3})");
        try (Stream<String> mounts = Files.lines(MOUNTS, StandardCharsets.ISO_8859_1)) {
            return mounts.map(mount -> mount.split(" ", 6)[4])
                    .map(mount -> escape.matcher(mount)
                            .replaceAll(e ->
                                    Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(e.group(1), 8)))))
                    .anyMatch(name::equals);
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /** Renames a temporary file in its directory to the target. */
    void replaceBy(Path temporary) throws IOException {
        errors.named(() -> {
            try {
                return Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                String obstacle = obstacle(temporary);
                throw obstacle == null ? e : errors.failure(obstacle, e);
            }
        });
    }
}
