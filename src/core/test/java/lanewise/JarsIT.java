package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is in the library's jars. */
class JarsIT {

    private static Path file(String kind) {
        return Path.of("src/core/target", "lanewise-" + Lanewise.version() + kind + ".jar");
    }

    private static JarFile jar(String kind) throws IOException {
        return new JarFile(file(kind).toFile());
    }

    private static byte[] content(JarFile jar, String entry) throws IOException {
        assertNotNull(jar.getEntry(entry), jar.getName() + " has no " + entry);
        return jar.getInputStream(jar.getEntry(entry)).readAllBytes();
    }

    @Test
    void licenceAndNoticeAreInEachJar() throws IOException {
        for (String kind : List.of("", "-sources", "-javadoc", "-tests"))
            try (JarFile jar = jar(kind)) {
                for (String file : List.of("LICENSE", "NOTICE"))
                    assertArrayEquals(Files.readAllBytes(Path.of(file)), content(jar, "META-INF/" + file), kind + file);
            }
    }

    @Test
    void sourcesAndDocumentationAreComplete() throws IOException {
        Path root = Path.of("src/core/main/java");
        try (JarFile sources = jar("-sources");
                JarFile documentation = jar("-javadoc");
                Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                String entry = root.relativize(file).toString().replace('\\', '/');
                assertArrayEquals(Files.readAllBytes(file), content(sources, entry), entry);
            }
            content(documentation, "index.html");
            for (String exported : exports())
                content(documentation, "lanewise/" + exported.replace('.', '/') + "/package-summary.html");
        }
        assertTrue(Files.exists(Path.of("src/core/target/reports/apidocs/index.html")));
    }

    private static Set<String> exports() {
        return ModuleFinder.of(file("")).find("lanewise").orElseThrow().descriptor().exports().stream()
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theOsgiBundleExportsWhatTheModuleDoes() throws IOException {
        try (JarFile jar = jar("")) {
            Attributes manifest = jar.getManifest().getMainAttributes();
            String version = Lanewise.version();
            assertEquals("2", manifest.getValue("Bundle-ManifestVersion"));
            assertEquals("dev.lanewise", manifest.getValue("Bundle-SymbolicName"));
            assertEquals(version, manifest.getValue("Bundle-Version"));
            assertEquals(
                    exports().stream()
                            .map(room -> room + ";version=\"" + version + '"')
                            .collect(Collectors.joining(",")),
                    manifest.getValue("Export-Package"),
                    "see src/core/pom.xml");
            assertNull(manifest.getValue("Automatic-Module-Name"));
        }
    }
}
