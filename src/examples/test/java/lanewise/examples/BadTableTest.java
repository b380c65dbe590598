package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lanewise.examples.MnistTest.Run;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad tables and options of train, predict and evaluate end with one clear line, and nothing is written. */
class BadTableTest {

    private static final String GOOD = "a,b,colour,y\n1,2,red,p\n2,1,blue,q\n3,4,red,p\n4,3,blue,q\n";

    @TempDir
    private Path folder;

    private Path table;
    private Path model;

    @BeforeEach
    void trainAModel() throws IOException {
        table = folder.resolve("table.csv");
        model = folder.resolve("m.lanewise");
        write(GOOD);
        Run run = Run.of(trainArgs("--save", model.toString()));
        assertEquals(0, run.status(), run.err());
    }

    private void write(String text) throws IOException {
        Files.writeString(table, text);
    }

    private String[] trainArgs(String... options) {
        List<String> args = new ArrayList<>(
                List.of("train", "--data", table.toString(), "--target", "y", "--epochs", "3", "--quiet"));
        args.addAll(Arrays.asList(options));
        return args.toArray(String[]::new);
    }

    /** Trains, and sees that it is refused and writes nothing. */
    private void refuseTraining(int status, String[] options, String... words) throws IOException {
        List<String> before = files();
        List<String> args = new ArrayList<>(Arrays.asList(options));
        args.addAll(List.of(
                "--save",
                folder.resolve("new.lanewise").toString(),
                "--json",
                folder.resolve("new.json").toString()));
        BadInputTest.assertRefused(status, Run.of(trainArgs(args.toArray(String[]::new))), words);
        assertEquals(before, files());
    }

    private void refuseTable(String text, String... words) throws IOException {
        write(text);
        refuseTraining(1, new String[0], words);
    }

    /** Predicts and evaluates, and sees that both are refused and write nothing. */
    private void refusePrediction(String text, String... words) throws IOException {
        write(text);
        List<String> before = files();
        String[] predict = {
            "predict",
            "--model",
            model.toString(),
            "--data",
            table.toString(),
            "--output",
            folder.resolve("new.csv").toString()
        };
        BadInputTest.assertRefused(1, Run.of(predict), words);
        assertEquals(before, files());
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    private String place(int line, String column) {
        return table + ": line " + line + ", column " + column + ": ";
    }

    @Test
    void filesThatAreNoTablesAreRefused() throws IOException {
        refuseTable("", "is empty");
        refuseTable("\n\n", "is empty");
        refuseTable("a,b,y\n", "has a header, but no rows");
        refuseTable("a,b,y", "has a header, but no rows");
        refuseTable("a,y\n1,p\n", "one row only");
        Files.delete(table);
        refuseTraining(1, new String[0], table + ": no such file");
        Files.createDirectory(table);
        refuseTraining(1, new String[0], table + ": a directory, a CSV file expected");
    }

    @Test
    void headersThatNameNoColumnsAreRefused() throws IOException {
        refuseTable("a,b,a,y\n1,2,3,p\n", "line 1, column 3: is named \"a\", as column 1 is");
        refuseTable("a,,y\n1,2,p\n", "line 1, column 2: has no name");
        refuseTable("y\np\nq\n", "no column is left");
    }

    @Test
    void rowsOfOtherLengthsAreNamedByTheirLine() throws IOException {
        refuseTable("a,b,y\n1,2,p\n3,4\n", "line 3: 2 values, 3 expected");
        refuseTable("a,b,y\n1,2,p\n\n3,4,q,5\n", "line 4: 4 values, 3 expected");
        refuseTable("a;b,y\n1;2,p\n1,5,p\n", "line 3: 3 values, 2 expected");
    }

    @Test
    void quotesThatAreNotClosedAreRefused() throws IOException {
        refuseTable("a,b,y\n1,\"2,p\n3,4,q\n", table + ": after line 1: a quote");
        refuseTable("\"a,b,y\n1,2,p\n", table + ": line 1: a quote");
        refuseTable("a,b,y\n1,\"2\"3,p\n3,4,q\n", table + ": after line 1: a quote");
    }

    @Test
    void otherEncodingsAreRefused() throws IOException {
        for (Charset charset : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            Files.write(table, GOOD.getBytes(charset));
            refuseTraining(1, new String[0], "UTF-16", "save it as UTF-8");
        }
        Files.write(table, "a,y\n1,p\n2,r\u00e9d\n".getBytes(StandardCharsets.ISO_8859_1));
        refuseTraining(1, new String[0], table + ": line 3 is not UTF-8");
        byte[] packed = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7};
        Files.write(table, packed);
        refuseTraining(1, new String[0], "gzip");
    }

