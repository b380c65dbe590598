package lanewise.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import lanewise.Lanewise;
import org.junit.jupiter.api.Test;

/** What is in the jars for Spark. */
class JarsIT {

    private static Path file(String kind) {
        return Path.of("src/spark/target", "lanewise-spark-" + Lanewise.version() + kind + ".jar");
    }

    @Test
    void licenceAndNoticeAreInEachJar() throws Exception {
        for (String kind : List.of("", "-sources", "-javadoc"))
            try (JarFile jar = new JarFile(file(kind).toFile())) {
                for (String name : List.of("LICENSE", "NOTICE")) {
                    assertNotNull(jar.getEntry("META-INF/" + name), kind + name);
                    byte[] found =
                            jar.getInputStream(jar.getEntry("META-INF/" + name)).readAllBytes();
                    assertArrayEquals(Files.readAllBytes(Path.of(name)), found, kind + name);
                }
            }
    }

    @Test
    void theJarHasThisModulesPackagesAloneAndNothingOfSpark() throws Exception {
        try (JarFile jar = new JarFile(file("").toFile())) {
            List<String> others = jar.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> !name.endsWith("/") && !name.startsWith("META-INF/"))
                    .filter(name -> !name.matches("lanewise/spark/(training/)?[^/]+\\.class"))
                    .toList();
            assertEquals(List.of(), others);
            assertEquals("lanewise.spark", jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"));
        }
    }
}
