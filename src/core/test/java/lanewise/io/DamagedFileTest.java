package lanewise.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.ChildJvm;
import lanewise.Model;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Pointwise;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Stack;
import org.junit.jupiter.api.Test;

/** Whatever a file holds, it is loaded as the model that was saved, or refused with a reason. */
class DamagedFileTest {

    private static Model small() {
        return Model.builder(
                        Network.builder(3)
                                .dense(2, Activation.TANH)
                                .dense(2, Activation.IDENTITY)
                                .build(1),
                        Loss.SOFTMAX_CROSS_ENTROPY)
                .name("small")
                .labels(List.of("no", "yes"))
                .metadata("by", "a test")
                .build();
    }

    @Test
    void everyCorruptionOfASingleByteIsRefused() throws IOException {
        byte[] file = Forge.bytes(small());
        for (int at = 0; at < file.length; at++)
            for (int change = 1; change < 256; change++) {
                byte[] damaged = file.clone();
                damaged[at] ^= (byte) change;
                assertRefused(damaged, "byte " + at + " changed by " + change);
            }
    }

    @Test
    void everyTruncationAndEveryTrailingByteIsRefused() throws IOException {
        byte[] file = Forge.bytes(small());
        for (int length = 0; length < file.length; length++)
            assertRefused(Arrays.copyOf(file, length), "cut to " + length + " bytes");
        for (int more = 1; more < 300; more++)
            assertRefused(Arrays.copyOf(file, file.length + more), "with " + more + " bytes more");
    }

    @Test
    void damageIsToldFromForgery() throws IOException {
        byte[] file = Forge.bytes(small());
        int name = indexOf(file, "small");
        file[name] = (byte) 0xff;
        assertEquals("forged: the name is no UTF-8; its checksum is wrong, so it is damaged", refused(file));
        assertEquals(
                "forged: the name is no UTF-8 (its checksum is right: it was written so)", refused(Forge.summed(file)));
    }

    @Test
    void otherFilesAreToldFromModels() throws IOException {
        byte[] file = Forge.bytes(small());
        assertEquals(
                "forged: is no model file, or the very beginning of one: it has only 0 bytes", refused(new byte[0]));
        assertTrue(refused(new byte[100]).startsWith("forged: is no model file: it begins with 0000000000000000"));
        assertTrue(refused(Arrays.copyOf(file, file.length - 9)).contains("was it copied to its end?"));
        assertTrue(refused(Arrays.copyOf(file, file.length + 9)).contains("what follows its end?"));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (byte b : file) if (b != '\r') text.write(b);
        assertTrue(refused(text.toByteArray()).contains("copied as text"));
    }

    @Test
    void aNewerVersionIsRefusedByName() throws IOException {
        byte[] file = Forge.bytes(small());
        Forge.little(file).putInt(Forge.VERSION_AT, 4);
        assertTrue(refused(file).endsWith("so it is damaged"));
        assertEquals(
                "forged: is of format version 4, but Lanewise 0.1.0 reads versions 1 to 3 only; a newer Lanewise may read it"
                        + " (its checksum is right: it was written so)",
                refused(Forge.summed(file)));
    }

    /** The byte for output and task is the 21st of the header; bit 3 says that a temperature follows. */
    @Test
    void aTemperatureThatCannotBeIsRefused() throws IOException {
        Network network = Network.builder(2).dense(3, Activation.IDENTITY).build(1);
        Model model = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .temperature(2f)
                .build();
        byte[] file = Forge.bytes(model);
        assertEquals(2 | 8, file[44]);
        assertEquals(2, Forge.little(file).getInt(Forge.VERSION_AT));
        assertEquals(2f, Forge.little(file).getFloat(45));
        for (float wrong : new float[] {0f, -1f, Float.NaN, 1e9f}) {
            Forge.little(file).putFloat(45, wrong);
            assertTrue(refused(Forge.summed(file)).contains("a temperature of " + wrong), refused(file));
        }
        Forge.little(file).putFloat(45, 1f);
        assertTrue(refused(Forge.summed(file)).contains("has a temperature of 1, which is implied"), refused(file));
        Forge.little(file).putFloat(45, 2.5f);
        assertTrue(refused(Forge.summed(file)).contains("fails its self-test 0: prediction 0"), refused(file));
        file[44] = 8;
        assertTrue(refused(Forge.summed(file)).contains("this model's predictions are its logits"), refused(file));
        file[44] = 12;
        assertTrue(refused(Forge.summed(file)).contains("has an output of kind 12"), refused(file));
    }

