package lanewise.formats.onnx;

/** How large a network may be where the file holds no weights that say so. */
final class Sizes {

    /** Numbers in a row. */
    static final int WIDEST = 1 << 22;

    /** Weights of a layer that is written out for several positions of a row. */
    static final int MOST_REPEATED = 1 << 22;

    private Sizes() {}
}
