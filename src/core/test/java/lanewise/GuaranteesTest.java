package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Class comments number their guarantees and name the test of each: the tests exist. */
class GuaranteesTest {

    private static final Path MAIN = Path.of("src/core/main/java"), TESTS = Path.of("src/core/test/java");
    private static final Pattern
            LIST = Pattern.compile("(?s)Guarantees, each with its test in \\{@code (\\w+)}:(.*?)</ol>"),
            NAME = Pattern.compile("\\{@code (\\w+)}");

    @Test
    void everyNumberedGuaranteeNamesATestThatExists() throws IOException {
        List<String> missing = new ArrayList<>();
        int guarantees = 0;
        for (Path source : javaFiles(MAIN)) {
            // without the stars at the beginning of comments' lines, which may break a name's brackets in two
            String text = Files.readString(source).replaceAll("\\R\\s*\\*\\s*", " ");
            for (Matcher list = LIST.matcher(text); list.find(); ) {
                String tests = test(list.group(1));
                String[] items = list.group(2).split("<li>");
                for (int i = 1; i < items.length; i++, guarantees++)
                    if (NAME.matcher(items[i]).results().noneMatch(name -> tests.contains(" " + name.group(1) + "()")))
                        missing.add(source + ": guarantee " + i + " names no test of " + list.group(1));
            }
        }
        assertEquals(List.of(), missing);
        assertTrue(guarantees >= 15, guarantees + " guarantees");
    }

    private static String test(String name) throws IOException {
        for (Path file : javaFiles(TESTS)) if (file.endsWith(name + ".java")) return Files.readString(file);
        throw new AssertionError("there is no " + name + ".java");
    }

    private static List<Path> javaFiles(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
        }
    }
}
