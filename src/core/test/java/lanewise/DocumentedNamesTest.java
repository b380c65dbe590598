package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The names of packages, classes and their members in docs/architecture.md exist, and its packages are those of the library. */
class DocumentedNamesTest {

    private static final String PAGE = "docs/architecture.md";

    /** From the compiled classes, not by reflection: the vector kernels need a module that may be absent. */
    private static final JavaClasses LIBRARY = new ClassFileImporter().importPath(Path.of("src/core/target/classes"));

    private static final Path BENCH = Path.of("bench/java");

    /** A package, a class, a member, or a class and a member, with or without arguments. */
    private static final Pattern NAME = Pattern.compile("([A-Za-z]\\w*(?:\\.[A-Za-z]\\w*)*)(?:\\(.*\\))?");

    /** Other names: programs, folders and files, profiles of Maven, modules, and parts of names of classes. */
    private static final Set<String> OTHERS = Set.of(
            "mnist",
            "latency",
            "serve",
            "convert",
            "bench",
            "pom.xml",
            "coverage",
            "lanewise.testkit",
            "lanewise.formats",
            "lanewise.formats.tensor",
            "lanewise.formats.onnx",
            "lanewise.examples",
            "lanewise.spark",
            "spark",
            "jdk.incubator.vector",
            "jdk.jfr",
            "Vector",
            "Scalar",
            "Naive",
            "Properties");

    @Test
    void everyNameExists() throws IOException {
        assertEquals(List.of(), unknown(Document.of(PAGE).text()));
    }

    @Test
    void manyNamesAreLookedAt() throws IOException {
        String text = Document.of(PAGE).text();
        assertTrue(names(text).size() > 150, names(text) + " are not all");
        assertTrue(names(text).containsAll(List.of("lanewise.memory", "Step", "Step.load", "Loss.valueAndGradient")));
    }

    @Test
    void aWrongNameIsFound() {
        assertEquals(
                List.of(
                        "Pending",
                        "Step.unload",
                        "Trainer.Builder.batch",
                        "lanewise.core",
                        "lanewise.train.Stepp",
                        "descendd"),
                unknown("`Step` lets `Pending` wait. `Step.load` and `Step.unload(data, 1)`, `Trainer.Builder.batch`;"
                        + " in `lanewise.core` no `lanewise.train.Stepp`; `Slice.at`\n`descendd`, `Trainer.Builder.batchSize(32)`"
                        + "\n```java\nNothing here();\n```\n"));
    }

    /** Names in spans of code, in order; code that is no name is left out. */
    private static List<String> names(String markdown) {
        List<String> names = new ArrayList<>();
        Matcher spans = Pattern.compile("`([^`\n]+)`").matcher(markdown.replaceAll("(?s)```.*?```", ""));
        while (spans.find()) {
            Matcher name = NAME.matcher(spans.group(1));
            if (name.matches()) names.add(name.group(1));
        }
        return names;
    }

    private static List<String> unknown(String markdown) {
        return names(markdown).stream()
                .filter(name -> !OTHERS.contains(name) && !exists(name) && !isBenchmark(name))
                .toList();
    }

    private static boolean exists(String name) {
        if (LIBRARY.stream()
                .anyMatch(c -> c.getPackageName().equals(name) || nameOf(c).equals(name))) return true;
        int dot = name.lastIndexOf('.');
        if (dot < 0)
            return LIBRARY.stream().anyMatch(c -> isCalled(c, name) || has(c, name)) || isTest(name) || isJdk(name);
        String type = name.substring(0, dot), member = name.substring(dot + 1);
        return LIBRARY.stream().anyMatch(c -> isCalled(c, name) || isCalled(c, type) && has(c, member)) || isJdk(type);
    }

    private static String nameOf(JavaClass c) {
        return c.getName().replace('$', '.');
    }

    /** Whether this is the class's name, with or without the outer class's, without the package's. */
    private static boolean isCalled(JavaClass c, String name) {
        String whole = nameOf(c).substring(c.getPackageName().length() + 1);
        return whole.equals(name) || c.getSimpleName().equals(name);
    }

    private static boolean has(JavaClass c, String member) {
        return c.getAllMethods().stream().anyMatch(m -> m.getName().equals(member))
                || c.getAllFields().stream().anyMatch(f -> f.getName().equals(member));
    }

    /** A class of a test, or of another module: a file. */
    private static boolean isTest(String name) {
        return isFile(Path.of("src"), name + ".java");
    }

    /** A class or a package of the benchmarks, which are no part of the library. */
    private static boolean isBenchmark(String name) {
        return isFile(BENCH, name + ".java") || Files.isDirectory(BENCH.resolve(name.replace('.', '/')));
    }

    private static boolean isFile(Path folder, String name) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.anyMatch(file -> file.endsWith(name));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isJdk(String name) {
        for (String room : List.of("java.lang.", "java.math.", "java.util."))
            try {
                Class.forName(room + name);
                return true;
            } catch (ClassNotFoundException | NoClassDefFoundError e) {
                // the next
            }
        return false;
    }

    // Packages

    @Test
    void theTableOfPackagesIsThatOfTheArrows() throws IOException {
        Map<String, Set<String>> documented = new TreeMap<>(), known = new TreeMap<>();
        for (List<String> row : Document.of(PAGE).table("package", "uses"))
            documented.put(names(row.get(0)).get(0), Set.copyOf(names(row.get(1))));
        ArchitectureTest.ARROWS.forEach((room, others) -> known.put(room, Set.copyOf(others)));
        assertEquals(known, documented);
    }

    @Test
    void everyPackageIsInThePicture() throws IOException {
        Matcher texts = Pattern.compile("class=\"name\"[^>]*>([^<]+)<")
                .matcher(Files.readString(Path.of("docs/architecture.svg")));
        List<String> drawn = new ArrayList<>();
        while (texts.find()) drawn.add(texts.group(1));
        Set<String> packages = ArchitectureTest.ARROWS.keySet().stream()
                .map(name -> name.replaceFirst("^lanewise\\.", ""))
                .collect(Collectors.toSet());
        Library.requireAll(packages, drawn, "in docs/architecture.svg: draw it");
    }
}
