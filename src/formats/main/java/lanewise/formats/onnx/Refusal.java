package lanewise.formats.onnx;

/** Why a file is refused, without the file's name, which {@link Onnx} puts before it. It never leaves this package. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Refusal(String message) {
        super(message);
    }

    /** A graph that may be sound, but is none of this library's networks. */
    static Refusal notAnMlp(Node node, String reason) {
        return new Refusal("not a multilayer perceptron: " + node.place() + ": " + reason);
    }

    /** A node that breaks the operator's rules. */
    static Refusal at(Node node, String reason) {
        return new Refusal(node.place() + ": " + reason);
    }
}