    @Test
    void aTemperatureInVersion1IsRefused() throws IOException {
        Network network = Network.builder(2).dense(3, Activation.IDENTITY).build(1);
        byte[] file = Forge.bytes(Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .temperature(2f)
                .build());
        Forge.little(file).putInt(Forge.VERSION_AT, 1);
        assertTrue(refused(Forge.summed(file)).contains("version 2 is the first that has its layers and output"));
    }

    @Test
    void theVersionIsTheFirstThatHasAllLayers() throws IOException {
        byte[] file = Forge.bytes(small());
        assertEquals(1, Forge.little(file).getInt(Forge.VERSION_AT));
        Forge.little(file).putInt(Forge.VERSION_AT, 2);
        assertEquals(
                "forged: is of format version 2, but version 1 is the first that has its layers and output"
                        + " (its checksum is right: it was written so)",
                refused(Forge.summed(file)));
        Network network = Network.builder(3).add(Rescale.of(3)).build(1);
        byte[] newer = Forge.bytes(Model.of(network, Loss.MEAN_SQUARED_ERROR));
        assertEquals(2, Forge.little(newer).getInt(Forge.VERSION_AT));
        Forge.little(newer).putInt(Forge.VERSION_AT, 1);
        assertTrue(refused(Forge.summed(newer)).contains("version 2 is the first that has its layers"));
    }

    @Test
    void version3IsForWhatItAdded() throws IOException {
        List<Model> models = new ArrayList<>();
        for (Layer layer : List.of(
                Affine.of(2),
                Pointwise.of(2, Activation.TANH),
                Dense.of(2, 2, Activation.LOG_SIGMOID),
                Residual.of(Dense.of(2, 2, Activation.clip(-2f, 2f)))))
            models.add(Model.of(Network.builder(2).add(layer).build(1), Loss.MEAN_SQUARED_ERROR));
        Stack stack = Network.builder(2).dense(2, Activation.IDENTITY).build(1).stack();
        models.add(Model.builder(stack, Output.LOG_SOFTMAX)
                .parameters(new float[6], 0, 6)
                .build());
        for (Model model : models) {
            byte[] file = Forge.bytes(model);
            assertEquals(
                    3,
                    Forge.little(file).getInt(Forge.VERSION_AT),
                    model.stack().toString());
            Forge.little(file).putInt(Forge.VERSION_AT, 2);
            assertTrue(refused(Forge.summed(file)).contains("version 3 is the first that has its layers and output"));
        }
    }

    /** An activation has one way to be written: no other parameters, not even a zero of the other sign. */
    @Test
    void parametersOfActivationsThatDoNotExistAreRefused() throws IOException {
        for (Activation activation : List.of(
                Activation.LOG_SIGMOID,
                Activation.softplus(2f),
                Activation.celu(2f),
                Activation.RELU6,
                Activation.threshold(0f, 1f))) {
            byte[] file = Forge.bytes(
                    Model.of(Network.builder(1).add(Pointwise.of(1, activation)).build(1), Loss.MEAN_SQUARED_ERROR));
            int at = 24 + Forge.headerLength(file) - 14; // number, parameter, second parameter, and padding
            while (Forge.little(file).getShort(at) != activation.number()) at++;
            for (float[] wrong : new float[][] {{Float.NaN, 1}, {1, Float.NaN}, {-0f, 1}, {1, -0f}}) {
                Forge.little(file).putFloat(at + 2, wrong[0]).putFloat(at + 6, wrong[1]);
                String message = refused(Forge.summed(file));
                assertTrue(message.contains("holds no valid model: "), message);
            }
        }
    }

