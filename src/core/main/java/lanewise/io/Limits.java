package lanewise.io;

import java.util.List;
import lanewise.layer.Layer;
import lanewise.layer.Residual;
import lanewise.layer.Stack;

/** What keeps a small file from claiming much memory: layers beyond these limits are neither written nor read. */
final class Limits {

    /** Most layers of a model, those that hold others and those that are held counted alike. */
    static final int MOST_LAYERS = 4096;

    /** How deep layers may lie inside others. */
    static final int DEEPEST = 32;

    private Limits() {}

    /** The widths of all layers together, with which a prediction's memory grows. */
    static long widths(Layer layer) {
        long sum = (long) layer.inputSize() + layer.outputSize();
        List<Layer> inside = layer instanceof Stack stack
                ? stack.layers()
                : layer instanceof Residual residual ? residual.inner().layers() : List.of();
        for (Layer one : inside) sum += widths(one);
        return sum;
    }

    /** Most of {@link #widths} for a file of so many bytes. */
    static long mostWidths(long fileSize) {
        return 1_000_000 + 2 * fileSize;
    }
}