    /** A line of 100 MB takes no more memory than is allowed for one. */
    @Test
    void aVeryLongLineIsRefused() throws IOException {
        try (var out = Files.newOutputStream(table)) {
            out.write("a,y\n1,p\n".getBytes(StandardCharsets.UTF_8));
            byte[] part = new byte[1 << 20];
            Arrays.fill(part, (byte) '7');
            for (int i = 0; i < 100; i++) out.write(part);
        }
        refuseTraining(1, new String[0], table + ": after line 2: a record is too long");
        write("a,y\n1,p\n" + ",".repeat(70_000) + "\n");
        refuseTraining(1, new String[0], table + ": after line 2: a record is too long");
    }

    @Test
    void valuesThatAreNoNumbersAreNamedByTheirPlace() throws IOException {
        refuseTable("a,y\n1,p\n2,q\nx,p\n3,q\n", place(4, "a") + "\"x\" is no number", "--categorical");
        refuseTable("a,y\n1,p\nInf,q\n3,p\n4,q\n", place(3, "a") + "\"Inf\" is infinite");
        refuseTable("a,y\n1,p\n-Infinity,q\n3,p\n4,q\n", place(3, "a"), "is infinite");
        refuseTable("a,y\n1,p\n1e39,q\n3,p\n4,q\n", place(3, "a") + "\"1e39\" is too large");
        refuseTable("a,y\n1,p\n-1e999,q\n3,p\n4,q\n", place(3, "a"), "is too large");
        refuseTable("a;y\n1,5;p\n1;q\n3;p\n4;q\n", place(2, "a") + "\"1,5\" is no number", "with a point");
        refuseTable("a,y\n0x10,p\n2,q\n3,p\n4,q\n", place(2, "a"), "is no number");
        refuseTable("a,y\n1f,p\n2,q\n3,p\n4,q\n", place(2, "a"), "is no number");
    }

    @Test
    void aColumnWithoutValuesOrOfNamesIsRefused() throws IOException {
        refuseTable("a,b,y\n1,,p\n2,NaN,q\n3,?,p\n", "column b: has no value", "--ignore");
        StringBuilder names = new StringBuilder("a,name,y\n");
        for (int i = 0; i < 40; i++) names.append(i + ",name" + i + "," + (i % 2) + "\n");
        refuseTable(names.toString(), "column name", "too many to learn from");
        refuseTable(names.toString().replaceAll(",name(\\d+),", ",\"$1,5\","), "column name", "with a point");
    }

    @Test
    void targetsThatCannotBeLearnedAreRefused() throws IOException {
        refuseTable("a,y\n1,p\n2,\n3,q\n", place(3, "y") + "the target has no value");
        refuseTable("a,y\n1,p\n2,p\n3,p\n", "column y: has one class only, \"p\"");
        StringBuilder many = new StringBuilder("a,y\n");
        for (int i = 0; i < 40; i++) many.append(i + ",name" + i + "\n");
        refuseTable(many.toString(), "column y: has 40 classes in 40 rows");
        write("a,y\n1,1.5\n2,x\n3,2.5\n");
        refuseTraining(1, new String[] {"--task", "regression"}, place(3, "y") + "\"x\" is no number");
        write("a,y\n1,1.5\n2,inf\n3,2.5\n");
        refuseTraining(1, new String[0], place(3, "y") + "\"inf\" is infinite");
    }

    @Test
    void columnsThatAreNotThereAreRefusedWithAGuess() throws IOException {
        String[] other = {"train", "--data", table.toString(), "--target", "color"};
        BadInputTest.assertRefused(2, Run.of(other), "--target color", "has no such column", "did you mean colour?");
        refuseTraining(2, new String[] {"--ignore", "z"}, "--ignore z", "has no such column, but a, b, colour, y");
        refuseTraining(2, new String[] {"--ignore", "a,,b"}, "--ignore");
        refuseTraining(2, new String[] {"--ignore", "y"}, "--ignore y", "other columns than the target");
        refuseTraining(2, new String[] {"--categorical", "A"}, "--categorical A", "did you mean a?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--task cluster",
                "--task Regression",
                "--scaling max",
                "--hidden 0",
                "--hidden 5,",
                "--hidden 2147483648",
                "--activation step",
                "--dropout 1",
                "--dropout -0.1",
                "--dropout NaN",
                "--optimizer adm",
                "--schedule cosin",
                "--learning-rate 0",
                "--learning-rate NaN",
                "--weight-decay -1",
                "--weight-decay Infinity",
                "--batch 0",
                "--epochs 0",
                "--patience -1",
                "--threads 1025",
                "--validation 1",
                "--validation -0.5",
                "--validation NaN",
                "--validation 0.01",
                "--report",
                "--schedule plateau",
                "--seed x",
                "--delimiter ab",
                "--delimiter \"",
                "--checkpoint-every 5",
                "--checkpoint-every 0",
                "--resume"
            })
    void badOptionsAreRefused(String options) throws IOException {
        refuseTraining(2, options.split(" "), options.split(" ")[0], "--help");
    }

