package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lanewise.Model;
import lanewise.Network;
import lanewise.examples.MnistTest.Run;
import lanewise.formats.onnx.Onnx;
import lanewise.formats.tensor.ElementType;
import lanewise.formats.tensor.Npy;
import lanewise.formats.tensor.StateDict;
import lanewise.formats.tensor.Tensor;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command convert, and predict with models of other formats. */
class ConvertTest {

    @TempDir
    private Path folder;

    private Model model;

    @BeforeEach
    void writeAModel() throws IOException {
        Network network = Network.builder(3)
                .dense(7, Activation.TANH)
                .dense(5, Activation.GELU)
                .dense(2, Activation.IDENTITY)
                .build(1);
        model = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .name("a model")
                .labels(List.of("no", "yes"))
                .build();
        ModelFile.save(model, folder.resolve("m.lanewise"));
        Onnx.write(model, folder.resolve("m.onnx"));
        StateDict.of(model).write(folder.resolve("m.safetensors"));
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private static Run good(String... args) {
        Run run = Run.of(args);
        assertEquals(0, run.status(), run.err());
        return run;
    }

    /** Sees that a command is refused and writes nothing. */
    private void refuse(int status, String[] args, String... words) throws IOException {
        List<String> before = files();
        BadInputTest.assertRefused(status, Run.of(args), words);
        assertEquals(before, files());
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    private void same(String one, String other) throws IOException {
        assertEquals(-1, Files.mismatch(folder.resolve(one), folder.resolve(other)), one + " and " + other);
    }

    @Test
    void aModelComesBackFromOnnxAsItWas() throws IOException {
        Run run = good("convert", path("m.lanewise"), path("new.onnx"));
        assertTrue(run.out().contains("dense 3->7 tanh"), run.out());
        assertTrue(run.out().contains("new.onnx: largest difference 0.0 on 1000 random inputs"), run.out());
        same("new.onnx", "m.onnx");
        run = good("convert", path("new.onnx"), path("new.lanewise"));
        assertTrue(run.out().contains("Understood: dense 3->7 tanh: \"dense1\" (Gemm), \"tanh1\" (Tanh)"), run.out());
        assertTrue(run.out().contains("Labels: no, yes"), run.out());
        same("new.lanewise", "m.lanewise");
        good("convert", path("m.onnx"), path("newest.onnx"), "--opset", "20");
        assertTrue(Files.mismatch(folder.resolve("newest.onnx"), folder.resolve("m.onnx")) >= 0);
    }

    @Test
    void parametersGoThroughTheirOwnFiles() throws IOException {
        String[] known = {"--activation", "tanh,gelu", "--prediction", "softmax"};
        good("convert", path("m.safetensors"), path("a.lanewise"), known[0], known[1], known[2], known[3]);
        assertEquals(
                model.fingerprint(),
                ModelFile.load(folder.resolve("a.lanewise")).fingerprint());
        good("convert", path("a.lanewise"), path("b.npz"));
        Run run = good("convert", path("b.npz"), path("c.onnx"), known[0], known[1], known[2], known[3]);
        assertTrue(run.out().contains("dense 7->5 gelu") && run.out().contains("output softmax"), run.out());
        assertEquals(
                model.fingerprint(), Onnx.read(folder.resolve("c.onnx")).model().fingerprint());
        refuse(1, new String[] {"convert", path("b.npz"), path("d.onnx")}, "what activation is behind it?");
    }

    @Test
    void whatCannotBeConvertedIsRefused() throws IOException {
        refuse(2, new String[] {"convert", path("m.onnx")}, "OUT");
        refuse(2, new String[] {"convert", path("m.onnx"), path("m.pt")}, "m.pt", ".onnx", ".lanewise");
        refuse(2, new String[] {"convert", path("m"), path("a.onnx")}, "m: a name that ends in one of");
        refuse(2, new String[] {"convert", path("m.onnx"), path("a.lanewise"), "--opset", "17"}, "--opset is for");
        refuse(2, new String[] {"convert", path("m.lanewise"), path("a.onnx"), "--opset", "12"}, "13 to 23");
        refuse(2, new String[] {"convert", path("m.lanewise"), path("a.onnx"), "--output", "y"}, "--output is for");
        refuse(2, new String[] {"convert", path("m.onnx"), path("a.npz"), "--activation", "relu"}, "--activation is");
        refuse(
                2,
                new String[] {"convert", path("m.safetensors"), path("a.onnx"), "--activation", "rellu"},
                "mean relu?");
        refuse(2, new String[] {"convert", path("m.safetensors"), path("a.onnx"), "--prediction", "x"}, "--prediction");
        refuse(1, new String[] {"convert", path("no.onnx"), path("a.npz")}, "no.onnx: no such file");
        refuse(1, new String[] {"convert", path("m.onnx"), path("a.npz"), "--output", "z"}, "\"z\"", "\"output\"");
        refuse(1, new String[] {"convert", path("m.onnx"), path("nowhere/a.npz")}, "no such directory");
        Files.write(folder.resolve("bad.onnx"), new byte[] {8, 8, 58, 127});
        refuse(1, new String[] {"convert", path("bad.onnx"), path("a.npz")}, "bad.onnx: ");
        Files.createDirectory(folder.resolve("d.onnx"));
        refuse(1, new String[] {"convert", path("d.onnx"), path("a.npz")}, "a directory");
    }

    private static final String ROWS = "0.5,-1,2\n1e-1,0,3\n";

    /** What the model answers to these rows. */
    private float[] expected() {
        float[] outputs = new float[4];
        model.predictor().predict(new float[] {0.5f, -1, 2, 0.1f, 0, 3}, 0, outputs, 0, 2);
        return outputs;
    }

    private void rawOutputs(String model, String data, String... options) throws IOException {
        String[] args = {"predict", "--model", path(model), "--data", path(data), "--raw", "--output", path("out.npy")};
        good(Stream.of(args, options).flatMap(Stream::of).toArray(String[]::new));
        Tensor outputs = Npy.read(folder.resolve("out.npy"));
        assertEquals(List.of(2, 2), outputs.shape());
        assertEquals(ElementType.F32, outputs.type());
        assertArrayEquals(expected(), outputs.floats());
    }

    @Test
    void rawOutputsAreThoseOfTheFile() throws IOException {
        Files.writeString(folder.resolve("bare.csv"), ROWS);
        Files.writeString(folder.resolve("header.csv"), "c,b,a\n" + ROWS);
        Files.writeString(folder.resolve("counted.csv"), "0;1;2\n" + ROWS.replace(',', ';'));
        Files.writeString(folder.resolve("more.csv"), "a,c,b,d\n2,0.5,-1,x\n3,0.1,0,y\n");
        float[] rows = {0.5f, -1, 2, 0.1f, 0, 3};
        Npy.write(folder.resolve("rows.npy"), Tensor.of(rows, 2, 3));
        Npy.write(folder.resolve("images.npy"), Tensor.of(rows, 2, 1, 3, 1));
        for (String file : List.of("m.onnx", "m.lanewise")) {
            for (String data : List.of("bare.csv", "header.csv", "counted.csv", "rows.npy", "images.npy"))
                rawOutputs(file, data);
            rawOutputs(file, "more.csv", "--columns", "c,b,a");
        }
        rawOutputs("m.onnx", "rows.npy", "--model-output", "output");
    }

    @Test
    void predictionsOfOtherModelsHaveTheirLabels() throws IOException {
        Files.writeString(folder.resolve("bare.csv"), ROWS);
        float[] p = expected();
        String csv = "prediction,probability of no,probability of yes\n";
        for (int r = 0; r < 2; r++)
            csv += (p[2 * r] >= p[2 * r + 1] ? "no," : "yes,") + p[2 * r] + "," + p[2 * r + 1] + "\n";
        for (String file : List.of("m.onnx", "m.lanewise"))
            assertEquals(
                    csv.strip(),
                    good("predict", "--model", path(file), "--data", path("bare.csv"))
                            .out()
                            .replace(System.lineSeparator(), "\n")
                            .strip());
        assertTrue(good("inspect", path("m.onnx")).out().contains("Fingerprint: " + model.fingerprint()));
    }

    @Test
    void aModelOfATablePredictsFromOnnxAsBefore() throws IOException {
        Path iris = folder.resolve("iris.csv");
        try (InputStream in = ConvertTest.class.getResourceAsStream("iris.csv")) {
            Files.copy(in, iris);
        }
        good("train", "--data", iris + "", "--target", "species", "--epochs", "2", "--save", path("i.lanewise"));
        good("convert", path("i.lanewise"), path("i.onnx"));
        for (String command : List.of("predict", "evaluate"))
            assertEquals(
                    good(command, "--model", path("i.lanewise"), "--data", iris + "")
                            .out(),
                    good(command, "--model", path("i.onnx"), "--data", iris + "")
                            .out());
    }

    @Test
    void dataThatDoNotFitAreRefused() throws IOException {
        Path data = folder.resolve("d.csv");
        String[] predict = {"predict", "--model", path("m.onnx"), "--data", data.toString()};
        Files.writeString(data, "1,2\n3,4\n");
        refuse(1, predict, data + ": has 2 columns, 3 expected");
        Files.writeString(data, "a,b,c,d\n1,2,3,4\n");
        refuse(1, predict, "has 4 columns, 3 expected", "--columns");
        Files.writeString(data, "a,b,c\n1,2,3\n1,,3\n");
        refuse(1, predict, "line 3, column b: has no value");
        Files.writeString(data, "1,2,3\n1,2,x\n");
        refuse(1, predict, "line 2, column 3: \"x\" is no number");
        Files.writeString(data, "1,2,3\n1,2,1e99\n");
        refuse(1, predict, "line 2, column 3: \"1e99\" is too large");
        Files.writeString(data, "1,2,3\n1,2\n");
        refuse(1, predict, "line 2: 2 values, 3 expected, as many as the first line has");
        predict[4] = path("d.npy");
        Npy.write(folder.resolve("d.npy"), Tensor.of(new float[8], 2, 4));
        refuse(1, predict, "d.npy: an array of shape [2, 4]; rows of 3 numbers expected");
        refuse(
                2,
                new String[] {"predict", "--model", path("m.onnx"), "--data", data + "", "--raw"},
                "--raw needs --output");
        refuse(
                2,
                new String[] {"predict", "--model", path("m.lanewise"), "--data", data + "", "--model-output", "output"
                },
                "--model-output is for an .onnx file only");
    }

    @Test
    void nothingOfTheFormatsIsLoadedWithoutNeed() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "lanewise.examples.Main",
                        "inspect",
                        path("m.lanewise"))
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), printed);
        assertTrue(printed.contains("lanewise.examples.Convert") && printed.contains("Fingerprint: "), printed);
        for (String foreign : List.of("com.google.protobuf", "ai.onnx", "com.fasterxml", "lanewise.formats"))
            assertFalse(printed.contains(" " + foreign), foreign);
    }
}
