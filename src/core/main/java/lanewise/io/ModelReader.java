package lanewise.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32C;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.event.FlightRecorder;
import lanewise.layer.Output;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import lanewise.memory.ParameterShape;

/**
 * Reads a model in the format of docs/model-file.md, front to back: the first bytes say how many there should be. Every
 * length is held against that before anything is allocated for it; and if the size of the source is not known, all bytes
 * have to be there before anything large is allocated for what they say. What cannot be read is reported as damage if the
 * checksum is wrong, too.
 */
final class ModelReader {

    private static final int BUFFER = 1 << 18;

    /** Of a source whose size is not known, most bytes that are read for their checksum alone. */
    private static final long MOST_FOR_CHECKSUM = 1 << 26;

    private final InputStream in;

    /** So many bytes are there for certain. */
    private final long known;

    private final CRC32C checksum = new CRC32C();

    /** Where bytes come from: the stream, or what has come of it. */
    private InputStream source;

    private ByteBuffer buffer = buffer(ModelWriter.PREFIX);

    /** Bytes that there should be, by the first of them; the fewest possible before those are read. */
    private long size = ModelWriter.PREFIX + ModelWriter.CHECKSUM;

    private boolean sizeRead;

    /** How many bytes have come from the stream. */
    private long came;

    /** Whether more follow than there should be. */
    private boolean followed;

    /** How many bytes before the checksum were taken from the source. */
    private long taken;

    /** The checksum that the file says, once it was read. */
    private Integer said;

    /** The source ended too early. */
    private static final class Ended extends IOException {

        private static final long serialVersionUID = 1L;
    }

    private ModelReader(InputStream in, long known) {
        this.in = in;
        this.known = known;
        source = in;
    }

    private static ByteBuffer buffer(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    }

