package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import lanewise.Lanewise;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar of the examples with everything in it, and the module of the examples. */
class ExamplesJarIT {

    private static final Path JAR = Path.of("src/examples/target/lanewise-examples.jar");

    @TempDir
    Path folder;

    private static byte[] content(JarFile jar, String entry) throws IOException {
        assertNotNull(jar.getEntry(entry), jar.getName() + " has no " + entry);
        return jar.getInputStream(jar.getEntry(entry)).readAllBytes();
    }

    @Test
    void itHasTheLicencesOfWhatItHolds() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile());
                Stream<Path> licences = Files.list(Path.of("src/examples/assembly/licences"))) {
            for (String file : List.of("LICENSE", "NOTICE"))
                assertArrayEquals(Files.readAllBytes(Path.of(file)), content(jar, "META-INF/" + file), file);
            for (Path licence : licences.toList())
                assertArrayEquals(
                        Files.readAllBytes(licence), content(jar, "META-INF/licences/" + licence.getFileName()));
            String digits = new String(content(jar, "mnist/README.txt"), StandardCharsets.UTF_8);
            assertTrue(digits.contains("Creative Commons Attribution-ShareAlike 3.0"), digits);
        }
    }

    /** Trains, saves and classifies: with all libraries, the kernels and the data. */
    private void runs(String... program) throws Exception {
        Path model = folder.resolve("model.lanewise"), results = folder.resolve("results.json");
        String trained =
                run(program, "mnist", "--epochs", "1", "--limit", "100", "--save", model + "", "--json", results + "");
        assertTrue(trained.contains("Fingerprint: ") && trained.endsWith("exit 0"), trained);
        assertTrue(Files.readString(results).contains("\"fingerprint\""), Files.readString(results));
        String classified = run(program, "classify", "--model", model + "");
        assertTrue(classified.contains("Accuracy") && classified.endsWith("exit 0"), classified);
        String iris = "src/examples/test/resources/lanewise/examples/iris.csv";
        trained = run(program, "train", "--data", iris, "--target", "species", "--epochs", "2", "--save", model + "");
        assertTrue(trained.contains("Fingerprint: ") && trained.endsWith("exit 0"), trained);
        String predicted = run(program, "predict", "--model", model + "", "--data", iris);
        assertTrue(predicted.startsWith("prediction,") && predicted.endsWith("exit 0"), predicted);
        Path onnx = folder.resolve("model.onnx"), converted = folder.resolve("converted.lanewise");
        String written = run(program, "convert", model + "", onnx + "");
        assertTrue(written.contains("largest difference 0.0") && written.endsWith("exit 0"), written);
        String read = run(program, "convert", onnx + "", converted + "");
        assertTrue(read.contains("Understood: ") && read.endsWith("exit 0"), read);
        assertArrayEquals(Files.readAllBytes(model), Files.readAllBytes(converted));
        assertEquals(
                "lanewise-examples: unknown command mnits; did you mean mnist? --help tells more"
                        + System.lineSeparator() + "exit 2",
                run(program, "mnits"));
    }

    private static String run(String[] program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of(program));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed.replaceAll("WARNING: .*\\R", "") + "exit " + process.waitFor();
    }

    @Test
    void itRunsByItself() throws Exception {
        runs("-jar", JAR.toString());
    }

    /** So its descriptor names all that is required, and opens what the libraries look into. */
    @Test
    void theModuleRuns() throws Exception {
        List<String> path = new ArrayList<>();
        path.add("src/examples/target/lanewise-examples-" + Lanewise.version() + ".jar");
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator))
            if (entry.endsWith(".jar") && !entry.matches(".*lanewise-examples-[^/\\\\]*")) path.add(entry);
        runs("-p", String.join(File.pathSeparator, path), "-m", "lanewise.examples/lanewise.examples.Main");
    }
}
