package lanewise.formats.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import lanewise.Model;

/** Models from ONNX files, and as such. */
public final class Onnx {

    private Onnx() {}

    /**
     * Reads the network in a file whose graph has one output of floats; labels may be others.
     *
     * @param file the model; external data are looked for beside it
     * @return the model, and what was understood
     * @throws IOException if it cannot be read; a {@link lanewise.formats.FormatException} if it is damaged, has several
     *     outputs of floats, or is none of this library's networks; the message says where
     */
    public static Imported read(Path file) throws IOException {
        return read(file, null);
    }

    /**
     * Reads the network that computes one of a file's outputs. What only the others need is left out.
     *
     * @param file the model; external data are looked for beside it
     * @param output its name; null for the only output of floats
     * @return the model, and what was understood
     * @throws IOException if it cannot be read; a {@link lanewise.formats.FormatException} if it is damaged, has no such
     *     output, or is none of this library's networks; the message says where
     */
    public static Imported read(Path file, String output) throws IOException {
        return OnnxImport.read(file, output, Map.of());
    }

    /**
     * Writes a model with operator set 17.
     *
     * @param model to be written
     * @param file replaced if it is there, all or nothing
     * @throws IOException if it cannot be written; the message names the file, which is as it was
     * @throws IllegalArgumentException if a layer or an activation is none of the library's own, or the model is larger than an
     *     ONNX file can be
     */
    public static void write(Model model, Path file) throws IOException {
        OnnxExport.write(model, file, OnnxExport.USUAL_OPSET);
    }

    /**
     * Writes a model. The graph has one input, {@code input}, [batch, inputs] floats, and the output {@code output}, [batch,
     * outputs] floats: the predictions. A model of classes has a second output, {@code label}, [batch]: the label of each row's
     * class, or the class's int64 index where the model has no labels. Weights keep their bits; equal models and operator sets
     * make equal files.
     *
     * @param model to be written
     * @param file replaced if it is there, all or nothing
     * @param opset version of ONNX's operator set, 13 to 23
     * @throws IOException if it cannot be written; the message names the file, which is as it was
     * @throws IllegalArgumentException if there is no such operator set, a layer or an activation is none of the library's own, or
     *     the model is larger than an ONNX file can be
     */
    public static void write(Model model, Path file, int opset) throws IOException {
        OnnxExport.write(model, file, opset);
    }
}
