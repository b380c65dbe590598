package lanewise.train;

/** Training made a loss or a parameter that is not finite; the parameters are as the last step left them. */
public final class DivergedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    DivergedException(String message) {
        super(message);
    }
}
