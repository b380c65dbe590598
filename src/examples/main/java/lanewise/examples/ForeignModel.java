package lanewise.examples;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.formats.onnx.Imported;
import lanewise.formats.onnx.Onnx;
import lanewise.formats.tensor.Sequence;
import lanewise.formats.tensor.StateDict;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import lanewise.layer.Output;

/**
 * A model from a file of any {@link ModelFormat}, and what was understood of the file. The commands use the classes of the formats
 * through this one alone, so that none of them is loaded where no such file is read.
 */
final class ForeignModel {

    private final Model model;

    /** Null where the model's outputs are the file's. */
    private final Imported imported;

    private final List<String> understood;

    private ForeignModel(Model model, Imported imported, List<String> understood) {
        this.model = model;
        this.imported = imported;
        this.understood = List.copyOf(understood);
    }

    /** What is known of a model besides its file. */
    record Knowledge(String output, List<Activation> activations, Output prediction) {

        /** Nothing. */
        static final Knowledge NONE = ofOutput(null);

        /** The output to compute, of several in a file. */
        static Knowledge ofOutput(String name) {
            return new Knowledge(name, List.of(), Output.IDENTITY);
        }
    }

    /** What may go wrong with files. */
    private interface Work<T> {
        T of() throws IOException;
    }

    private static <T> T attempt(Path file, Work<T> work) {
        try {
            return work.of();
        } catch (FileSystemException e) {
            throw new Failure(file + ": " + OutputFile.reason(e));
        } catch (IOException e) {
            throw new Failure(e.getMessage());
        } catch (OutOfMemoryError e) {
            throw new Failure(file + ": the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB is too small for this model; make it larger (java -Xmx)");
        }
    }

    /**
     * Reads a model.
     *
     * @param file a model file if it has none of the known endings
     * @throws Failure if there is no such file, it is damaged, or holds no network of this library
     */
    static ForeignModel read(Path file, Knowledge knowledge) {
        ModelFormat format = ModelFormat.of(file);
        if (format == ModelFormat.ONNX) return attempt(file, () -> onnx(file, knowledge));
        if (format != null && format.isStateDict()) return attempt(file, () -> stateDict(file, knowledge));
        return new ForeignModel(Main.load(file), null, List.of());
    }

    private static ForeignModel onnx(Path file, Knowledge knowledge) throws IOException {
        if (Files.isDirectory(file))
            throw new FileSystemException(file.toString(), null, "a directory, a file expected");
        Imported imported = knowledge.output == null ? Onnx.read(file) : Onnx.read(file, knowledge.output);
        List<String> understood = new ArrayList<>();
        understood.add("output \"" + imported.output() + "\" of " + imported.outputSize() + " columns");
        understood.addAll(imported.layers());
        return new ForeignModel(imported.model(), imported, understood);
    }

    private static ForeignModel stateDict(Path file, Knowledge knowledge) throws IOException {
        Sequence sequence = StateDict.read(file).sequence();
        List<Activation> given = knowledge.activations;
        if (given.size() == 1) sequence.activation(given.get(0));
        else if (!given.isEmpty()) sequence.activations(given.toArray(Activation[]::new));
        Network network = sequence.network();
        float[] parameters = network.copyParameters();
        try {
            Model model = Model.builder(network.stack(), knowledge.prediction)
                    .parameters(parameters, 0, parameters.length)
                    .build();
            return new ForeignModel(model, null, sequence.assumptions());
        } catch (IllegalArgumentException e) {
            throw new Failure(file + ": " + e.getMessage());
        }
    }

    Model model() {
        return model;
    }

    /** Sentences about the file, for whoever wants to know whether it was read as it was meant. */
    List<String> understood() {
        return understood;
    }

    /** Columns of the file's own output. */
    int columns() {
        return imported == null ? model.outputSize() : imported.outputSize();
    }

    /** The file's own outputs for rows of inputs, row after row. */
    float[] outputs(float[] inputs, int rows) {
        float[] outputs = new float[Math.multiplyExact(rows, columns())];
        if (imported == null) {
            Predictor predictor = model.predictor(Math.max(1, Math.min(rows, 32)));
            predictor.predict(inputs, 0, outputs, 0, rows);
            return outputs;
        }
        float[] input = new float[model.inputSize()], output = new float[columns()];
        for (int r = 0; r < rows; r++) {
            System.arraycopy(inputs, r * input.length, input, 0, input.length);
            imported.outputs(input, output);
            System.arraycopy(output, 0, outputs, r * output.length, output.length);
        }
        return outputs;
    }

    // Writing

    /**
     * Writes a model.
     *
     * @param format of the file
     * @param opset of ONNX; 0 for the usual one
     * @throws IOException if it cannot be written
     * @throws Failure if the format has no place for the model
     */
    static void write(Model model, Path file, ModelFormat format, int opset) throws IOException {
        try {
            switch (format) {
                case LANEWISE -> ModelFile.save(model, file);
                case ONNX -> {
                    if (opset == 0) Onnx.write(model, file);
                    else Onnx.write(model, file, opset);
                }
                case SAFETENSORS, NPZ -> StateDict.of(model).write(file);
            }
        } catch (IllegalArgumentException e) {
            throw new Failure("cannot write " + file + ": " + e.getMessage());
        }
    }

    /**
     * Reads back what was written.
     *
     * @param written the model; a state dict has its parameters alone, so the layers are this one's
     * @throws Failure if it cannot be read
     */
    static Model readBack(Path file, ModelFormat format, Model written) {
        if (!format.isStateDict()) return read(file, Knowledge.NONE).model;
        return attempt(file, () -> {
            Network.Builder builder = Network.builder(written.inputSize());
            for (Layer layer : written.stack().layers()) builder.add(layer);
            Network network = builder.build(0);
            StateDict.read(file).load(network);
            float[] parameters = network.copyParameters();
            return Model.builder(network.stack(), written.output())
                    .temperature(written.temperature())
                    .parameters(parameters, 0, parameters.length)
                    .build();
        });
    }
}
