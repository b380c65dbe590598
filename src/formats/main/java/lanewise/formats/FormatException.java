package lanewise.formats;

import java.io.IOException;

/**
 * A file is malformed, or holds something that is not supported. The message names the file, the place in it, what was
 * found there and what was expected.
 */
public final class FormatException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * Says what is wrong with a file.
     *
     * @param file as the caller named it
     * @param message place, what was found, what was expected; follows the file's name
     */
    public FormatException(Object file, String message) {
        super(file + ": " + message);
    }

    /**
     * Says what is wrong with a file, with what it was noticed by.
     *
     * @param file as the caller named it
     * @param message place, what was found, what was expected; follows the file's name
     * @param cause what a parser threw
     */
    public FormatException(Object file, String message, Throwable cause) {
        super(file + ": " + message, cause);
    }
}
