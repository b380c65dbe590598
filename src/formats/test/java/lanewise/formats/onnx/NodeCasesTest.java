package lanewise.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanewise.formats.FormatException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The ONNX project's own cases, as Debian's libonnx-testdata has them: in each all inputs but the first are taken as constants.
 * A case passes, or is refused with a reason; none is answered wrongly, and those of a network's operators pass if their
 * shapes are a network's.
 */
class NodeCasesTest {

    private static final Path FOLDER = Path.of(System.getProperty("onnxCases", "/usr/share/libonnx-testdata/data"));

    /** Operators of which no float case may be refused, but for those below. */
    private static final Set<String> OPERATORS = Set.of(
            "Relu",
            "Sigmoid",
            "Tanh",
            "Elu",
            "Selu",
            "Celu",
            "LeakyRelu",
            "HardSigmoid",
            "HardSwish",
            "Softplus",
            "Softsign",
            "ThresholdedRelu",
            "PRelu",
            "Clip",
            "Gemm",
            "MatMul",
            "Softmax",
            "LogSoftmax",
            "BatchNormalization",
            "LayerNormalization",
            "Identity",
            "Dropout",
            "Flatten",
            "Neg",
            "Abs",
            "Add",
            "Sub",
            "Mul",
            "Div");

    /** What a case of those operators may be refused for: its shapes or types are none that a row of a network has. */
    private static final List<String> REASONS = List.of(
            "rows must not be told apart by a constant",
            "not over a whole row",
            "the rows of a batch where features are",
            "the numbers of a row do not stay together",
            "floats expected",
            "no output of floats",
            "which is not understood; the first is",
            "holds strings",
            "is no tensor",
            "it is in training mode",
            "beyond floats",
            "stack of matrices",
            "multiplies across the rows",
            "of this file");

    @Test
    void noCaseIsAnsweredWronglyAndThoseOfNetworksPass() throws IOException {
        Assumptions.assumeTrue(Files.isDirectory(FOLDER), "libonnx-testdata is not installed");
        Map<String, Set<String>> passed = new TreeMap<>(), refused = new TreeMap<>();
        List<String> wrong = new ArrayList<>(), missing = new ArrayList<>();
        for (Path folder : cases()) {
            ModelProto model;
            try {
                model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
            } catch (IOException e) {
                continue;
            }
            String operator = model.getGraph().getNodeCount() == 1
                    ? model.getGraph().getNode(0).getOpType()
                    : "several nodes";
            String name = folder.getParent().getFileName() + "/" + folder.getFileName();
            try {
                String difference = difference(folder, model);
                if (difference != null) wrong.add(name + ": " + difference);
                passed.computeIfAbsent(operator, o -> new TreeSet<>()).add(name);
            } catch (FormatException e) {
                String reason = e.getMessage();
                refused.computeIfAbsent(operator, o -> new TreeSet<>()).add(name + ": " + reason);
                if (OPERATORS.contains(operator) && REASONS.stream().noneMatch(reason::contains))
                    missing.add(name + ": " + reason);
            }
        }
        if (Boolean.getBoolean("table")) print(passed, refused);
        assertEquals(List.of(), wrong);
        assertEquals(List.of(), missing);
        int count = passed.values().stream().mapToInt(Set::size).sum();
        assertTrue(count >= 100, count + " passed");
    }

    /** Answers that are random, where the import drops nothing. */
    private static final Set<String> TRAINING = Set.of("test_training_dropout", "test_training_dropout_default");

    private static void print(Map<String, Set<String>> passed, Map<String, Set<String>> refused) {
        passed.forEach((operator, names) -> System.out.println("passed " + operator + ": " + names.size()));
        refused.forEach((operator, names) -> names.forEach(n -> System.out.println("refused " + operator + ": " + n)));
    }

    private static List<Path> cases() throws IOException {
        try (Stream<Path> folders = Files.walk(FOLDER, 2)) {
            return folders.filter(f -> Files.exists(f.resolve("model.onnx")))
                    .filter(f -> Files.exists(f.resolve("test_data_set_0")))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }

    private static TensorProto tensor(Path file) throws IOException {
        return TensorProto.parseFrom(Files.readAllBytes(file));
    }

    /** Null if all data sets are answered as they should be. */
    private static String difference(Path folder, ModelProto model) throws IOException {
        Set<String> initializers = new TreeSet<>();
        model.getGraph().getInitializerList().forEach(i -> initializers.add(i.getName()));
        List<String> inputs = model.getGraph().getInputList().stream()
                .map(ValueInfoProto::getName)
                .filter(n -> !initializers.contains(n))
                .toList();
        for (ValueInfoProto info : model.getGraph().getInputList())
            if (!info.getType().hasTensorType()) throw new FormatException(folder, info.getName() + " is no tensor");
        Path data = folder.resolve("test_data_set_0");
        Map<String, Constant> bound = new TreeMap<>();
        try {
            for (int i = 1; i < inputs.size(); i++)
                bound.put(
                        inputs.get(i),
                        Constant.read(tensor(data.resolve("input_" + i + ".pb")), new ExternalData(null), "input"));
        } catch (Refusal refusal) {
            throw new FormatException(folder, refusal.getMessage() + " of this file");
        }
        if (TRAINING.contains(folder.getFileName().toString()))
            throw new FormatException(folder, "it is in training mode, which the network that was trained is not");
        String output = model.getGraph().getOutput(0).getName();
        Imported imported = OnnxImport.read(folder.resolve("model.onnx"), output, bound);
        Constant x, y;
        try {
            x = Constant.read(tensor(data.resolve("input_0.pb")), new ExternalData(null), "input");
            y = Constant.read(tensor(data.resolve("output_0.pb")), new ExternalData(null), "output");
        } catch (Refusal refusal) {
            throw new FormatException(folder, refusal.getMessage() + " of this file");
        }
        if (x.type() == DataType.UINT16 || y.type() == DataType.UINT16)
            throw new FormatException(folder, "bfloat16 is given as uint16 in the data of this file");
        int size = imported.model().inputSize(), rows = x.count() / size, columns = imported.outputSize();
        if (rows * size != x.count() || rows * columns != y.count())
            return rows + " rows of " + size + " and " + columns + " for " + x + " and " + y;
        float[] row = new float[size], result = new float[columns];
        double largest = 1e-3, worst = 0;
        for (int i = 0; i < x.count(); i++)
            if (Math.abs(x.at(i)) > Float.MAX_VALUE) throw new FormatException(folder, "numbers beyond floats");
        for (int r = 0; r < rows; r++) {
            System.arraycopy(x.toFloats(), r * size, row, 0, size);
            imported.outputs(row, result);
            for (int c = 0; c < columns; c++) {
                double expected = y.at(r * columns + c);
                if (Double.compare(expected, result[c]) == 0) continue; // infinities and NaN, too
                largest = Math.max(largest, Math.abs(expected));
                worst = Math.max(worst, Math.abs(expected - result[c]));
            }
        }
        double tolerance = x.type() == DataType.BFLOAT16 || y.type() == DataType.BFLOAT16
                ? 1e-2
                : x.type() == DataType.FLOAT16 || y.type() == DataType.FLOAT16 ? 2e-3 : 5e-6;
        return worst <= tolerance * largest ? null : worst + " of " + largest + ", understood as " + imported.layers();
    }
}
