package lanewise.io;

/** What is wrong with the contents of a file: the message is the second half of a sentence. */
final class Malformed extends Exception {

    private static final long serialVersionUID = 1L;

    Malformed(String message) {
        super(message);
    }
}
