package lanewise;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The rules of docs/architecture.md that the compiler does not hold. That testkit, formats and examples use exported
 * packages only it does hold, since they are modules.
 */
class ArchitectureTest {

    private static final Path MAIN = Path.of("src/core/main/java");

    private static final JavaClasses LIBRARY = new ClassFileImporter().importPath(Path.of("src/core/target/classes"));

    /** What a room may use, besides itself and the JDK. */
    static final Map<String, List<String>> ARROWS = Map.ofEntries(
            Map.entry("lanewise.kernel", List.of()),
            Map.entry("lanewise.event", List.of()),
            Map.entry("lanewise.memory", List.of("lanewise.kernel")),
            Map.entry("lanewise.layer", List.of("lanewise.memory", "lanewise.kernel")),
            Map.entry("lanewise", List.of("lanewise.layer", "lanewise.memory", "lanewise.kernel", "lanewise.event")),
            Map.entry("lanewise.data", List.of("lanewise.layer", "lanewise.memory")),
            Map.entry("lanewise.file", List.of()),
            Map.entry("lanewise.train.schedule", List.of()),
            Map.entry("lanewise.train.optimizer", List.of("lanewise.memory", "lanewise.kernel")),
            Map.entry(
                    "lanewise.train",
                    List.of(
                            "lanewise",
                            "lanewise.layer",
                            "lanewise.memory",
                            "lanewise.data",
                            "lanewise.kernel",
                            "lanewise.event",
                            "lanewise.file",
                            "lanewise.train.optimizer",
                            "lanewise.train.schedule")),
            Map.entry("lanewise.check", List.of("lanewise", "lanewise.layer", "lanewise.memory")),
            Map.entry(
                    "lanewise.io",
                    List.of("lanewise", "lanewise.layer", "lanewise.memory", "lanewise.event", "lanewise.file")));

    /** Functions whose last bits the JDK leaves open, or computes by other means on other CPUs. */
    private static final Set<String> INEXACT = Set.of(
            "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "exp", "expm1", "log",
            "log10", "log1p", "pow", "cbrt", "hypot");

    private static ModuleDescriptor module() {
        return ModuleFinder.of(Path.of("src/core/target/classes"))
                .find("lanewise")
                .orElseThrow()
                .descriptor();
    }

    // Rooms

    @Test
    void arrowsGoOneWay() {
        ARROWS.forEach((room, others) -> {
            Stream<String> open = Stream.concat(others.stream(), Stream.of(room, "java.."));
            if (room.equals("lanewise.kernel")) open = Stream.concat(open, Stream.of("jdk.incubator.vector"));
            if (room.equals("lanewise.event")) open = Stream.concat(open, Stream.of("jdk.jfr"));
            classes()
                    .that()
                    .resideInAPackage(room)
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(open.toArray(String[]::new))
                    .allowEmptyShould(true)
                    .check(LIBRARY);
        });
    }

    @Test
    void everyRoomIsKnownHere() {
        Set<String> rooms = LIBRARY.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
        rooms.remove(""); // module-info
        rooms.removeAll(ARROWS.keySet());
        assertEquals(Set.of(), rooms, "add it to the arrows, here and in docs/architecture.md");
    }