    @Test
    void aWrongWeightFailsTheSelfTestEvenIfTheChecksumIsRight() throws IOException {
        Model model = small();
        byte[] file = Forge.bytes(model);
        int weights = 24 + Forge.headerLength(file);
        for (int i = 0; i < model.parameterCount(); i++) {
            byte[] changed = file.clone();
            Forge.little(changed).putFloat(weights + 4 * i, model.copyParameters()[i] * 1.0001f + 0.0001f);
            String message = refused(Forge.summed(changed));
            assertTrue(message.contains("fails its self-test 0: logit "), message);
        }
        Forge.little(file).putFloat(weights + 4, Float.POSITIVE_INFINITY);
        assertTrue(refused(Forge.summed(file)).contains("parameter dense1.weights[0][1] is Infinity"));
    }

    @Test
    void randomMutationsAreRefusedOrLoadedAsSoundModelsInASmallHeap() throws Exception {
        int mutations = Integer.getInteger("mutations", 20_000);
        String printed = ChildJvm.run(List.of("-Xmx32m"), Mutations.class, "" + mutations, "1");
        assertTrue(printed.endsWith("exit 0"), printed);
        System.out.println(printed.lines().toList().get(0));
    }

    @Test
    void lengthsThatAFileCannotHaveAreRefusedInASmallHeap() throws Exception {
        String printed = ChildJvm.run(List.of("-Xmx32m"), Hostile.class);
        assertTrue(printed.endsWith("exit 0"), printed);
    }

    @Test
    void aModelThatDoesNotFitTheHeapIsRefusedByName() throws Exception {
        String printed = ChildJvm.run(List.of("-Xmx32m"), Hostile.class, "large");
        assertTrue(printed.contains("start java with a larger -Xmx"), printed);
        assertTrue(printed.endsWith("exit 0"), printed);
    }

    @Test
    void memoryForAStreamGrowsOnlyWithWhatComes() throws Exception {
        String printed = ChildJvm.run(List.of("-Xmx32m"), Announced.class);
        assertTrue(printed.endsWith("exit 0"), printed);
    }

    /** Sound headers that announce many parameters, and nothing behind them, in a JVM with a small heap. */
    static final class Announced {

        private Announced() {}

        public static void main(String[] args) {
            announce(1 << 20, "was it copied to its end?");
            announce(30 << 20, "start java with a larger -Xmx");
            announce(Integer.MAX_VALUE, "start java with a larger -Xmx");
        }

        private static void announce(int outputs, String expected) {
            HeaderWriter header = Forge.header(1, outputs, outputs, 1);
            header.i32(1);
            header.u16(1);
            header.i32(1);
            header.i32(outputs);
            header.u8(0);
            header.u16(1);
            header.f32(0f);
            byte[] file = Forge.file(header.padded(), 0);
            long length = ModelWriter.length(Forge.headerLength(file), outputs, 1, 1, outputs);
            Forge.little(file).putLong(Forge.LENGTH_AT, length);
            String message = refused(file);
            if (!message.contains(expected)) throw new AssertionError(message + "\ndoes not say: " + expected);
        }
    }

    /** Forged files that claim more than they hold; its main is for a JVM with a small heap. */
    static final class Hostile {

        private Hostile() {}

        public static void main(String[] args) throws IOException {
            if (args.length > 0) {
                large();
                return;
            }
            int big = Integer.MAX_VALUE;
            layer(1, 1, 1, big, big, "more than the file holds");
            layer(1, 1, 1, big, 1, "more than the file holds");
            layer(1, 1, 1, 0, 1, "the input size of layer 0 is 0, at least 1 expected");
            layer(1, 1, 1, 1, -1, "the output size of layer 0 is -1, at least 1 expected");
            layer(big, 1, 1, 1, 1, "do not fit its header");
            layer(1, big, 1, 1, 1, "do not fit its header");
            layer(1, 1, Long.MAX_VALUE, 1, 1, "do not fit its header");
            layer(1, 1, Long.MAX_VALUE / 4 + 1, 1, 1, "do not fit its header");
            layer(1, 1, -1, 1, 1, "do not fit its header");
            layer(2, 1, 1, 1, 1, "do not fit its header");
            for (int count : new int[] {-1, 0, big, 4097}) layers(count, count);
            layers(4096, 4096);
            layers(4097, 4097);
            for (int depth : new int[] {32, 33, 100_000}) nested(depth);
            for (int length : new int[] {-1, 3, big, big - 3, 1 << 24}) headerLength(length);
            wide(100_000, 2);
            wide(100_000, 4000);
            embedding(10_000, 1, 100_000, "more than the file holds");
            embedding(1, big, 1, "more than the file holds");
            embedding(1, 1 << 25, 1, "more than the file holds");
            text(big);
            text(-1);
            labels(big);
        }

