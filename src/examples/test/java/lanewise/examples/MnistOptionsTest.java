package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import lanewise.examples.MnistTest.Run;
import lanewise.train.optimizer.OptimizerKind;
import lanewise.train.schedule.ScheduleKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The options of mnist beyond plain gradient descent. */
class MnistOptionsTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void writeDigits() throws IOException {
        MnistTest.smallDigits(folder);
    }

    private Run train(String options) {
        List<String> args = new ArrayList<>(List.of("mnist", "--data", folder.toString(), "--hidden", "17,16"));
        if (!options.isEmpty()) args.addAll(List.of(options.split(" ")));
        return Run.of(args.toArray(String[]::new));
    }

    private JsonObject json(String options) throws IOException {
        Path file = folder.resolve("result.json");
        Run run = train((options + " --json " + file).strip());
        assertEquals(0, run.status(), run.err());
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    @Test
    void everyOptimizerTrainsAnotherNetwork() {
        Set<String> fingerprints = new HashSet<>();
        for (OptimizerKind option : OptimizerKind.values())
            assertTrue(
                    fingerprints.add(train("--epochs 2 --optimizer " + option).fingerprint()), option.toString());
        assertTrue(fingerprints.contains(train("--epochs 2").fingerprint()), "the default is plain gradient descent");
    }

    @Test
    void everyScheduleTrainsAnotherNetwork() {
        Set<String> fingerprints = new HashSet<>();
        for (ScheduleKind option : ScheduleKind.values()) {
            if (option == ScheduleKind.PLATEAU) continue;
            String fingerprint = train("--epochs 2 --schedule " + option).fingerprint();
            assertTrue(fingerprints.add(fingerprint), option.toString());
        }
        assertTrue(fingerprints.contains(train("--epochs 2").fingerprint()), "the default is linear");
        assertTrue(fingerprints.contains(train("--epochs 2 --constant-rate").fingerprint()));
        assertEquals(0, train("--epochs 2 --schedule plateau --validation 0.2").status());
    }

    @Test
    void theRateOfAnotherOptimizerIsItsUsualOne() {
        String usual = train("--optimizer adam --batch 4").fingerprint();
        assertEquals(
                usual, train("--optimizer adam --batch 4 --learning-rate 0.001").fingerprint());
    }

    @Test
    void eachMeansAgainstOverfittingIsAnotherTraining() {
        Set<String> fingerprints = new HashSet<>();
        for (String options : List.of("", "--dropout 0.2", "--weight-decay 0.1", "--average 0.9", "--validation 0.2"))
            assertTrue(fingerprints.add(train(options).fingerprint()), options);
        assertEquals(
                train("").fingerprint(),
                train("--dropout 0 --weight-decay 0 --average 0").fingerprint(),
                "zeros change nothing");
    }

    @Test
    void theBestParametersAreKeptAndPatienceEndsTheTraining() throws IOException {
        MnistTest.smallLetters(folder); // nothing to be learnt but by heart
        String options = "--classes 26 --first-label 1 --epochs 60 --validation 0.25 --patience 4 --optimizer adam"
                + " --learning-rate 0.01";
        JsonObject result = json(options);
        List<JsonElement> epochs = result.getAsJsonArray("epochs").asList();
        int best = result.get("bestEpoch").getAsInt();
        double smallest = Double.POSITIVE_INFINITY;
        int expected = 0;
        for (int i = 0; i < epochs.size(); i++) {
            double loss = epochs.get(i).getAsJsonObject().get("validationLoss").getAsDouble();
            if (loss >= smallest) continue;
            smallest = loss;
            expected = i + 1;
        }
        assertEquals(expected, best);
        assertTrue(epochs.size() < 60, "patience has ended it");
        assertEquals(best + 4, epochs.size());
        Run run = train(options + " --quiet");
        JsonObject kept = epochs.get(best - 1).getAsJsonObject();
        assertEquals(
                String.format(
                        Locale.ROOT,
                        "Best epoch: %d, Validation Loss: %.4f, Accuracy: %.2f%%",
                        best,
                        smallest,
                        100 * kept.get("accuracy").getAsDouble()),
                run.lines().get(0));
        assertEquals(2, run.lines().size(), run.out());
        assertEquals(result.get("fingerprint").getAsString(), run.fingerprint());
    }

    @Test
    void jsonNamesTheNewerOptionsThatAreGivenAndNoOthers() throws IOException {
        JsonObject plain = json("");
        for (String field : List.of("options", "bestEpoch")) assertNull(plain.get(field), field);
        JsonObject epoch = plain.getAsJsonArray("epochs").get(0).getAsJsonObject();
        assertEquals(Set.of("epoch", "seconds", "loss", "accuracy", "samplesPerSecond"), epoch.keySet());
        JsonObject options = json("--optimizer adamw --weight-decay 0.25").getAsJsonObject("options");
        assertEquals("{\"optimizer\":\"adamw\",\"weight-decay\":\"0.25\"}", options.toString());
    }

    @Test
    void aCheckpointOfOtherOptionsIsRefused() {
        String checkpoints = " --checkpoint " + folder.resolve("checkpoints");
        assertEquals(0, train("--optimizer adam" + checkpoints).status());
        Run run = train("--optimizer nadam --resume" + checkpoints);
        assertEquals(1, run.status());
        assertTrue(run.err().startsWith("mnist: --checkpoint: "), run.err());
        assertTrue(run.err().contains("optimizer") && run.err().contains("NAdam"), run.err());
        assertFalse(run.out().contains("Fingerprint"), run.out());
    }

    @Test
    void aFolderThatCannotBeMadeIsRefusedBeforeTheFirstStep() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Run run = train("--checkpoint " + file);
        assertEquals(1, run.status());
        assertTrue(run.err().matches("mnist: --checkpoint: .*file.*\\R"), run.err());
        assertFalse(run.out().contains("Epoch"), run.out());
    }

    @Test
    void theValidationIsChosenBySeed() {
        assertNotEquals(
                train("--validation 0.2").fingerprint(),
                train("--validation 0.2 --seed 2").fingerprint());
        assertEquals(
                train("--validation 0.2").fingerprint(),
                train("--validation 0.2").fingerprint());
    }

    @Test
    void theReportTellsWhatWasTrained() throws Exception {
        Path file = folder.resolve("report.html");
        Run run = train("--epochs 3 --validation 0.2 --optimizer adam --report " + file);
        assertEquals(0, run.status(), run.err());
        String html = Files.readString(file),
                text = ReportTest.parsed(html).getDocumentElement().getTextContent();
        for (String told : List.of(
                "20-17-16-10 sigmoid, softmax cross-entropy, 815 parameters; 48 training samples, 20 test samples",
                run.fingerprint(),
                "Confusion matrix20 test samples",
                "Calibration",
                "First layer's weights17 units",
                "optimizeradam",
                "validation0.2",
                "Lanewise ")) assertTrue(text.contains(told), told + " expected in: " + text);
        String best = run.lines().stream()
                .filter(line -> line.startsWith("Best epoch"))
                .findFirst()
                .orElseThrow();
        assertTrue(text.contains("Best epoch" + best.replaceAll("Best epoch: (\\d+),.*", "$1")), best);
        assertTrue(text.contains("Test accuracy" + best.replaceAll(".*Accuracy: ", "")), best);
        assertTrue(html.contains("width=\"4\" height=\"5\""), "pictures of the images' form");
        Run again = train("--epochs 3 --validation 0.2 --optimizer adam");
        assertEquals(again.fingerprint(), run.fingerprint(), "the report changes nothing");
        assertEquals(again.lines().size(), run.lines().size());
    }

    /** The options that the help names are those that the preset sets, and a given option stays. */
    @Test
    void aPresetIsOtherDefaults() {
        String shorter = "--epochs 2 --batch 16 --threads 1 ";
        List<String> all = new ArrayList<>(List.of("mnist", "--data", folder.toString(), "--hidden", "17,16"));
        List<String> named = new ArrayList<>(all), preset = new ArrayList<>(all);
        String options = Preset.RECORD_OPTIONS
                .replace("--hidden 1024,512 ", "")
                .replaceFirst("--batch \\d+ --epochs \\d+ ", "")
                .replaceFirst(" --threads \\d+", "");
        named.addAll(List.of((shorter + options).split(" ")));
        preset.addAll(List.of((shorter + "--preset record").split(" ")));
        Run expected = Run.of(named.toArray(String[]::new)), found = Run.of(preset.toArray(String[]::new));
        assertEquals(0, expected.status(), expected.err());
        assertEquals(expected.fingerprint(), found.fingerprint(), found.err());
        assertNotEquals(train(shorter.strip()).fingerprint(), found.fingerprint());
    }
}
