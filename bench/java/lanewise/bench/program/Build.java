package lanewise.bench.program;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lanewise.Lanewise;
import lanewise.bench.machine.Command;

/**
 * A build of this library and of its benchmarks.
 *
 * @param name for people: a commit, or what was changed
 * @param version of the library
 * @param classpath of its benchmarks
 */
public record Build(String name, String version, String classpath) {

    /** Where the sources' folders have their classes. */
    private static final Path BENCH = Path.of("bench/target/classes"), CORE = Path.of("src/core/target/classes");

    /** The running one. */
    public static Build running() {
        return new Build(commit(Path.of("")), Lanewise.version(), System.getProperty("java.class.path"));
    }

    /** The running one with other classes before its own. */
    public Build behind(String name, Path classes) {
        return new Build(name, version, classes.toAbsolutePath() + File.pathSeparator + classpath);
    }

    /**
     * The commit of a work tree, shortened, with {@code +} behind it if files differ from it; empty outside of one.
     *
     * @param folder in the work tree
     */
    public static String commit(Path folder) {
        try {
            String path = folder.toAbsolutePath().toString();
            String commit = Command.of("git", "-C", path, "rev-parse", "--short=12", "HEAD")
                    .output()
                    .strip();
            boolean same = Command.of("git", "-C", path, "status", "--porcelain", "--untracked-files=no")
                    .output()
                    .isBlank();
            return same ? commit : commit + "+";
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /**
     * Builds a revision in a work tree of its own, if that has not been done, beside which its classes stay. The
     * libraries around it are those of the running build.
     *
     * @param revision as git names it
     * @param folder for work trees
     * @return the build
     * @throws IOException if there is no such revision, or if it cannot be built
     * @throws InterruptedException if the thread is interrupted
     */
    public static Build of(String revision, Path folder) throws IOException, InterruptedException {
        String commit;
        try {
            commit = Command.of("git", "rev-parse", "--verify", "--quiet", "--short=12", revision + "^{commit}")
                    .output()
                    .strip();
        } catch (IOException e) {
            if (e.getCause() != null) throw e;
            throw new IOException("there is no revision " + revision + " in this repository", e);
        }
        Path tree = folder.resolve(commit);
        Path built = folder.resolve(commit + ".built");
        if (!Files.exists(built)) {
            // What an interrupted build has left, if anything, is begun anew.
            Command.of("git", "worktree", "prune").output();
            if (Files.exists(tree))
                Command.of("git", "worktree", "remove", "--force", tree).output();
            Command.of("git", "worktree", "add", "--detach", tree, commit).output();
            try {
                Command.of(
                                System.getProperty("os.name").startsWith("Windows") ? "mvn.cmd" : "mvn",
                                "-q",
                                "-B",
                                "-f",
                                tree.resolve("pom.xml"),
                                "-pl",
                                "src/core,bench",
                                "process-classes",
                                "-DskipTests")
                        .output();
            } catch (IOException e) {
                throw new IOException("revision " + revision + " cannot be built: " + e.getMessage(), e);
            }
            Files.createFile(built);
        }
        List<String> path = new ArrayList<>();
        path.add(profilers(folder).toAbsolutePath().toString());
        path.add(tree.resolve(BENCH).toAbsolutePath().toString());
        path.add(tree.resolve(CORE).toAbsolutePath().toString());
        path.addAll(libraries());
        return new Build(commit, "", String.join(File.pathSeparator, path));
    }

    /** A folder with this build's profilers alone, so that both builds are measured by the same ones. */
    private static Path profilers(Path folder) throws IOException {
        Path classes = folder.resolve("profilers");
        for (Class<?> profiler : List.of(
                KernelsProfiler.class,
                AllocationProfiler.class,
                AllocationProfiler.Seen.class,
                ClockProfiler.class,
                CalibrationLoop.class)) {
            String file = profiler.getName().replace('.', '/') + ".class";
            Path copy = classes.resolve(file);
            Files.createDirectories(copy.getParent());
            try (InputStream in = profiler.getClassLoader().getResourceAsStream(file)) {
                Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return classes;
    }

    /** The running class path without this library and its benchmarks. */
    private static List<String> libraries() {
        List<Path> own = List.of(origin(Lanewise.class), origin(Build.class));
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !own.contains(Path.of(entry).toAbsolutePath().normalize()))
                .collect(Collectors.toList());
    }

    /** The folder or the jar that a class was loaded from. */
    public static Path origin(Class<?> type) {
        URI place = URI.create(
                type.getProtectionDomain().getCodeSource().getLocation().toString());
        return Path.of(place).toAbsolutePath().normalize();
    }

    /**
     * The names of its JMH benchmarks: class and method, without packages.
     *
     * @throws IOException if they cannot be listed
     * @throws InterruptedException if the thread is interrupted
     */
    public Set<String> benchmarks() throws IOException, InterruptedException {
        String listed = Command.of(JavaProgram.java(), "-cp", classpath, "org.openjdk.jmh.Main", "-l")
                .output();
        Set<String> names = new TreeSet<>();
        for (String line : listed.lines().toList()) {
            String[] words = line.strip().split("\\.");
            if (words.length >= 2) names.add(words[words.length - 2] + "." + words[words.length - 1]);
        }
        return names;
    }
}