        private static void layer(int in, int out, long parameters, int inputs, int outputs, String expected) {
            HeaderWriter header = Forge.header(in, out, parameters, 1);
            header.i32(1);
            dense(header, inputs, outputs);
            expect(expected, Forge.file(header.padded(), 1 + 3));
        }

        private static void dense(HeaderWriter header, int inputs, int outputs) {
            header.u16(1);
            header.i32(inputs);
            header.i32(outputs);
            header.u8(0);
            header.u16(1);
            header.f32(0f);
        }

        private static void layers(int claimed, int real) throws IOException {
            int layers = Math.max(0, Math.min(real, 5000));
            HeaderWriter header = Forge.header(1, 1, layers, 1);
            header.i32(claimed);
            for (int i = 0; i < layers; i++) dense(header, 1, 1);
            byte[] file = Forge.file(header.padded(), layers + 3);
            if (layers == 4096) Forge.load(file);
            else expect("layer", file);
        }

        private static void nested(int depth) throws IOException {
            HeaderWriter header = Forge.header(1, 1, 1, 1);
            header.i32(1);
            for (int i = 0; i < depth; i++) {
                header.u16(2);
                header.i32(1);
            }
            dense(header, 1, 1);
            byte[] file = Forge.file(header.padded(), 1 + 3);
            if (depth == 32) Forge.load(file);
            else expect("inside one another", file);
        }

        /** Layers without parameters, which a prediction needs memory for all the same. */
        private static void wide(int width, int layers) throws IOException {
            HeaderWriter header = Forge.header(width, width, 0, 1);
            header.i32(layers);
            for (int i = 0; i < layers; i++) {
                header.u16(4);
                header.i32(width);
            }
            byte[] file = Forge.file(header.padded(), 3 * width);
            if (layers == 2) Forge.load(file);
            else expect("has layers whose widths sum to", file);
        }

        private static void embedding(int indices, int vocabulary, int vector, String expected) {
            HeaderWriter header = Forge.header(1, 1, 1, 1);
            header.i32(1);
            header.u16(9);
            header.i32(indices);
            header.i32(vocabulary);
            header.i32(vector);
            expect(expected, Forge.file(header.padded(), 1 + 3));
        }

        private static void headerLength(int length) throws IOException {
            byte[] file = Forge.bytes(small());
            Forge.little(file).putInt(Forge.HEADER_LENGTH_AT, length);
            expect("says that its header has " + length + " bytes", Forge.summed(file));
        }

        private static void text(int length) {
            byte[] header = Forge.header(1, 1, 1, 1).padded();
            Forge.little(header).putInt(29, length);
            expect("the length of the name is " + length, Forge.file(header, 1 + 3));
        }

        private static void labels(int count) {
            byte[] header = Forge.header(1, 1, 1, 1).padded();
            Forge.little(header).putInt(33, count);
            expect("the number of labels is " + count, Forge.file(header, 1 + 3));
        }

        /** Rows of one float take sixteen in memory. */
        private static void large() {
            int inputs = 1_000_000;
            HeaderWriter header = Forge.header(inputs, 1, inputs, 1);
            header.i32(1);
            dense(header, inputs, 1);
            System.out.println(refused(Forge.file(header.padded(), 2 * inputs + 2)));
        }

        private static void expect(String expected, byte[] file) {
            String message = refused(file);
            if (!message.contains(expected)) throw new AssertionError(message + "\ndoes not say: " + expected);
        }
    }

    private static int indexOf(byte[] file, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; ; i++) if (Arrays.equals(wanted, Arrays.copyOfRange(file, i, i + wanted.length))) return i;
    }

    private static String refused(byte[] file) {
        try {
            Forge.load(file);
        } catch (IOException e) {
            return e.getMessage();
        }
        throw new AssertionError("was loaded");
    }

    private static void assertRefused(byte[] file, String what) {
        String message;
        try {
            message = refused(file);
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what + ": " + e, e);
        }
        assertTrue(message.startsWith("forged: "), what);
    }
}
