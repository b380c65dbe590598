package lanewise.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import lanewise.Document;
import lanewise.Lanewise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The project of docs/gradient-checking.md, built by Maven from the artifacts of this build, as a user would. The build
 * says by system properties which Maven, local repository and settings are its own.
 */
class TestkitProjectIT {

    @TempDir
    Path project;

    /** No {@code @TempDir}, which warns of each link that it deletes. */
    private Path repository;

    private String wrong;
    private String mended;

    @BeforeEach
    void writeTheProject() throws IOException {
        Document document = Document.of("docs/gradient-checking.md");
        List<String> java = document.blocks("java"), xml = document.blocks("xml");
        assertEquals(1, xml.size());
        wrong = java.get(0);
        mended = wrong.replace(java.get(1), java.get(2));
        write("pom.xml", xml.get(0));
        write("src/test/java/SwishTest.java", java.get(3));
    }

    private void write(String file, String content) throws IOException {
        Path path = project.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }

    /**
     * A view of Maven's local repository in which this build's artifacts lie as if they had been installed: links to what
     * is there, so that nothing is downloaded twice, and a folder of its own for them.
     */
    @BeforeEach
    void makeTheRepository() throws IOException {
        repository = Files.createTempDirectory("lanewise-repository");
        Path local = Path.of(System.getProperty("maven.local.repository"));
        link(local, repository, "dev");
        Path group = Files.createDirectory(repository.resolve("dev"));
        link(local.resolve("dev"), group, "lanewise");
        install(group, "lanewise-parent", Path.of(""), false);
        install(group, "lanewise", Path.of("src/core"), true);
        install(group, "lanewise-testkit", Path.of("src/testkit"), true);
    }

    private static void install(Path group, String artifact, Path module, boolean withJar) throws IOException {
        String version = Lanewise.version(), name = artifact + "-" + version;
        Path folder = Files.createDirectories(
                group.resolve("lanewise").resolve(artifact).resolve(version));
        Files.copy(module.resolve("pom.xml"), folder.resolve(name + ".pom"));
        if (withJar) Files.copy(module.resolve("target").resolve(name + ".jar"), folder.resolve(name + ".jar"));
    }

    private static void link(Path from, Path to, String allBut) throws IOException {
        if (!Files.isDirectory(from)) return;
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList())
                if (!entry.endsWith(allBut)) Files.createSymbolicLink(to.resolve(entry.getFileName()), entry);
        }
    }

    @AfterEach
    void deleteTheRepository() throws IOException {
        try (Stream<Path> all = Files.walk(repository)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    /** Runs Maven, and returns what it prints, followed by its exit status. */
    private String maven(String... arguments) throws IOException, InterruptedException {
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("maven.home"), "bin", windows ? "mvn.cmd" : "mvn")
                .toString());
        command.addAll(List.of("-B", "-ntp", "-Dstyle.color=never", "-Dmaven.repo.local=" + repository));
        String settings = System.getProperty("maven.user.settings", "");
        if (Files.exists(Path.of(settings))) command.addAll(List.of("-s", settings));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(project.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed + "exit " + process.waitFor();
    }

    @Test
    void theBuildFailsWithTheMistakeAndPassesWithoutIt() throws Exception {
        write("src/main/java/Swish.java", wrong);
        String failed = maven("test");
        assertTrue(failed.endsWith("exit 1"), failed);
        assertTrue(failed.contains("SwishTest"), failed);
        assertTrue(failed.contains("look at how backward computes dInput"), failed);

        assertNotEquals(wrong, mended);
        write("src/main/java/Swish.java", mended);
        String passed = maven("test", "-Dtries=20");
        assertTrue(passed.endsWith("exit 0"), passed);
        assertTrue(passed.contains("Tests run: 3, Failures: 0, Errors: 0, Skipped: 0"), passed);
        assertTrue(passed.contains("tries = 20 "), passed);
    }
}
