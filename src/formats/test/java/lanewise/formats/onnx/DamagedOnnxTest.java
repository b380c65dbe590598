package lanewise.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.formats.FormatException;
import lanewise.io.ModelFile;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files are refused with a message that names them, or hold a sound model; nothing else comes of them. */
class DamagedOnnxTest {

    private static final long[] UGLY = {
        0, 1, -1, 2, 3, 7, 255, 65536, 1 << 24, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
    };

    @TempDir
    Path folder;

    @Test
    void mutatedFilesAreRefusedOrSound() throws IOException {
        int mutations = Integer.getInteger("mutations", 2_000);
        long seed = Long.getLong("seed", 1);
        List<byte[]> originals = new ArrayList<>();
        for (String kind : List.of("pytorch", "sklearn"))
            for (Interchange.Case one : Interchange.cases(kind))
                for (Path file : one.files()) if (Files.size(file) < 40_000) originals.add(Files.readAllBytes(file));
        int refused = 0, sound = 0;
        for (int i = 0; i < mutations; i++) {
            RandomSource random = new RandomSource(seed, i);
            byte[] mutated = originals.get(random.nextInt(originals.size()));
            boolean structured = random.nextInt(2) == 0;
            for (int n = 1 + random.nextInt(3); n > 0; n--)
                mutated = structured ? edited(mutated, random) : mutated(mutated, random);
            if (read(mutated, "mutation " + i + " of seed " + seed)) sound++;
            else refused++;
        }
        System.out.println(mutations + " mutations: " + refused + " refused, " + sound + " sound");
    }

