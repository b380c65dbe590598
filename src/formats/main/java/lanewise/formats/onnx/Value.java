package lanewise.formats.onnx;

/** What a name of a graph stands for: numbers that are known, or something computed from the input. */
sealed interface Value permits Constant, Live {

    /** In {@link Live#dims} the dimension along which the rows of a batch lie. */
    int BATCH = -1;

    int[] dims();
}
