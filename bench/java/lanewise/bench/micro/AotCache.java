package lanewise.bench.micro;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import lanewise.bench.machine.Command;

/**
 * An ahead-of-time cache of JDK 25 and later for {@link Cold}: classes that are loaded and linked already, and profiles of a
 * run in which the calls were made.
 */
public final class AotCache {

    /** The first JDK that writes a cache in one go. */
    private static final int FIRST = 25;

    private AotCache() {}

    /** Why this JDK cannot write a cache, in one sentence; empty if it can. */
    public static String objection() {
        int feature = Runtime.version().feature();
        return feature >= FIRST
                ? ""
                : "the cold rows with jvm=aot: JDK " + feature + " has no -XX:AOTCacheOutput, JDK " + FIRST
                        + " is the first that has";
    }

    /**
     * Writes a cache by one run of the program, and gives the program that uses it. The cache holds for a class path of jars
     * alone, so folders of classes are packed first.
     *
     * @param cold the program without a cache
     * @param folder for the jars and the cache; made if it is missing
     * @return the program with the setting {@code aot}
     * @throws IOException if the cache cannot be written; the message is one line
     * @throws InterruptedException if the thread is interrupted
     */
    public static Cold make(Cold cold, Path folder) throws IOException, InterruptedException {
        if (!objection().isEmpty()) throw new IOException(objection());
        String classpath = packed(cold.classpath(), folder);
        Path cache = folder.resolve("cold.aot").toAbsolutePath();
        Files.deleteIfExists(cache);
        List<String> options = new ArrayList<>(cold.options());
        options.add("-XX:AOTCacheOutput=" + cache);
        Command writes = new Cold("aot", options, classpath, cold.model()).command();
        writes.output();
        if (!Files.exists(cache))
            throw new IOException("the JVM wrote no " + cache.getFileName() + " for the cold rows");
        options = new ArrayList<>(cold.options());
        // A cache that does not fit is then an error, not a slow start.
        options.addAll(List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on"));
        return new Cold("aot", List.copyOf(options), classpath, cold.model());
    }

    /**
     * The class path with jars in place of folders of classes.
     *
     * @param folder for the jars; made if it is missing
     * @throws IOException if a jar cannot be written
     */
    public static String packed(String classpath, Path folder) throws IOException {
        Files.createDirectories(folder);
        List<String> entries = new ArrayList<>();
        for (String entry : classpath.split(File.pathSeparator)) {
            Path path = Path.of(entry).toAbsolutePath();
            if (!Files.isDirectory(path)) {
                entries.add(path.toString());
                continue;
            }
            Path jar = folder.resolve("classes-" + entries.size() + ".jar").toAbsolutePath();
            pack(path, jar);
            entries.add(jar.toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> files = Files.walk(classes)) {
            for (Path each : files.filter(Files::isRegularFile).sorted().toList()) {
                out.putNextEntry(
                        new JarEntry(classes.relativize(each).toString().replace(File.separatorChar, '/')));
                Files.copy(each, out);
                out.closeEntry();
            }
        }
    }
}
