package lanewise.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import lanewise.Model;

/** A model's file, whose changes are found by looking at it. For one thread at a time. */
final class ModelWatch {

    private final Path file;
    private Stamp seen;

    /** What tells a file from the one that was there before. */
    private record Stamp(FileTime modified, long size, Object key) {
        static Stamp of(Path file) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                if (!attributes.isRegularFile()) return null; // a pipe, say, which is read once
                return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
            } catch (IOException e) {
                return null; // being replaced, or gone: loading says why
            }
        }
    }

    ModelWatch(Path file) {
        this.file = file;
    }

    /**
     * Loads the file if it is another one than at the last call.
     *
     * @return null if it is not, or is gone
     * @throws Failure if it holds no whole and sound model
     */
    Model changed() {
        Stamp stamp = Stamp.of(file);
        if (stamp == null || stamp.equals(seen)) return null;
        seen = stamp;
        return Main.load(file);
    }
}