    /** Whether the bytes are a model; false if they are refused as they should be. */
    private boolean read(byte[] bytes, String what) throws IOException {
        Path file = Files.write(folder.resolve("damaged.onnx"), bytes);
        try {
            Imported imported = Onnx.read(file);
            // what was read is a sound model: it can be saved, and written as ONNX
            ModelFile.save(imported.model(), folder.resolve("sound.lanewise"));
            return true;
        } catch (FormatException e) {
            if (!e.getMessage().startsWith(file + ": ")) throw new AssertionError(what + " has no proper message", e);
            return false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what + ": " + e, e);
        }
    }

    private static byte[] mutated(byte[] file, RandomSource random) {
        if (file.length < 8) return file;
        int at = random.nextInt(file.length), length = 1 + random.nextInt(8), end = Math.min(file.length, at + length);
        byte[] changed = file.clone();
        switch (random.nextInt(5)) {
            case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> {
                for (int i = at; i < end; i++) changed[i] = (byte) random.nextLong();
            }
            case 2 -> {
                return joined(file, at, end, new byte[0]);
            }
            case 3 -> {
                return joined(file, at, at, new byte[length]);
            }
            default -> {
                int from = random.nextInt(file.length);
                return joined(file, at, at, java.util.Arrays.copyOfRange(file, from, Math.min(file.length, from + 40)));
            }
        }
        return changed;
    }

    private static byte[] joined(byte[] file, int to, int from, byte[] between) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(file, 0, to);
        out.writeBytes(between);
        out.write(file, from, file.length - from);
        return out.toByteArray();
    }

    /** A file that parses, with another graph. */
    private static byte[] edited(byte[] file, RandomSource random) {
        ModelProto.Builder model;
        try {
            model = ModelProto.parseFrom(file).toBuilder();
        } catch (IOException e) {
            return file;
        }
        var graph = model.getGraphBuilder();
        int nodes = graph.getNodeCount(), initializers = graph.getInitializerCount();
        if (nodes == 0 || initializers == 0) return file;
        NodeProto.Builder node = graph.getNodeBuilder(random.nextInt(nodes));
        TensorProto.Builder tensor = graph.getInitializerBuilder(random.nextInt(initializers));
        List<String> names = new ArrayList<>();
        graph.getNodeList().forEach(n -> names.addAll(n.getOutputList()));
        graph.getInitializerList().forEach(t -> names.add(t.getName()));
        graph.getInputList().forEach(t -> names.add(t.getName()));
        String name = names.get(random.nextInt(names.size()));
        String op = graph.getNode(random.nextInt(nodes)).getOpType();
        long ugly = UGLY[random.nextInt(UGLY.length)];
        switch (random.nextInt(13)) {
            case 0 -> node.setOpType(op);
            case 1 -> node.addInput(name);
            case 2 -> {
                if (node.getInputCount() > 0) node.setInput(random.nextInt(node.getInputCount()), name);
            }
            case 3 -> {
                if (node.getInputCount() > 0) node.clearInput();
            }
            case 4 -> node.addOutput(name);
            case 5 -> {
                if (node.getAttributeCount() > 0)
                    node.getAttributeBuilder(random.nextInt(node.getAttributeCount()))
                            .setI(ugly)
                            .setF(ugly)
                            .addInts(ugly);
            }
            case 6 -> node.clearAttribute();
            case 7 -> {
                if (tensor.getDimsCount() > 0) tensor.setDims(random.nextInt(tensor.getDimsCount()), ugly);
            }
            case 8 -> tensor.setDataType((int) (ugly & 31));
            case 9 -> tensor.clearDims();
            case 10 -> graph.removeNode(random.nextInt(nodes));
            case 11 -> {
                model.clearOpsetImport();
                model.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(1 + random.nextInt(25)));
                model.addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("ai.onnx.ml").setVersion(2));
            }
            default -> {
                var shape = graph.getInputBuilder(0)
                        .getTypeBuilder()
                        .getTensorTypeBuilder()
                        .getShapeBuilder();
                if (shape.getDimCount() > 0)
                    shape.getDimBuilder(random.nextInt(shape.getDimCount())).setDimValue(ugly);
            }
        }
        return model.build().toByteArray();
    }

    private String refused(Graphs graphs) throws IOException {
        Path file = graphs.write(folder);
        String message =
                assertThrows(FormatException.class, () -> Onnx.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        return message.substring(file.toString().length() + 2);
    }

    private static void says(String message, String... parts) {
        for (String part : parts) assertTrue(message.contains(part), message);
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        Graphs circle = new Graphs(17);
        circle.input("x", "n", 3);
        circle.graph.addNode(Graphs.proto("Add", Map.of(), "x", "b").addOutput("a"));
        circle.graph.addNode(Graphs.proto("Relu", Map.of(), "a").addOutput("b"));
        says(refused(circle.output("b")), "circle");

        Graphs twice = new Graphs(17);
        twice.input("x", "n", 3);
        twice.graph.addNode(Graphs.proto("Relu", Map.of(), "x").addOutput("a"));
        twice.graph.addNode(Graphs.proto("Tanh", Map.of(), "x").addOutput("a"));
        says(refused(twice.output("a")), "node 2", "\"a\"", "something else makes, too");

        Graphs missing = new Graphs(17);
        missing.input("x", "n", 3);
        says(refused(missing.output(missing.node("Add", "x", "nobody"))), "\"nobody\" is neither an input nor made");

        Graphs type = new Graphs(17);
        String x = type.input("x", "n", 3);
        String w = type.constant(TensorProto.newBuilder().setDataType(17).addDims(3));
        says(refused(type.output(type.node("Add", x, w))), "element type number 17");

        Graphs short1 = new Graphs(17);
        x = short1.input("x", "n", 3);
        w = short1.constant(Graphs.floats(new int[] {3}, 1, 2));
        says(refused(short1.output(short1.node("Add", x, w))), "2 values", "3 expected");

        Graphs later = new Graphs(99);
        x = later.input("x", "n", 3);
        says(refused(later.output(later.node("Relu", x))), "operator set 99", "1 to 23");

        Graphs several = new Graphs(17);
        x = several.input("x", "n", 3);
        String a = several.node("Relu", x), b = several.node("Tanh", x);
        says(refused(several.output(a).output(b)), "several outputs", "\"" + a + "\", \"" + b + "\"");
        assertTrue(Onnx.read(several.write(folder), b).layers().get(0).contains("tanh"));

        Graphs two = new Graphs(17);
        says(refused(two.output(two.node("Add", two.input("x", "n", 3), two.input("z", "n", 3)))), "2 inputs", "\"z\"");

        Graphs rows = new Graphs(17);
        x = rows.input("x", "n", 2);
        says(refused(rows.output(rows.node("Reshape", x, rows.longs(-1, 1)))), "Reshape", "do not stay together");

        Graphs rms = new Graphs(17);
        x = rms.input("x", "n", 4);
        String mean = rms.node("ReduceMean", Map.of("axes", new long[] {-1}), rms.node("Mul", x, x));
        String root = rms.node("Sqrt", rms.node("Add", mean, rms.scalar(1e-6)));
        says(refused(rms.output(rms.node("Div", x, root))), "not a multilayer perceptron", "Div");

        Graphs recurrent = new Graphs(17);
        x = recurrent.input("x", "n", 4, 4);
        says(refused(recurrent.output(recurrent.node("LSTM", x, recurrent.weights(1, 4, 4)))), "LSTM", "recurrent");

        Graphs bomb = new Graphs(17);
        x = bomb.input("x", "n", 3);
        String huge = bomb.node("Expand", bomb.scalar(1), bomb.longs(1 << 15, 1 << 15));
        says(
                refused(bomb.output(bomb.node("Add", x, bomb.node("ReduceSum", huge)))),
                "larger than the file accounts for");

        Graphs wide = new Graphs(17);
        x = wide.input("x", "n", 1 << 30);
        says(refused(wide.output(wide.node("Mul", x, wide.scalar(2)))), "at most");
    }

    @Test
    void aNodeWithOtherInputsThanItsOperatorHasIsRefused() throws IOException {
        for (String op : List.of("Erf", "Relu", "Sigmoid", "Identity", "Flatten", "Softmax")) {
            Graphs constantFirst = new Graphs(17);
            String x = constantFirst.input("x", "n", 3);
            says(
                    refused(constantFirst.output(constantFirst.node(op, constantFirst.scalar(0.5), x))),
                    op,
                    "2 inputs, 1 expected");
        }
        Graphs where = new Graphs(17);
        String x = where.input("x", "n", 3);
        says(refused(where.output(where.node("Where", x, x))), "Where", "2 inputs, 3 expected");
        Graphs clip = new Graphs(17);
        x = clip.input("x", "n", 3);
        says(refused(clip.output(clip.node("Clip", x, "", "", clip.scalar(1)))), "4 inputs, 1 to 3 expected");
        Graphs none = new Graphs(17);
        x = none.input("x", "n", 3);
        says(refused(none.output(none.node("Add", x, none.node("Max")))), "0 inputs, at least 1 expected");
        Graphs left = new Graphs(17);
        x = left.input("x", "n", 3);
        Onnx.read(left.output(left.node("Relu", x, "")).write(folder));
    }

    /** A shape with a zero has no elements, but what goes through its other dimensions would never end. */
    @Test
    void largeShapesOfNothingAreRefused() throws IOException {
        for (int[] dims : new int[][] {
            {Integer.MAX_VALUE, 0}, {1 << 16, 0, 1 << 16}, {0, 1 << 16, 1 << 16}, {0, 1 << 17}, {1 << 30, 1, 0}
        }) {
            for (String op : List.of("Softmax", "Flatten", "Transpose", "Identity")) {
                Graphs g = new Graphs(12);
                String x = g.input("x", "n", 3);
                String nothing = g.node(op, g.constant(Graphs.floats(dims)));
                says(refused(g.output(g.node("Add", x, g.node("ReduceSum", nothing)))), "which has no elements");
            }
            long[] shape = java.util.Arrays.stream(dims).asLongStream().toArray();
            Graphs g = new Graphs(17);
            String x = g.input("x", "n", 3);
            String reshaped =
                    g.node("Reshape", Map.of("allowzero", 1), g.constant(Graphs.floats(new int[] {0})), g.longs(shape));
            says(refused(g.output(g.node("Add", x, g.node("ReduceSum", reshaped)))), "Reshape", "no elements");
        }
        Graphs small = new Graphs(17);
        String x = small.input("x", "n", 3);
        String nothing = small.constant(Graphs.floats(new int[] {0, 3}));
        Onnx.read(small.output(small.node("Add", x, small.node("ReduceSum", nothing)))
                .write(folder));
    }

    /** Nodes of a few bytes each must not make rows of millions of numbers each. */
    @Test
    void rowsForWhichTheFileDoesNotAccountAreRefused() throws IOException {
        Graphs wide = new Graphs(17);
        String v = wide.input("x", "n", 1 << 19);
        for (int i = 0; i < 20; i++) v = wide.node(i % 2 == 0 ? "Relu" : "Tanh", v);
        says(refused(wide.output(v)), "a row", "than the file accounts for");

        Graphs positions = new Graphs(17);
        v = positions.input("x", "n", 1 << 10, 1);
        for (int i = 0; i < 20; i++) v = positions.node("MatMul", v, positions.weights(1, 1));
        says(refused(positions.output(v)), "MatMul", "than the file accounts for");

        Graphs open = new Graphs(17);
        v = open.input("x", "n", "m", 1 << 20, 1 << 20);
        says(refused(open.output(open.node("MatMul", v, open.weights(4, 2)))), "leaves open");
    }

    @Test
    void externalDataLieBesideTheModelOnly() throws IOException {
        Path secret = Files.write(folder.resolve("secret"), new byte[12]);
        Path inside = Files.createDirectory(folder.resolve("inside"));
        Files.write(inside.resolve("data"), new byte[16]);
        Files.createSymbolicLink(inside.resolve("link"), secret);
        Files.createDirectory(inside.resolve("folder"));
        says(external(inside, "../secret", "0", "12"), "plain file name");
        says(external(inside, secret.toString(), "0", "12"), "plain file name");
        says(external(inside, "folder/../data", "0", "12"), "plain file name");
        says(external(inside, "folder", "0", "12"), "no regular file");
        says(external(inside, "link", "0", "12"), "leads out of the model's folder");
        says(external(inside, "absent", "0", "12"), "no such file");
        says(external(inside, "data", "8", "12"), "12 bytes from 8 on, but the file has 16");
        says(external(inside, "data", "9223372036854775807", "12"), "but the file has 16");
        says(external(inside, "data", "-4", "12"), "a number of bytes expected");
        says(external(inside, "data", "0", "16"), "16 bytes, 12 expected");
        says(external(inside, "", "0", "12"), "without a location");
        says(external(inside, "da\0ta", "0", "12"), "no file name");
        assertTrue(external(inside, "data", "4", "12").isEmpty());
        // As caches of model hubs have it: links to the model and to its data, which lie together elsewhere.
        Path blobs = Files.createDirectory(folder.resolve("blobs")),
                snapshot = Files.createDirectory(folder.resolve("snapshot"));
        Files.copy(inside.resolve("model.onnx"), blobs.resolve("0"));
        Files.copy(inside.resolve("data"), blobs.resolve("1"));
        Files.createSymbolicLink(snapshot.resolve("model.onnx"), blobs.resolve("0"));
        Files.createSymbolicLink(snapshot.resolve("data"), blobs.resolve("1"));
        Onnx.read(snapshot.resolve("model.onnx"));
    }

    private static String external(Path folder, String location, String offset, String length) throws IOException {
        Graphs g = new Graphs(17);
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setDataType(Graphs.FLOAT)
                .addDims(3)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        Map.of("location", location, "offset", offset, "length", length)
                .forEach((key, value) -> tensor.addExternalData(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        Path file = g.output(g.node("Add", g.input("x", "n", 3), g.constant(tensor)))
                .write(folder);
        try {
            Onnx.read(file);
            return "";
        } catch (FormatException e) {
            assertTrue(e.getMessage().startsWith(file + ": initializer"), e.getMessage());
            return e.getMessage();
        }
    }
}