    @Test
    void outputsThatCannotBeWrittenAreRefusedBeforeTheWork() {
        String missing = folder.resolve("none").resolve("x").toString();
        for (String option : List.of("--save", "--json", "--report"))
            BadInputTest.assertRefused(1, Run.of(trainArgs(option, missing)), missing, "no such directory");
        BadInputTest.assertRefused(
                1,
                Run.of("predict", "--model", model.toString(), "--data", table.toString(), "--output", missing),
                missing,
                "no such directory");
        String same = folder.resolve("same").toString();
        BadInputTest.assertRefused(2, Run.of(trainArgs("--save", same, "--json", same)), "another file");
        BadInputTest.assertRefused(2, Run.of(trainArgs("--save", same, "--report", same)), "another file");
        BadInputTest.assertRefused(1, Run.of(trainArgs("--checkpoint", table.toString())), table.toString());
    }

    @Test
    void aCheckpointOfAnotherTrainingIsRefused() throws IOException {
        String checkpoints = folder.resolve("checkpoints").toString();
        assertEquals(0, Run.of(trainArgs("--checkpoint", checkpoints)).status());
        BadInputTest.assertRefused(1, Run.of(trainArgs("--checkpoint", checkpoints)), "checkpoint");
        BadInputTest.assertRefused(
                1, Run.of(trainArgs("--checkpoint", checkpoints, "--resume", "--dropout", "0.7")), "0.7");
    }

    @Test
    void tablesToPredictAreRefused() throws IOException {
        refusePrediction("", "is empty");
        refusePrediction("a,b,colour\n", "no rows");
        refusePrediction("a,b,color\n1,2,red\n", "has no column colour, which the model needs", "did you mean color?");
        refusePrediction("a,b,colour\n1,x,red\n", place(2, "b") + "\"x\" is no number");
        refusePrediction("a,b,colour\n1,2,red\n1,inf,red\n", place(3, "b") + "\"inf\" is infinite");
        refusePrediction("a,b,colour\n1,1e39,red\n", place(2, "b") + "\"1e39\" is too large");
        refusePrediction("a,b,colour\n1,2\n", "line 2: 2 values, 3 expected");
        refusePrediction("a,b,colour\n1,\"2,red\n", "a quote");
        refusePrediction("a,b,b\n1,2,3\n", "line 1, column 3");
        refusePrediction("\ufeff\ufffe", "no rows");
    }

    @Test
    void aClassOrTargetThatTheModelDoesNotKnowIsRefused() throws IOException {
        write(GOOD + "5,5,red,r\n");
        String[] evaluate = {"evaluate", "--model", model.toString(), "--data", table.toString(), "--target", "y"};
        BadInputTest.assertRefused(1, Run.of(evaluate), place(6, "y") + "\"r\" is none of the model's classes: p, q");
        write(GOOD + "5,5,red,\n");
        BadInputTest.assertRefused(1, Run.of(evaluate), place(6, "y") + "the target has no value");
        evaluate[6] = "z";
        BadInputTest.assertRefused(2, Run.of(evaluate), "--target z", "has no such column");
    }

    @Test
    void filesThatAreNoModelsOfTablesAreRefused() throws IOException {
        String digits = folder.resolve("digits.lanewise").toString();
        Path data = Files.createDirectory(folder.resolve("digits"));
        MnistTest.smallDigits(data);
        Run run = Run.of(
                "mnist", "--data", data.toString(), "--hidden", "5", "--epochs", "1", "--quiet", "--save", digits);
        assertEquals(0, run.status(), run.err());
        for (String command : List.of("predict", "evaluate")) {
            String file = table.toString();
            BadInputTest.assertRefused(
                    1,
                    Run.of(command, "--model", digits, "--data", file),
                    command.equals("predict")
                            ? file + ": has 4 columns, 20 expected"
                            : digits + ": was not trained on a table");
            BadInputTest.assertRefused(1, Run.of(command, "--model", file, "--data", file), file, "no model file");
            BadInputTest.assertRefused(2, Run.of(command, "--data", file), "--model");
            BadInputTest.assertRefused(2, Run.of(command, "--model", digits), "--data");
        }
        BadInputTest.assertRefused(1, Run.of("inspect", table.toString()), "no model file");
        BadInputTest.assertRefused(2, Run.of("inspect"), "FILE");
        Run inspected = Run.of("inspect", digits);
        assertEquals(0, inspected.status(), inspected.err());
        assertTrue(inspected.out().contains("Self-tests: passed"), inspected.out());
    }

    @Test
    void everyCommandHasAHelpThatNamesItsOptions() {
        for (String command : List.of("train", "predict", "evaluate", "inspect", "convert")) {
            Run run = Run.of(command, "--help");
            assertEquals(0, run.status());
            assertTrue(run.out().startsWith("Usage: lanewise-examples " + command), run.out());
            assertFalse(run.out().contains("${"), run.out());
        }
    }
}
