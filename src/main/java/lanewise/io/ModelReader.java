package lanewise.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Output;
import lanewise.ParameterShape;
import lanewise.Stack;
import lanewise.Task;
import lanewise.event.FlightRecorder;

/**
 * Reads a model in the format of docs/model-file.md. Every length is held against the file's size before anything is
 * allocated for it, and what cannot be read is reported as damage if the checksum is wrong, too.
 */
final class ModelReader {

    private static final int BUFFER = 1 << 18;

    private final ReadableByteChannel channel;
    private final long size;
    private final CRC32C checksum = new CRC32C();
    private final ByteBuffer buffer;

    /** How many bytes before the checksum were taken from the channel. */
    private long taken;

    /** The checksum that the file says, once it was read. */
    private Integer said;

    private ModelReader(ReadableByteChannel channel, long size) {
        this.channel = channel;
        this.size = size;
        buffer = ByteBuffer.allocate((int) Math.min(BUFFER, size))
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(0);
    }

    static Model read(ReadableByteChannel channel, long size, String name) throws IOException {
        Object event = FlightRecorder.beginLoad();
        Model model = null;
        String error = null;
        try {
            model = new ModelReader(channel, size).model(name);
            return model;
        } catch (IOException e) {
            error = e.getMessage();
            throw e;
        } catch (RuntimeException | Error e) {
            error = e.toString();
            throw e;
        } finally {
            if (event != null)
                FlightRecorder.endLoad(
                        event,
                        name,
                        size,
                        model == null ? null : model.name(),
                        model == null ? null : model.fingerprint(),
                        error);
        }
    }

    private Model model(String name) throws IOException {
        try {
            return model();
        } catch (Malformed e) {
            throw new IOException(name + ": " + e.getMessage() + damage());
        } catch (EOFException e) {
            throw new EOFException(name + ": " + e.getMessage());
        }
    }

    private Model model() throws IOException, Malformed {
        if (size < ModelWriter.PREFIX + ModelWriter.CHECKSUM)
            throw new Malformed("is no model file, or the very beginning of one: it has only " + size + " bytes");
        fill(ModelWriter.PREFIX);
        long magic = buffer.getLong();
        if (magic != ModelWriter.MAGIC) throw new Malformed(notAModel(magic));
        int version = buffer.getInt();
        int headerLength = buffer.getInt();
        long length = buffer.getLong();
        if (length != size)
            throw new Malformed("has " + size + " bytes, but should have " + length
                    + (length > size ? "; was it copied to its end?" : "; what follows its end?"));
        if (version != ModelFile.VERSION)
            throw new Malformed(
                    "is of format version " + version + ", but Lanewise " + Lanewise.version() + " reads version "
                            + ModelFile.VERSION + (version > 0 ? " only; a newer Lanewise may read it" : ""));
        long most = Math.min(ModelWriter.LONGEST_HEADER, size - ModelWriter.PREFIX - ModelWriter.CHECKSUM);
        if (headerLength < 0 || headerLength > most || headerLength % Float.BYTES != 0)
            throw new Malformed("says that its header has " + headerLength + " bytes, a multiple of four up to " + most
                    + " expected");
        return model(new HeaderReader(bytes(headerLength)), headerLength);
    }

    private static String notAModel(long magic) {
        // 89 'L' 'W' 'M', then line ends that came out differently
        if ((int) magic == (int) ModelWriter.MAGIC)
            return "begins like a model file that was copied as text; copy it as binary data";
        return String.format(
                "is no model file: it begins with %016x, %016x expected",
                Long.reverseBytes(magic), Long.reverseBytes(ModelWriter.MAGIC));
    }

    private Model model(HeaderReader in, int headerLength) throws IOException, Malformed {
        int inputs = in.size("the input size", 1), outputs = in.size("the output size", 1);
        long parameters = in.i64("the number of parameters");
        int tests = in.size("the number of self-tests", 1);
        if (tests > ModelWriter.MOST_SELF_TESTS)
            throw new Malformed("has " + tests + " self-tests, at most " + ModelWriter.MOST_SELF_TESTS + " expected");
        if (parameters < 0
                || parameters > size / Float.BYTES
                || ModelWriter.length(headerLength, parameters, tests, inputs, outputs) != size)
            throw new Malformed("has " + size + " bytes, which do not fit its header's " + parameters
                    + " parameters and " + tests + " self-tests of " + inputs + " inputs and " + outputs + " outputs");
        int output = in.u8("the output's kind");
        int kind = output & 0xf, task = (output >> 4) - 1;
        if (kind >= Output.values().length || task >= Task.values().length)
            throw new Malformed("has an output of kind " + output + ", which this version does not know");
        if (task >= 0 && Task.values()[task] == Task.of(Output.values()[kind], outputs))
            throw new Malformed("has an output of kind " + output + ", which names the task that is implied");
        float scale = in.f32("the bytes' scale"), offset = in.f32("the bytes' offset");
        String name = in.text("the name");
        List<String> labels = new ArrayList<>();
        for (int n = in.count("the number of labels", 4); n > 0; n--) labels.add(in.text("a label"));
        List<String> metadata = new ArrayList<>();
        for (int n = in.count("the number of metadata", 8); n > 0; n--) {
            String key = in.text("a key of metadata");
            if (!metadata.isEmpty() && metadata.get(metadata.size() - 2).compareTo(key) >= 0)
                throw new Malformed("has metadata whose keys do not ascend");
            metadata.add(key);
            metadata.add(in.text("a value of metadata"));
        }
        try {
            Stack stack = new LayerTags.Reader(in, parameters).read();
            in.end();
            check(stack, inputs, outputs, parameters);
            Model.Builder builder = Model.builder(stack, Output.values()[kind]).name(name);
            if (task >= 0) builder.task(Task.values()[task]);
            else if (kind == Output.IDENTITY.ordinal() && outputs == 1 && labels.size() == 2)
                builder.task(Task.BINARY); // as files were written before they knew of tasks
            builder.labels(labels).bytes(scale, offset);
            for (int i = 0; i < metadata.size(); i += 2) builder.metadata(metadata.get(i), metadata.get(i + 1));
            parameters(builder, parameters);
            Model model = builder.build();
            selfTest(model, tests);
            if (!intact()) throw new Malformed("is well formed");
            return model;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new Malformed("holds no valid model: " + e.getMessage());
        }
    }

