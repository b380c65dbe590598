package lanewise.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Mode, owner and group of a file that is to be replaced. Immutable. */
final class Access {

    private static final PosixFilePermission[][] GROUP_AND_OTHERS = {
        {PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ},
        {PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE},
        {PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE}
    };

    private final PosixFileAttributes attributes;

    /** A change of access that may be forbidden, or unknown to the file system; then access stays narrow. */
    private interface Change {
        void run() throws IOException;
    }

    private Access(PosixFileAttributes attributes) {
        this.attributes = attributes;
    }

    /** The access of a file; null if its file system has no modes. */
    static Access of(Path path) throws IOException {
        PosixFileAttributeView view = view(path);
        return view == null ? null : new Access(view.readAttributes());
    }

    private static PosixFileAttributeView view(Path path) {
        return Files.getFileAttributeView(path, PosixFileAttributeView.class);
    }

    /**
     * Gives another file this access, as far as the process may. An owner that cannot be set stays the process's; where
     * the group cannot be set, group and others get only the permissions that both have here.
     */
    void giveTo(Path path) throws IOException {
        PosixFileAttributeView view = view(path);
        PosixFileAttributes own = view.readAttributes();
        Set<PosixFilePermission> mode = EnumSet.noneOf(PosixFilePermission.class);
        mode.addAll(attributes.permissions());
        if (!own.owner().equals(attributes.owner())) may(() -> view.setOwner(attributes.owner()));
        if (!own.group().equals(attributes.group()) && !may(() -> view.setGroup(attributes.group())))
            for (PosixFilePermission[] two : GROUP_AND_OTHERS)
                if (!mode.containsAll(Set.of(two))) mode.removeAll(Set.of(two));
        if (!own.permissions().equals(mode)) may(() -> view.setPermissions(mode));
    }

    private static boolean may(Change change) {
        try {
            change.run();
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