    @Test
    void onlyVectorKernelsUseTheVectorApi() {
        noClasses()
                .that(are("not kernel/Vector...", c -> !c.getName().startsWith("lanewise.kernel.Vector")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator..")
                .check(LIBRARY);
    }

    @Test
    void theModuleExportsEveryRoomButTheKernelsAndTheEvents() {
        Set<String> rooms =
                LIBRARY.stream().map(JavaClass::getPackageName).collect(Collectors.toCollection(TreeSet::new));
        rooms.removeAll(Set.of("", "lanewise.kernel", "lanewise.event"));
        Set<String> exported = module().exports().stream()
                .peek(e -> assertFalse(e.isQualified(), e + " is exported to some modules only"))
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(rooms, exported);
    }

    @Test
    void nothingButTheDoorLoadsTheEvents() {
        noClasses()
                .that(are(
                        "not the door",
                        c -> !c.getName().startsWith("lanewise.event.Events")
                                && !c.getName().equals("lanewise.event.FlightRecorder")))
                .should()
                .dependOnClassesThat()
                .haveNameMatching("lanewise\\.event\\.Events.*|jdk\\.jfr\\..*")
                .check(LIBRARY);
    }

    // Nothing but the JDK, and little of that

    @Test
    void theLibraryNeedsTheJdkAlone() throws Exception {
        Set<String> required = module().requires().stream()
                .filter(r -> !r.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
                .map(ModuleDescriptor.Requires::name)
                .collect(Collectors.toSet());
        assertEquals(Set.of("java.base", "jdk.incubator.vector"), required);
        String pom = Files.readString(Path.of("src/core/pom.xml"));
        String dependencies = pom.substring(pom.indexOf("<dependencies>"), pom.indexOf("</dependencies>"));
        for (String dependency : dependencies.split("</dependency>"))
            assertTrue(
                    dependency.isBlank() || dependency.contains("<scope>test</scope>"),
                    dependency + "is not for tests alone");
    }

    @Test
    void theVersionIsTheProjects() throws Exception {
        Matcher version = Pattern.compile("<artifactId>lanewise-parent</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        assertTrue(version.find());
        assertEquals(version.group(1), Lanewise.version());
    }

    @Test
    void noFunctionWhoseBitsDifferBetweenMachinesIsCalled() {
        noClasses()
                .should()
                .accessTargetWhere(is(
                        "a function of Math or VectorOperators that is not exact",
                        a -> Set.of("java.lang.Math", "jdk.incubator.vector.VectorOperators")
                                        .contains(a.getTargetOwner().getName())
                                && INEXACT.contains(a.getName().toLowerCase(java.util.Locale.ROOT))))
                .orShould()
                .accessTargetWhere(is(
                        "a reduction of floating-point lanes",
                        a -> a.getTargetOwner().getName().matches(".*\\.(Float|Double)Vector")
                                && Set.of("reduceLanes", "pow").contains(a.getName())))
                .check(LIBRARY);
    }

    /** Where the CPU has no such instruction, {@code Math.fma} is a thousand times slower. */
    @Test
    void fusedMultiplyAddsGoThroughTheOneThatIsFastEverywhere() {
        Set<String> with = Set.of("Fma", "ScalarTiles");
        noClasses()
                .that(are(
                        "not those that run only with the instruction",
                        c -> !(c.getPackageName().equals("lanewise.kernel") && with.contains(c.getSimpleName()))))
                .should()
                .accessTargetWhere(is(
                        "Math.fma",
                        a -> Set.of("java.lang.Math", "java.lang.StrictMath")
                                        .contains(a.getTargetOwner().getName())
                                && a.getName().equals("fma")))
                .check(LIBRARY);
    }

    @Test
    void theLibraryIsStill() {
        noClasses()
                .that(are("not those that have threads", ArchitectureTest::hasNoThreads))
                .should()
                .dependOnClassesThat(are(
                        "threads, or what starts or hides them",
                        c -> c.isAssignableTo(Thread.class) && !c.isEquivalentTo(Thread.class)
                                || c.isAssignableTo(ThreadLocal.class)
                                || c.isAssignableTo(java.util.concurrent.Executor.class)
                                || c.isAssignableTo(java.util.concurrent.Future.class)
                                || c.getName().startsWith("java.util.Timer")))
                .orShould()
                .accessTargetWhere(is(
                        "a thread, but for the caller's own and its interrupt",
                        a -> a.getTargetOwner().isEquivalentTo(Thread.class)
                                && !Set.of("currentThread", "interrupted", "isInterrupted", "interrupt")
                                        .contains(a.getName())))
                .orShould()
                .accessTargetWhere(is(
                        "System's streams, properties or end",
                        a -> a.getTargetOwner().getName().equals("java.lang.System")
                                && Set.of("out", "err", "in", "setProperty", "exit", "load", "loadLibrary")
                                        .contains(a.getName())))
                .orShould()
                .accessTargetWhere(is("a parallel stream", a -> a.getName().startsWith("parallel")))
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.util.logging..", "java.net..", "sun..", "jdk.internal..", "java.lang.foreign..")
                .check(LIBRARY);
    }

    @Test
    void nothingStaticChanges() {
        fields().that().areStatic().should().beFinal().check(LIBRARY);
    }

    /** All but the library's threads, as the documents say: one by itself, others only where a caller asks for them. */
    private static boolean hasNoThreads(JavaClass c) {
        return !Set.of(
                        "lanewise.DaemonThread",
                        "lanewise.WarmUpThread",
                        "lanewise.Workers",
                        "lanewise.train.Supply",
                        "lanewise.check.ThreadRules")
                .contains(c.getName().replaceAll("\\$.*", ""));
    }

    @Test
    void namesSayWhatThingsAre() {
        noClasses()
                .should()
                .haveNameMatching(".*(Utils?|Helpers?|Managers?|Impl|Abstract\\w*|Base)$")
                .check(LIBRARY);
    }

    // Files

    @Test
    void everyPackageIsExplained() throws IOException {
        for (Path folder : folders(MAIN))
            assertTrue(Files.exists(folder.resolve("package-info.java")), folder + " has no package-info.java");
    }

    private static List<Path> folders(Path root) throws IOException {
        return sources(root).stream()
                .map(Path::getParent)
                .distinct()
                .filter(folder -> !folder.equals(root))
                .toList();
    }

    private static List<Path> sources(Path root) throws IOException {
        if (!Files.exists(root)) return List.of();
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
        }
    }

    /** The build runs what is called so, and nothing else. */
    @Test
    void namesTellTestsFromAllElse() throws IOException {
        Pattern test =
                Pattern.compile("(?m)^\\s*@(Test|ParameterizedTest|RepeatedTest|TestFactory|Property|Example)\\b");
        for (Path module : modules())
            for (Path file : sources(module.resolve("test/java"))) {
                boolean named = file.toString().matches(".*(Test|Properties|IT)\\.java");
                assertEquals(
                        test.matcher(Files.readString(file)).find(), named, file + ": only tests end so, and all do");
            }
    }

    private static List<Path> modules() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(""), 3)) {
            List<Path> poms = files.filter(f -> f.endsWith("pom.xml") && f.getNameCount() > 1)
                    .toList();
            assertTrue(poms.size() >= 4, poms + " are not all modules");
            return poms.stream().map(Path::getParent).toList();
        }
    }

