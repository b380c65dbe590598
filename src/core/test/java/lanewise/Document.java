package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** A Markdown file of the project: its blocks of code, to be compiled and run as they stand there. */
public final class Document {

    private final String text;

    private Document(String text) {
        this.text = text;
    }

    /** A file, by its path from the project's root. */
    public static Document of(String path) throws IOException {
        return new Document(Files.readString(Path.of(path)));
    }

    /** All of it. */
    public String text() {
        return text;
    }

    /**
     * The rows of a table, cell by cell.
     *
     * @param columns the first cells of its head
     */
    public List<List<String>> table(String... columns) {
        String head = "| " + String.join(" | ", columns) + " |";
        List<List<String>> rows = new ArrayList<>();
        boolean inside = false;
        for (String line : text.split("\n")) {
            if (inside && !line.startsWith("|")) break;
            if (inside && !line.startsWith("|--"))
                rows.add(Stream.of(line.substring(1).split("\\|"))
                        .map(String::strip)
                        .toList());
            inside |= line.startsWith(head);
        }
        assertFalse(rows.isEmpty(), "there is no table " + head);
        return rows;
    }

    /** The blocks in this language, in order. */
    public List<String> blocks(String language) {
        Matcher matcher =
                Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(text);
        List<String> blocks = new ArrayList<>();
        while (matcher.find()) blocks.add(matcher.group(1));
        return blocks;
    }

    /**
     * A class whose main is these blocks of statements, one under the other, after all their imports.
     *
     * @param name of the class
     */
    public static String program(String name, List<String> blocks) {
        StringBuilder imports = new StringBuilder(), statements = new StringBuilder();
        for (String block : blocks)
            for (String line : block.split("\n"))
                (line.startsWith("import ") ? imports : statements).append(line).append('\n');
        return imports + "class " + name + " {\n    public static void main(String[] args) throws Exception {\n"
                + statements + "    }\n}\n";
    }

    /** Compiles classes, given by name and source, against the library and what is on the class path, such as the testkit. */
    public static void compile(Path target, Map<String, String> sources) throws IOException {
        Files.createDirectories(target);
        String path = library() + File.pathSeparator + System.getProperty("java.class.path");
        List<String> arguments =
                new ArrayList<>(List.of("-cp", path, "-d", target.toString(), "-proc:none", "-Xlint:none"));
        for (Map.Entry<String, String> source : sources.entrySet()) {
            Path file = target.resolve(source.getKey() + ".java");
            Files.writeString(file, source.getValue());
            arguments.add(file.toString());
        }
        StringWriter messages = new StringWriter();
        PrintWriter writer = new PrintWriter(messages);
        int status =
                ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, arguments.toArray(String[]::new));
        assertEquals(0, status, messages::toString);
    }

    /** The jar or the folder of the library's classes. */
    private static Path library() {
        try {
            return Path.of(Lanewise.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Loads what was compiled there. */
    public static ClassLoader load(Path target) throws IOException {
        return new URLClassLoader(new URL[] {target.toUri().toURL()}, Document.class.getClassLoader());
    }

    /**
     * Runs main of a class that was compiled there, in that directory, in a JVM of its own, on the class path with the
     * library alone and without options.
     *
     * @param environment variables to be set in addition
     * @return what it prints
     */
    public static String run(Path target, String main, Map<String, String> environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                        "-Dfile.encoding=UTF-8",
                        "-Dstdout.encoding=UTF-8",
                        "-cp",
                        library() + File.pathSeparator + target.toAbsolutePath(),
                        main)
                .directory(target.toFile())
                .redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }
}
