package lanewise.examples;

/** Something outside the program is wrong, such as a file; the message is all that the user needs to know. */
final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1;

    Failure(String message) {
        super(message);
    }
}
