package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.examples.MnistTest.Run;
import lanewise.io.ModelFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From training to a file and from the file to the test digits. */
class ClassifyTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void writeDigits() throws IOException {
        MnistTest.smallDigits(folder);
        file = folder.resolve("digits.lwm");
    }

    private Run train(String... options) {
        return Run.of(with(List.of("mnist", "--data", folder.toString(), "--hidden", "17"), options));
    }

    private Run classify(String... options) {
        return Run.of(with(List.of("classify", "--data", folder.toString()), options));
    }

    private static String[] with(List<String> first, String... more) {
        return Stream.concat(first.stream(), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void theSavedModelIsTheTrainedOneAndHasItsAccuracy() throws IOException {
        Run trained = train("--epochs", "3", "--save", file.toString());
        assertEquals("Model: " + file, trained.lines().get(trained.lines().size() - 2));
        Model model = ModelFile.load(file);
        assertEquals(trained.fingerprint(), model.fingerprint());
        assertEquals("digits", model.name());
        assertEquals(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), model.labels());
        Map<String, String> metadata = model.metadata();
        assertEquals("3", metadata.get("epochs"));
        assertEquals("Lanewise " + Lanewise.version(), metadata.get("made by"));

        Path result = folder.resolve("result.json");
        Run classified = classify("--model", file.toString(), "--json", result.toString());
        assertEquals(0, classified.status(), classified.err());
        JsonObject json = JsonParser.parseString(Files.readString(result)).getAsJsonObject();
        String accuracy = trained.lines().get(4).replaceFirst(".*Accuracy: ", "");
        String line = "Accuracy: " + accuracy + " (" + json.get("correct").getAsInt() + " of 20)";
        assertEquals(line, classified.lines().get(2));
        assertEquals(json.get("accuracy").getAsDouble(), Double.parseDouble(metadata.get("accuracy")));
        assertTrue(
                classified
                        .lines()
                        .get(3)
                        .matches("Prediction from floats: [0-9]+ digits/s in batches, [0-9]+ digits/s one by one"),
                classified.out());
        assertTrue(classified.lines().get(4).startsWith("Prediction from bytes: "), classified.out());
        assertEquals(5, classified.lines().size());
        for (String rate : List.of("batchRate", "singleRate", "byteBatchRate", "byteSingleRate"))
            assertTrue(json.get(rate).getAsDouble() > 0, rate);
        assertEquals(1, json.get("threads").getAsInt());

        Run shared = classify("--model", file.toString(), "--json", result.toString(), "--threads", "2");
        assertEquals(line, shared.lines().get(2), shared.err());
        assertTrue(
                shared.lines()
                        .get(4)
                        .matches(
                                "Prediction from bytes: [0-9]+ digits/s in batches on 2 threads, [0-9]+ digits/s one by one"),
                shared.out());
        json = JsonParser.parseString(Files.readString(result)).getAsJsonObject();
        assertEquals(2, json.get("threads").getAsInt());
        for (String wrong : List.of("-1", "1025")) {
            Run refused = classify("--model", file.toString(), "--threads", wrong);
            assertEquals(2, refused.status());
            assertTrue(
                    refused.err().startsWith("classify: --threads " + wrong + ": 0 to 1024 expected"), refused.err());
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsKnownBeforeTraining() {
        for (String name : new String[] {"missing/model", ".", "x".repeat(300)}) {
            String path = folder.resolve(name).toString();
            BadInputTest.assertRefused(1, train("--quiet", "--save", path), "cannot write " + path);
        }
        String both = folder.resolve("both").toString();
        BadInputTest.assertRefused(2, train("--save", both, "--json", both), "--save", "--json");
        assertFalse(Files.exists(Path.of(both)));
    }

    @Test
    void aTrainingThatFailsLeavesAnOldModelAlone() throws IOException {
        Files.writeString(file, "old");
        BadInputTest.assertRefused(
                1, train("--quiet", "--learning-rate", "1e38", "--activation", "relu", "--save", file.toString()));
        assertEquals("old", Files.readString(file));
    }

    @Test
    void filesThatAreNoModelsAreRefusedInOneLine() throws IOException {
        BadInputTest.assertRefused(2, classify(), "--model");
        BadInputTest.assertRefused(1, classify("--model", file.toString()), file + ": no such file");
        BadInputTest.assertRefused(1, classify("--model", folder.toString()), folder.toString());
        Files.writeString(file, "something else altogether, of some length");
        BadInputTest.assertRefused(1, classify("--model", file.toString()), file.toString(), "no model file");
        assertEquals(0, train("--epochs", "1", "--save", file.toString()).status());
        byte[] whole = Files.readAllBytes(file);
        whole[whole.length / 2] ^= 1;
        Files.write(file, whole);
        BadInputTest.assertRefused(1, classify("--model", file.toString()), file.toString(), "damaged");
    }

    @Test
    void aModelOfOtherInputsIsRefused() {
        assertEquals(0, train("--epochs", "1", "--save", file.toString()).status());
        BadInputTest.assertRefused(
                1, Run.of("classify", "--model", file.toString()), "20 inputs", "784 pixels", "10 classes");
    }

    @Test
    void aModelOfLettersKnowsItsLabels() throws IOException {
        MnistTest.smallLetters(folder);
        Path result = folder.resolve("result.json");
        Run trained = train("--first-label", "1", "--classes", "26", "--epochs", "3", "--save", file.toString());
        assertEquals(0, trained.status(), trained.err());
        assertTrue(trained.lines().get(1).startsWith("20-17-26 "), trained.out());
        Model model = ModelFile.load(file);
        assertEquals(26, model.labels().size());
        assertEquals("1", model.labels().get(0));
        assertEquals("26", model.labels().get(25));

        String accuracy = trained.lines().get(4).replaceFirst(".*Accuracy: ", "");
        Run classified = classify("--model", file.toString(), "--json", result.toString());
        assertEquals(0, classified.status(), classified.err());
        assertTrue(classified.lines().get(2).startsWith("Accuracy: " + accuracy), classified.out());
        BadInputTest.assertRefused(
                1, classify("--model", file.toString(), "--first-label", "2"), " is 1,", "2 to 27", "--first-label");
        MnistTest.idx(folder.resolve("t10k-labels-idx1-ubyte"), new byte[20], 20);
        BadInputTest.assertRefused(1, classify("--model", file.toString()), " is 0,", "1 to 26", "--first-label");
    }

    @Test
    void imagesOfFloatsAreClassifiedAsTheyAre() throws IOException {
        assertEquals(0, train("--epochs", "60", "--save", file.toString()).status());
        String accuracy = classify("--model", file.toString()).lines().get(2);
        Path images = folder.resolve("t10k-images-idx3-ubyte");
        byte[] pixels = Files.readAllBytes(images);
        ByteBuffer floats = ByteBuffer.allocate(4 * (pixels.length - 16));
        for (int i = 16; i < pixels.length; i++) floats.putFloat((pixels[i] & 0xff) * (1f / 255f));
        MnistTest.idx(0x0d, images, floats.array(), 20, 5, 4);
        Path result = folder.resolve("result.json");
        Run classified = classify("--model", file.toString(), "--json", result.toString());
        assertEquals(0, classified.status(), classified.err());
        assertEquals(accuracy, classified.lines().get(2));
        assertEquals(4, classified.lines().size(), "nothing is said of bytes: " + classified.out());
        JsonObject json = JsonParser.parseString(Files.readString(result)).getAsJsonObject();
        assertTrue(json.has("batchRate") && !json.has("byteBatchRate"));
    }
}
