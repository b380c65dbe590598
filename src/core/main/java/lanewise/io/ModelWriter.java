package lanewise.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.zip.CRC32C;
import lanewise.Model;
import lanewise.layer.Layer;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.layer.Task;
import lanewise.memory.Slice;

/** Writes a model in the format of docs/model-file.md. */
final class ModelWriter {

    /** The first eight bytes; the last four of them change if a program takes the file for text. */
    static final long MAGIC = 0x0a1a0a0d4d574c89L;

    /** Bytes before the header: magic, version, the header's and the file's length. */
    static final int PREFIX = 24;

    static final int CHECKSUM = 4;

    /** Most bytes of a header: texts are no place for data. */
    static final int LONGEST_HEADER = 1 << 24;

    static final int MOST_SELF_TESTS = 16;

    /** The bit of the output's kind that says that a temperature follows. */
    static final int TEMPERED = 8;

    /** A model of more parameters than this has one self-test, so that loading takes little longer than reading. */
    private static final int LARGE = 1_000_000;

    private static final int BUFFER = 1 << 18;

    private final Model model;
    private final int version;
    private final byte[] header;
    private final int selfTests;
    private final long length;
    private final CRC32C checksum = new CRC32C();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);

    /** @throws IllegalArgumentException if the model cannot be saved */
    ModelWriter(Model model) {
        this.model = model;
        selfTests = model.parameterCount() > LARGE ? 1 : 3;
        HeaderWriter out = new HeaderWriter();
        out.i32(model.inputSize());
        out.i32(model.outputSize());
        out.i64(model.parameterCount());
        out.i32(selfTests);
        boolean tempered = model.temperature() != 1f;
        out.u8(kind(model.output(), model.task(), model.outputSize()) | (tempered ? TEMPERED : 0));
        if (tempered) out.f32(model.temperature());
        out.f32(model.byteScale());
        out.f32(model.byteOffset());
        out.text(model.name());
        out.i32(model.labels().size());
        model.labels().forEach(out::text);
        out.i32(model.metadata().size());
        for (Map.Entry<String, String> entry : model.metadata().entrySet()) {
            out.text(entry.getKey());
            out.text(entry.getValue());
        }
        LayerWriter layers = new LayerWriter(out);
        layers.inside(model.stack());
        version = version(layers.version(), model.output(), tempered);
        header = out.padded();
        if (header.length > LONGEST_HEADER)
            throw new IllegalArgumentException("name, labels, metadata and layers take " + header.length
                    + " bytes in a file, at most " + LONGEST_HEADER + " are allowed");
        length = length(header.length, model.parameterCount(), selfTests, model.inputSize(), model.outputSize());
        long widths = Limits.widths(model.stack()), most = Limits.mostWidths(length);
        if (widths > most)
            throw new IllegalArgumentException("the layers' widths sum to " + widths + ", at most " + most
                    + " are allowed in a file of " + length + " bytes");
    }

    /** The output in the lower three bits; the task, from 1 on, in the upper four, if it is not the output's own. */
    private static int kind(Output output, Task task, int outputs) {
        return output.ordinal() + (task == Task.of(output, outputs) ? 0 : task.ordinal() + 1 << 4);
    }

    /** The first version of the format that has all that a model has. */
    static int version(int ofLayers, Output output, boolean tempered) {
        return Math.max(ofLayers, output == Output.LOG_SOFTMAX ? 3 : tempered ? 2 : 1);
    }

    /** Bytes of a whole file. */
    static long length(long header, long parameters, long selfTests, long inputs, long outputs) {
        return PREFIX + header + Float.BYTES * (parameters + selfTests * (inputs + 2 * outputs)) + CHECKSUM;
    }

    void write(OutputStream out) throws IOException {
        buffer.clear();
        checksum.reset();
        int inputs = model.inputSize(), outputs = model.outputSize();
        buffer.putLong(MAGIC).putInt(version).putInt(header.length).putLong(length);
        for (int at = 0; at < header.length; ) {
            if (!buffer.hasRemaining()) drain(out);
            int part = Math.min(buffer.remaining(), header.length - at);
            buffer.put(header, at, part);
            at += part;
        }
        floats(model.copyParameters(), out);
        float[] input = new float[inputs], logits = new float[outputs], prediction = new float[outputs];
        for (int test = 0; test < selfTests; test++) {
            selfTest(test, model.stack(), input);
            model.answer(input, logits, prediction);
            floats(input, out);
            floats(logits, out);
            floats(prediction, out);
        }
        drain(out);
        buffer.putInt((int) checksum.getValue());
        drain(out);
    }

    /**
     * Test 0 is uniform on [−1, 1); test 1 on [0, 1); test 2 is mostly zeros, like pixels. Where the first layer takes other
     * things than any numbers, such as indices, all three are examples of those.
     */
    private static void selfTest(int test, Layer layer, float[] input) {
        RandomSource random = new RandomSource(test);
        if (!layer.differentiableInput()) {
            Slice example = Slice.allocate(1, input.length);
            layer.exampleInput(example, 0, random);
            example.copyTo(input, 0);
            return;
        }
        for (int i = 0; i < input.length; i++) {
            float u = random.uniform();
            input[i] = test == 0 ? 2f * u - 1f : test == 1 ? u : Math.max(0f, 5f * u - 4f);
        }
    }

    private void floats(float[] values, OutputStream out) throws IOException {
        for (int i = 0; i < values.length; i++) {
            if (buffer.remaining() < Float.BYTES) drain(out);
            buffer.putInt(Float.floatToIntBits(values[i]));
        }
    }

    private void drain(OutputStream out) throws IOException {
        checksum.update(buffer.array(), 0, buffer.position());
        out.write(buffer.array(), 0, buffer.position());
        buffer.clear();
    }
}