    /**
     * Reads a model, to the end of the stream.
     *
     * @param known so many bytes are there for certain, 0 if that is not known
     * @param name what error messages call it
     */
    static Model read(InputStream in, long known, String name) throws IOException {
        Object event = FlightRecorder.beginLoad();
        ModelReader reader = new ModelReader(in, known);
        Model model = null;
        String error = null;
        try {
            model = reader.model(name);
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
                        Math.max(known, Math.min(reader.size, reader.came)),
                        model == null ? null : model.name(),
                        model == null ? null : model.fingerprint(),
                        error);
        }
    }

    private Model model(String name) throws IOException {
        String trouble;
        try {
            try {
                return model();
            } catch (Malformed e) {
                trouble = e.getMessage() + damage();
            }
        } catch (Ended e) {
            trouble = ended();
        } catch (Malformed e) {
            trouble = e.getMessage();
        } catch (IOException e) {
            throw new IOException(name + ": cannot be read: " + (e.getMessage() == null ? e : e.getMessage()), e);
        }
        throw new IOException(name + ": " + trouble);
    }

    private String ended() {
        if (came < ModelWriter.PREFIX + ModelWriter.CHECKSUM)
            return "is no model file, or the very beginning of one: it has only " + came + " bytes";
        return "has " + came + " bytes, but should have " + size + "; was it copied to its end?";
    }

    private Model model() throws IOException, Malformed {
        fill(ModelWriter.PREFIX);
        long magic = buffer.getLong();
        if (magic != ModelWriter.MAGIC) throw new Malformed(notAModel(magic));
        int version = buffer.getInt();
        int headerLength = buffer.getInt();
        long length = buffer.getLong();
        if (length < size) throw new Malformed("says that it has " + length + " bytes, at least " + size + " expected");
        size = length;
        sizeRead = true;
        buffer = buffer((int) Math.min(BUFFER, size));
        if (version < 1 || version > ModelFile.VERSION)
            throw new Malformed(
                    "is of format version " + version + ", but Lanewise " + Lanewise.version() + " reads versions 1 to "
                            + ModelFile.VERSION + (version > 0 ? " only; a newer Lanewise may read it" : ""));
        long most = Math.min(ModelWriter.LONGEST_HEADER, size - ModelWriter.PREFIX - ModelWriter.CHECKSUM);
        if (headerLength < 0 || headerLength > most || headerLength % Float.BYTES != 0)
            throw new Malformed("says that its header has " + headerLength + " bytes, a multiple of four up to " + most
                    + " expected");
        return model(new HeaderReader(bytes(headerLength)), headerLength, version);
    }

    private static String notAModel(long magic) {
        // 89 'L' 'W' 'M', then line ends that came out differently
        if ((int) magic == (int) ModelWriter.MAGIC)
            return "begins like a model file that was copied as text; copy it as binary data";
        return String.format(
                "is no model file: it begins with %016x, %016x expected",
                Long.reverseBytes(magic), Long.reverseBytes(ModelWriter.MAGIC));
    }

    private Model model(HeaderReader in, int headerLength, int version) throws IOException, Malformed {
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
        int kind = output & ModelWriter.TEMPERED - 1, task = (output >> 4) - 1;
        if (kind >= Output.values().length || task >= Task.values().length)
            throw new Malformed("has an output of kind " + output + ", which this version does not know");
        if (task >= 0 && Task.values()[task] == Task.of(Output.values()[kind], outputs))
            throw new Malformed("has an output of kind " + output + ", which names the task that is implied");
        boolean tempered = (output & ModelWriter.TEMPERED) != 0;
        float temperature = tempered ? in.f32("the temperature") : 1f;
        if (tempered && temperature == 1f) throw new Malformed("has a temperature of 1, which is implied");
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
            LayerReader layers = new LayerReader(in, parameters);
            Stack stack = new Stack(layers.inside());
            in.end();
            int first = ModelWriter.version(layers.version(), Output.values()[kind], tempered);
            if (version != first)
                throw new Malformed("is of format version " + version + ", but version " + first
                        + " is the first that has its layers and output");
            check(stack, inputs, outputs, parameters);
            if (size > known) fetch();
            Model.Builder builder = Model.builder(stack, Output.values()[kind]).name(name);
            if (task >= 0) builder.task(Task.values()[task]);
            else if (kind == Output.IDENTITY.ordinal() && outputs == 1 && labels.size() == 2)
                builder.task(Task.BINARY); // as files were written before they knew of tasks
            builder.labels(labels).bytes(scale, offset).temperature(temperature);
            for (int i = 0; i < metadata.size(); i += 2) builder.metadata(metadata.get(i), metadata.get(i + 1));
            parameters(builder, parameters);
            Model model = builder.build();
            selfTest(model, tests);
            if (!intact()) throw new Malformed("is well formed");
            requireEnd();
            return model;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new Malformed("holds no valid model: " + e.getMessage());
        }
    }

    private void check(Stack stack, int inputs, int outputs, long parameters) throws Malformed {
        if (stack.inputSize() != inputs || stack.outputSize() != outputs)
            throw new Malformed("has layers " + stack.inputSize() + "->" + stack.outputSize() + ", but should have "
                    + inputs + "->" + outputs);
        long count = 0;
        double bytes = size > known ? size : 0;
        for (ParameterShape shape : stack.parameters()) {
            count += (long) shape.rows() * shape.columns();
            bytes += (double) Float.BYTES * shape.rows() * ((shape.columns() + 15L) & -16L);
        }
        if (count != parameters)
            throw new Malformed("has layers of " + count + " parameters, but should have " + parameters);
        long widths = Limits.widths(stack), most = Limits.mostWidths(size);
        if (widths > most)
            throw new Malformed("has layers whose widths sum to " + widths + ", at most " + most
                    + " expected in a file of its size");
        long memory = Runtime.getRuntime().maxMemory();
        if (bytes > memory)
            throw new Malformed("has parameters that take " + ((long) bytes >> 20)
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

    /** Reads so many bytes; takes memory as they come. */
    private byte[] bytes(int length) throws IOException {
        byte[] all = new byte[Math.min(length, BUFFER)];
        for (int at = 0; at < length; ) {
            if (!buffer.hasRemaining()) fill(1);
            if (at == all.length) all = Arrays.copyOf(all, (int) Math.min(length, 2L * at));
            int part = Math.min(all.length - at, buffer.remaining());
            buffer.get(all, at, part);
            at += part;
        }
        return all;
    }

    /** Makes the buffer hold at least so many bytes of what comes before the checksum, and as many as it can. */
    private void fill(int least) throws IOException {
        buffer.compact();
        int from = buffer.position();
        buffer.limit(from + (int) Math.min(buffer.capacity() - from, size - ModelWriter.CHECKSUM - taken));
        while (buffer.position() < least) read(buffer);
        taken += buffer.position() - from;
        buffer.flip();
        checksum.update(buffer.duplicate().position(from));
    }

    /** Reads at least one byte. */
    private void read(ByteBuffer target) throws IOException {
        int read = source.read(target.array(), target.position(), target.remaining());
        if (read == 0) {
            // a stream that gives nothing by the array may not do so by the byte
            int one = source.read();
            read = one < 0 ? -1 : 1;
            if (one >= 0) target.array()[target.position()] = (byte) one;
        }
        if (read < 0) throw new Ended();
        target.position(target.position() + read);
        if (source == in) came += read;
    }

    /** Reads all that is left, and the end; takes memory as it comes. */
    private void fetch() throws IOException, Malformed {
        List<InputStream> parts = new ArrayList<>();
        for (long left = size - taken; left > 0; ) {
            ByteBuffer part = ByteBuffer.allocate((int) Math.min(BUFFER, left));
            while (part.hasRemaining()) read(part);
            parts.add(new ByteArrayInputStream(part.array()));
            left -= part.capacity();
        }
        requireEnd();
        source = new SequenceInputStream(Collections.enumeration(parts));
    }

    private void requireEnd() throws IOException, Malformed {
        followed = source == in && in.read() >= 0;
        if (followed)
            throw new Malformed("goes on after the " + size + " bytes that it should have; what follows its end?");
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

    /** What the checksum says about a malformed file; but first, whether its length is right. */
    private String damage() throws IOException, Malformed {
        if (!sizeRead || followed || size > known && size > MOST_FOR_CHECKSUM) return "";
        boolean intact = intact();
        requireEnd();
        return intact ? " (its checksum is right: it was written so)" : "; its checksum is wrong, so it is damaged";
    }
}
