package lanewise.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.File;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import lanewise.Lanewise;
import org.junit.jupiter.api.Test;

/** What is in the formats' jars. */
class JarsIT {

    private static Path file(String kind) {
        return Path.of("src/formats/target", "lanewise-formats-" + Lanewise.version() + kind + ".jar");
    }

    private static byte[] content(JarFile jar, String entry) throws IOException {
        assertNotNull(jar.getEntry(entry), jar.getName() + " has no " + entry);
        return jar.getInputStream(jar.getEntry(entry)).readAllBytes();
    }

    @Test
    void licenceAndNoticeAreInEachJar() throws IOException {
        for (String kind : List.of("", "-sources", "-javadoc"))
            try (JarFile jar = new JarFile(file(kind).toFile())) {
                for (String file : List.of("LICENSE", "NOTICE"))
                    assertArrayEquals(Files.readAllBytes(Path.of(file)), content(jar, "META-INF/" + file), kind + file);
            }
    }

    @Test
    void theJarIsTheFormatsAlone() throws IOException {
        Path root = Path.of("src/formats/main/java");
        try (JarFile jar = new JarFile(file("").toFile());
                Stream<Path> sources = Files.walk(root)) {
            List<String> expected = sources.filter(f -> f.toString().endsWith(".java"))
                    .map(f -> root.relativize(f).toString().replace('\\', '/').replace(".java", ".class"))
                    .sorted()
                    .toList();
            List<String> found = jar.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.matches("[^$]*\\.class"))
                    .sorted()
                    .toList();
            assertEquals(expected, found);
        }
    }

    /** With what it depends on, as a program on the module path has it. */
    @Test
    void theModuleHasAllThatItRequires() {
        List<Path> path = new ArrayList<>(List.of(file("")));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator))
            if (entry.matches(".*(lanewise-[0-9.]+|jackson-core-.*|protobuf-java-.*|tribuo-util-onnx-.*)\\.jar"))
                path.add(Path.of(entry));
        Configuration resolved = ModuleLayer.boot()
                .configuration()
                .resolve(
                        ModuleFinder.of(path.toArray(Path[]::new)),
                        ModuleFinder.ofSystem(),
                        Set.of("lanewise.formats"));
        assertNotNull(resolved.findModule("lanewise").orElse(null));
        for (String other : List.of("com.fasterxml.jackson.core", "com.google.protobuf", "org.tribuo.util.onnx"))
            assertNotNull(resolved.findModule(other).orElse(null), other);
    }
}
