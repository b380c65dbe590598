package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.examples.MnistTest.Run;
import lanewise.io.ModelFile;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands train, predict, evaluate and inspect, on the irises and on generated tables. */
class TrainTest {

    @TempDir
    private Path folder;

    private Path iris;
    private Path model;

    @BeforeEach
    void copyIrises() throws IOException {
        iris = folder.resolve("iris.csv");
        model = folder.resolve("m.lanewise");
        try (InputStream in = TrainTest.class.getResourceAsStream("iris.csv")) {
            Files.copy(in, iris);
        }
    }

    private static Run good(String... args) {
        Run run = Run.of(args);
        assertEquals(0, run.status(), run.err());
        return run;
    }

    private Run train(Path table, String target, String... options) {
        List<String> args = new ArrayList<>(List.of("train", "--data", table.toString(), "--target", target));
        args.addAll(List.of("--save", model.toString()));
        args.addAll(Arrays.asList(options));
        return good(args.toArray(String[]::new));
    }

    private static String lastLine(Run run) {
        List<String> lines = run.out().lines().toList();
        return lines.get(lines.size() - 1);
    }

    /** Trained on every other flower, tried on the others: 96 % are right by hand-made rules, too. */
    @Test
    @Tag("bits")
    void irisesAreLearnedWithDataAndTargetAlone() throws IOException {
        List<String> lines = Files.readAllLines(iris), training = new ArrayList<>(), test = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (i == 0 || i % 2 == 0) training.add(lines.get(i));
            if (i % 2 == 1 || i == 0) test.add(lines.get(i));
        }
        Path trained = Files.write(folder.resolve("training.csv"), training);
        Path tried = Files.write(folder.resolve("test.csv"), test);
        Run run = train(trained, "species");
        assertTrue(lastLine(run).matches("Fingerprint: [0-9a-f]{16}"), run.out());
        Run evaluation =
                good("evaluate", "--model", model.toString(), "--data", tried.toString(), "--target", "species");
        String first = evaluation.out().lines().findFirst().orElseThrow();
        assertTrue(first.matches("Accuracy: [0-9.]+% \\(\\d+ of 75\\)"), first);
        int correct = Integer.parseInt(first.replaceAll(".*\\((\\d+) of .*", "$1"));
        assertTrue(correct >= 70, first);
        assertEquals(lastLine(run), lastLine(train(trained, "species", "--threads", "3")), "any number of threads");
    }

    /** As docs/tables.md shows it. */
    @Test
    @Tag("bits")
    void theFingerprintIsThatOfTheDocument() {
        Run run = train(iris, "species");
        assertTrue(run.out().contains("\nAccuracy: 97.33% (146 of 150), on the training rows"), run.out());
        assertEquals("Fingerprint: dacd63c4de148c59", lastLine(run));
    }

    @Test
    void aServedModelTakesRawRows() throws IOException {
        train(iris, "species", "--epochs", "5");
        Path output = folder.resolve("out.csv");
        good("predict", "--model", model.toString(), "--data", iris.toString(), "--output", output.toString());
        List<String> rows = Files.readAllLines(iris), predictions = Files.readAllLines(output);
        assertEquals(
                "prediction,probability of setosa,probability of versicolor,probability of virginica",
                predictions.get(0));
        assertEquals(rows.size(), predictions.size());
        assertEquals(String.join("\n", predictions) + "\n", Files.readString(output));
        Model loaded = ModelFile.load(model);
        Predictor predictor = loaded.predictor();
        float[] input = new float[4], probabilities = new float[3];
        for (int i = 1; i < rows.size(); i++) {
            String[] values = rows.get(i).split(","),
                    predicted = predictions.get(i).split(",");
            for (int c = 0; c < 4; c++) input[c] = Float.parseFloat(values[c]);
            predictor.predict(input, 0, probabilities, 0);
            assertEquals(loaded.labels().get(predictor.classify(input, 0)), predicted[0]);
            for (int c = 0; c < 3; c++) assertEquals(probabilities[c], Float.parseFloat(predicted[c + 1]));
        }
        Run printed = good("predict", "--model", model.toString(), "--data", iris.toString());
        assertEquals(predictions, printed.out().lines().toList());
    }

    /** y = 1000 + 30 a − 20 if red + noise; a near 2000, some of them missing; a constant column, and one to ignore. */
    private Path numbers() throws IOException {
        RandomSource random = new RandomSource(7);
        List<String> lines = new ArrayList<>(List.of("id;a;colour;same;y"));
        for (int i = 0; i < 300; i++) {
            float a = random.normal();
            boolean red = random.nextInt(2) == 0;
            double y = 1000 + 30 * a - (red ? 20 : 0) + random.normal();
            String colour = red ? "red" : "\"blue; \"\"light\"\"\"";
            lines.add("row " + i + ";" + (i % 50 == 49 ? "NA" : 2000 + a) + ";" + colour + ";3.5;" + y);
        }
        return Files.write(folder.resolve("numbers.csv"), lines);
    }

    @Test
    void aRegressionAnswersInTheTargetsOwnUnit() throws IOException {
        Path table = numbers();
        Run run = train(table, "y", "--ignore", "id");
        assertTrue(run.out().contains("4 inputs from 3 columns; target y, a number"), run.out());
        Run evaluation = good("evaluate", "--model", model.toString(), "--data", table.toString());
        String first = evaluation.out().lines().findFirst().orElseThrow();
        assertTrue(first.matches("R2: 0\\.9[0-9]+, RMSE: [0-9.]+"), first);
        Run inspected = good("inspect", model.toString());
        assertTrue(inspected.out().contains("Input colour=blue; \"light\": "), inspected.out());
        assertTrue(inspected.out().contains("Input same: (x - 3.5) * 1.0"), inspected.out());
        assertTrue(inspected.out().contains("Output y: "), inspected.out());
        assertTrue(inspected.out().contains("Self-tests: passed"), inspected.out());
        assertEquals(lastLine(run), lastLine(inspected));
    }

    @Test
    void missingAndUnknownValuesAreEncodedAsDocumented() throws IOException {
        train(numbers(), "y", "--ignore", "id", "--epochs", "3");
        Path table = Files.writeString(
                folder.resolve("new.csv"), "same;colour;a\n3.5;green;\n;red;2001\n3.5;red;2001\n7;;2000\n");
        Run run = good("predict", "--model", model.toString(), "--data", table.toString());
        assertEquals(
                "Column colour: 2 values not seen in training, encoded as all zeros" + System.lineSeparator(),
                run.err());
        List<String> lines = run.out().lines().toList();
        assertEquals("prediction", lines.get(0));
        assertEquals(lines.get(2), lines.get(3), "a missing number is the mean");
        JsonObject encoding = JsonParser.parseString(
                        ModelFile.load(model).metadata().get("table"))
                .getAsJsonObject();
        float fill = encoding.getAsJsonArray("columns")
                .get(0)
                .getAsJsonObject()
                .get("fill")
                .getAsFloat();
        assertEquals(2000f, fill, 0.5f);
        float[] output = new float[1];
        ModelFile.load(model).predictor().predict(new float[] {fill, 0, 0, 3.5f}, 0, output, 0);
        assertEquals(Float.parseFloat(lines.get(1)), output[0]);
    }

    @Test
    void aCategoryThatIsMissingInTrainingIsOneOfItsOwn() throws IOException {
        Path table = Files.writeString(folder.resolve("t.csv"), "c,n,y\nu,1,p\n?,0,q\nu,1,p\n,0,q\nv,1,p\nNA,0,q\n");
        train(table, "y", "--epochs", "1", "--categorical", "n");
        JsonObject encoding = JsonParser.parseString(
                        ModelFile.load(model).metadata().get("table"))
                .getAsJsonObject();
        assertEquals(
                "[{\"name\":\"c\",\"categories\":[\"\",\"u\",\"v\"]},{\"name\":\"n\",\"categories\":[\"0\",\"1\"]}]",
                encoding.get("columns").toString());
    }

    @Test
    void delimitersMarksAndPackingMakeNoDifference() throws IOException {
        String fingerprint = lastLine(train(iris, "species", "--epochs", "3"));
        String text = Files.readString(iris);
        Path other = folder.resolve("iris");
        for (String delimiter : List.of(",", ";", "\t", "|", " ", "!")) {
            String changed = text.replace(' ', '_').replace(",", delimiter).replace("\n", "\r\n");
            Files.writeString(other, "\ufeff" + changed);
            String[] options = ",;\t|".contains(delimiter)
                    ? new String[] {"--epochs", "3"}
                    : new String[] {"--epochs", "3", "--delimiter", delimiter};
            assertEquals(fingerprint, lastLine(train(other, "species", options)), delimiter);
        }
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(other))) {
            out.write(text.getBytes());
        }
        assertEquals(fingerprint, lastLine(train(other, "species", "--epochs", "3")));
        Files.writeString(other, text.replaceAll("[^,\n]+", "\"$0\""));
        assertEquals(fingerprint, lastLine(train(other, "species", "--epochs", "3")));
    }

    @Test
    void everyOptimizerAndScheduleCanBeChosen() {
        for (String name : new TrainingOptions.Optimizers())
            train(iris, "species", "--epochs", "2", "--optimizer", name, "--weight-decay", "0.01");
        for (String name : new TrainingOptions.Schedules())
            train(iris, "species", "--epochs", "2", "--schedule", name, "--validation", "0.2");
        for (String name : List.of("standard", "min-max", "none"))
            train(iris, "petal width", "--epochs", "2", "--scaling", name, "--validation", "0.1");
    }

    @Test
    void aTrainingGoesOnFromItsCheckpoint() throws IOException {
        String[] options = {"--epochs", "6", "--schedule", "cosine", "--dropout", "0.1"};
        String fingerprint = lastLine(train(iris, "species", options));
        Path checkpoints = folder.resolve("checkpoints");
        String[] with = Arrays.copyOf(options, 10);
        with[6] = "--checkpoint";
        with[7] = checkpoints.toString();
        with[8] = "--checkpoint-every";
        with[9] = "4";
        assertEquals(fingerprint, lastLine(train(iris, "species", with)));
        // The newest two are lost: it goes on from the one before.
        try (var files = Files.list(checkpoints)) {
            List<Path> newest = files.filter(f -> f.getFileName().toString().startsWith("step"))
                    .sorted()
                    .toList();
            assertEquals(3, newest.size());
            for (Path file : newest.subList(1, 3)) Files.delete(file);
        }
        String[] resumed = Arrays.copyOf(with, 11);
        resumed[10] = "--resume";
        assertEquals(fingerprint, lastLine(train(iris, "species", resumed)));
    }

    @Test
    void jsonHoldsWhatIsPrinted() throws IOException {
        Path json = folder.resolve("result.json");
        Run run = train(iris, "species", "--epochs", "4", "--json", json.toString());
        JsonObject result = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertEquals("Fingerprint: " + result.get("fingerprint").getAsString(), lastLine(run));
        assertEquals(4, result.getAsJsonArray("epochs").size());
        assertEquals(150, result.get("trainingRows").getAsInt());
        Path evaluated = folder.resolve("evaluated.json");
        Run evaluation = good(
                "evaluate", "--model", model.toString(), "--data", iris.toString(), "--json", evaluated.toString());
        JsonObject score = JsonParser.parseString(Files.readString(evaluated))
                .getAsJsonObject()
                .getAsJsonObject("score");
        assertTrue(evaluation.out().contains("(" + score.get("correct").getAsInt() + " of 150)"), evaluation.out());
    }

    @Test
    void quietPrintsTwoLines() {
        Run run = train(iris, "species", "--epochs", "3", "--quiet");
        String[] lines = run.out().lines().toArray(String[]::new);
        assertEquals(2, lines.length, run.out());
        assertTrue(lines[0].startsWith("Accuracy: "), run.out());
        assertTrue(lines[1].startsWith("Fingerprint: "), run.out());
    }

    @Test
    void theReportShowsWhatFitsTheTask() throws IOException {
        Path page = folder.resolve("report.html");
        train(iris, "species", "--epochs", "20", "--validation", "0.2", "--report", page.toString());
        String html = Files.readString(page);
        for (String part : List.of("Confusion matrix", "Calibration", "validation", "virginica", "Fingerprint"))
            assertTrue(html.contains(part), part);
        train(iris, "petal width", "--epochs", "20", "--report", page.toString());
        assertTrue(Files.readString(page).contains("Predicted against true"));
    }

    @Test
    void evaluationPrintsTheFiguresOfTheTask() {
        train(iris, "species");
        List<String> lines = good("evaluate", "--model", model.toString(), "--data", iris.toString())
                .out()
                .lines()
                .toList();
        assertTrue(
                lines.get(1).matches("Macro F1: 0\\.9\\d+, log loss: .*, ROC AUC: 0\\.99\\d+, calibration error: .*"));
        assertEquals("setosa             50     1.0000     1.0000     1.0000", lines.get(3));
        train(iris, "petal width");
        lines = good("evaluate", "--model", model.toString(), "--data", iris.toString())
                .out()
                .lines()
                .toList();
        assertTrue(lines.get(0).startsWith("R2: 0.9"), lines.get(0));
        assertTrue(lines.get(1).matches("MAE: 0\\.\\d+, rows: 150"), lines.get(1));
    }

    @Test
    void aTrainingThatASignalHasEndedGoesOnToTheSameResult() throws Exception {
        Assumptions.assumeTrue(File.separatorChar == '/', "signals are sent on Unix only");
        Path checkpoints = folder.resolve("checkpoints");
        List<String> options = new ArrayList<>(List.of("train", "--data", iris.toString(), "--target", "species"));
        options.addAll(List.of("--epochs", "2000", "--dropout", "0.1"));
        String expected = lastLine(good(options.toArray(String[]::new)));
        options.addAll(List.of("--checkpoint", checkpoints.toString()));
        List<String> command = Run.java(List.of());
        command.addAll(options);
        Path err = folder.resolve("err");
        Process process =
                new ProcessBuilder(command).redirectError(err.toFile()).start();
        try (BufferedReader lines = process.inputReader()) {
            String line;
            while ((line = lines.readLine()) != null)
                if (line.startsWith("Epoch: 200,")) process.toHandle().destroy();
            assertEquals(143, process.waitFor(), Files.readString(err));
        } finally {
            process.destroyForcibly();
        }
        assertTrue(Files.readString(err).contains("To go on: the same command with --resume"), Files.readString(err));
        options.add("--resume");
        assertEquals(expected, lastLine(good(options.toArray(String[]::new))));
    }
}
