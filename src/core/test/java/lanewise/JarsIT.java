package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is in the jars that the build makes. */
class JarsIT {

    private static final String LIBRARY = "lanewise-" + Lanewise.version();

    private static JarFile jar(String name) throws IOException {
        return new JarFile(Path.of("target", name + ".jar").toFile());
    }

    private static byte[] content(JarFile jar, String entry) throws IOException {
        assertNotNull(jar.getEntry(entry), jar.getName() + " has no " + entry);
        return jar.getInputStream(jar.getEntry(entry)).readAllBytes();
    }

    @Test
    void licenceAndNoticeAreInEachJar() throws IOException {
        for (String name :
                List.of(LIBRARY, LIBRARY + "-testkit", LIBRARY + "-sources", LIBRARY + "-javadoc", "lanewise-examples"))
            try (JarFile jar = jar(name)) {
                for (String file : List.of("LICENSE", "NOTICE"))
                    assertArrayEquals(
                            Files.readAllBytes(Path.of(file)), content(jar, "META-INF/" + file), name + ", " + file);
            }
    }

    @Test
    void theExamplesJarHasTheLicencesOfWhatItHolds() throws IOException {
        try (JarFile jar = jar("lanewise-examples");
                Stream<Path> licences = Files.list(Path.of("src/examples/assembly/licences"))) {
            for (Path licence : licences.toList())
                assertArrayEquals(
                        Files.readAllBytes(licence), content(jar, "META-INF/licences/" + licence.getFileName()));
            String digits = new String(content(jar, "mnist/README.txt"), "UTF-8");
            assertTrue(digits.contains("Creative Commons Attribution-ShareAlike 3.0"), digits);
        }
    }

    @Test
    void sourcesAndDocumentationAreComplete() throws IOException {
        Path root = Path.of("src/core/main/java");
        try (JarFile sources = jar(LIBRARY + "-sources");
                JarFile documentation = jar(LIBRARY + "-javadoc");
                Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                String entry = root.relativize(file).toString().replace('\\', '/');
                assertArrayEquals(Files.readAllBytes(file), content(sources, entry), entry);
            }
            content(documentation, "index.html");
            for (String name : List.of("Model", "io/ModelFile", "train/Trainer", "check/GradientCheck"))
                content(documentation, "lanewise/lanewise/" + name + ".html");
        }
        assertTrue(Files.exists(Path.of("target/reports/apidocs/index.html")));
    }
}