    private static DescribedPredicate<JavaClass> are(String what, java.util.function.Predicate<JavaClass> test) {
        return describe(what, test);
    }

    private static DescribedPredicate<JavaAccess<?>> is(String what, java.util.function.Predicate<JavaAccess<?>> test) {
        return describe(what, test);
    }

    /** A file that is longer is several things; those that {@code TileGenerator} writes are read in its form. */
    @Test
    void filesAreShort() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path module : modules())
            for (String folder : List.of("main/java", "java"))
                for (Path file : sources(module.resolve(folder))) {
                    long lines = Files.readString(file).lines().count();
                    if (lines > 700 && !file.endsWith("VectorTiles.java")) found.add(file + ": " + lines + " lines");
                }
        assertEquals(List.of(), found);
    }

    /** Messages and names go to logs and terminals, where an arrow becomes a question mark in many a locale. */
    @Test
    void whatIsPrintedIsAscii() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path module : modules())
            for (String folder : List.of("main/java", "java"))
                for (Path file : sources(module.resolve(folder))) {
                    String code = Files.readString(file)
                            .replaceAll("(?s)/\\*.*?\\*/", "")
                            .replaceAll("(?m)//.*$", "");
                    Matcher literals =
                            Pattern.compile("\"(\\\\.|[^\"\\\\\n])*\"").matcher(code);
                    while (literals.find())
                        if (!literals.group().matches("\\p{ASCII}*")) found.add(file + ": " + literals.group());
                }
        assertEquals(List.of(), found);
    }
}
