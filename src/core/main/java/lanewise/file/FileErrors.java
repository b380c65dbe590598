package lanewise.file;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Errors about one file, told of the file that the caller named, who knows nothing of temporary ones. Immutable. */
final class FileErrors {

    private final String file;

    /** An operation that may fail for reasons of the file system. */
    interface Operation<T> {
        T run() throws IOException;
    }

    /** @param file as the caller named it */
    FileErrors(Path file) {
        this.file = file.toString();
    }

    /**
     * Runs an operation.
     *
     * @return its result
     * @throws IOException if the operation fails; the message names the file, unless it is a FileAlreadyExistsException or
     *     a ClosedByInterruptException, which are as the operation threw them
     */
    <T> T named(Operation<T> operation) throws IOException {
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

    /** The exception that names the file where the given one names another, or none. */
    IOException failure(IOException e) {
        if (!(e instanceof FileSystemException f)) return failure(message(e), e);
        if (file.equals(f.getFile()) && f.getReason() != null) return e;
        if (e instanceof NoSuchFileException)
            return caused(new NoSuchFileException(file, null, "no such directory"), e);
        if (e instanceof AccessDeniedException) {
            String reason = "permission denied" + (file.equals(f.getFile()) ? "" : "; its directory must be writable");
            return caused(new AccessDeniedException(file, null, reason), e);
        }
        return failure(f.getReason() == null ? message(e) : f.getReason(), e);
    }

    /** An exception with this reason; the cause may be null. */
    IOException failure(String reason, Exception cause) {
        return caused(new FileSystemException(file, null, reason), cause);
    }

    private static IOException caused(IOException e, Exception cause) {
        if (cause != null) e.initCause(cause);
        return e;
    }

    /** The exception's message, or else its name. */
    static String message(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