    private void check(Stack stack, int inputs, int outputs, long parameters) throws Malformed {
        if (stack.inputSize() != inputs || stack.outputSize() != outputs)
            throw new Malformed("has layers " + stack.inputSize() + "→" + stack.outputSize() + ", but should have "
                    + inputs + "→" + outputs);
        long count = 0, floats = 0;
        for (ParameterShape shape : stack.parameters()) {
            count += (long) shape.rows() * shape.columns();
            floats += (long) shape.rows() * ((shape.columns() + 15L) & -16L);
        }
        if (count != parameters)
            throw new Malformed("has layers of " + count + " parameters, but should have " + parameters);
        long widths = LayerTags.widths(stack), most = LayerTags.mostWidths(size);
        if (widths > most)
            throw new Malformed("has layers whose widths sum to " + widths + ", at most " + most
                    + " expected in a file of its size");
        long memory = Runtime.getRuntime().maxMemory();
        if (floats * Float.BYTES > memory)
            throw new Malformed("has parameters that take " + (floats * Float.BYTES >> 20)
                    + " MB of memory, but the heap may grow to " + (memory >> 20) + " MB only; start java with a larger"
                    + " -Xmx");
    }

    private void parameters(Model.Builder builder, long count) throws IOException {
        float[] part = new float[(int) Math.min(count, BUFFER / Float.BYTES)];
        for (long left = count; left > 0; left -= part.length) {
            if (left < part.length) part = new float[(int) left];
            floats(part);
            builder.parameters(part, 0, part.length);
        }
    }

    private void selfTest(Model model, int tests) throws IOException, Malformed {
        int inputs = model.inputSize(), outputs = model.outputSize();
        float[] input = new float[inputs], expected = new float[outputs];
        float[] logits = new float[outputs], prediction = new float[outputs];
        for (int test = 0; test < tests; test++) {
            floats(input);
            model.answer(input, logits, prediction);
            floats(expected);
            compare(test, "logit", expected, logits);
            floats(expected);
            compare(test, "prediction", expected, prediction);
        }
    }

    private static void compare(int test, String what, float[] expected, float[] found) throws Malformed {
        for (int i = 0; i < expected.length; i++)
            if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(found[i]))
                throw new Malformed("fails its self-test " + test + ": " + what + " " + i + " is " + found[i] + ", "
                        + expected[i] + " expected to the bit");
    }

    /** Reads floats to fill the array. */
    private void floats(float[] target) throws IOException {
        for (int at = 0; at < target.length; ) {
            if (buffer.remaining() < Float.BYTES) fill(Float.BYTES);
            int part = Math.min(target.length - at, buffer.remaining() / Float.BYTES);
            buffer.asFloatBuffer().get(target, at, part);
            buffer.position(buffer.position() + part * Float.BYTES);
            at += part;
        }
    }

    /** Reads so many bytes, which the file is known to have. */
    private byte[] bytes(int length) throws IOException {
        byte[] all = new byte[length];
        for (int at = 0; at < length; ) {
            if (!buffer.hasRemaining()) fill(1);
            int part = Math.min(length - at, buffer.remaining());
            buffer.get(all, at, part);
            at += part;
        }
        return all;
    }

    /** Makes the buffer hold at least so many bytes of what comes before the checksum, and as many as it can. */
    private void fill(int least) throws IOException {
        buffer.compact();
        int from = buffer.position();
        buffer.limit((int) Math.min(buffer.capacity(), from + size - ModelWriter.CHECKSUM - taken));
        while (buffer.position() < least) read(buffer);
        taken += buffer.position() - from;
        buffer.flip();
        checksum.update(buffer.duplicate().position(from));
    }

    private void read(ByteBuffer target) throws IOException {
        if (channel.read(target) < 0)
            throw new EOFException("ended before its " + size + " bytes were read; is it being changed?");
    }

    /** Reads what is left; whether the checksum is right. */
    private boolean intact() throws IOException {
        while (taken < size - ModelWriter.CHECKSUM) {
            buffer.limit(0);
            fill(1);
        }
        if (said == null) {
            buffer.clear().limit(ModelWriter.CHECKSUM);
            while (buffer.hasRemaining()) read(buffer);
            said = buffer.flip().getInt();
        }
        return said == (int) checksum.getValue();
    }

    /** What the checksum says about a malformed file. */
    private String damage() throws IOException {
        if (size < ModelWriter.PREFIX + ModelWriter.CHECKSUM) return "";
        return intact() ? " (its checksum is right: it was written so)" : "; its checksum is wrong, so it is damaged";
    }
}
