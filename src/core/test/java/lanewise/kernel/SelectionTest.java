package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which kernels a JVM gets, told by JVMs of their own: the choice is made once in each. */
class SelectionTest {

    private static final String WITH_MODULE = "--add-modules=jdk.incubator.vector";
    private static final String MISSING = "start java with --add-modules jdk.incubator.vector";

    /** Says which kernels run; asks twice, because a choice that failed must not turn into another error. */
    static final class Child {
        public static void main(String[] args) {
            // The JVM overwrites the property itself at its start.
            String version = System.getProperty("test.java.vm.version");
            if (version != null) System.setProperty("java.vm.version", version);
            System.out.println("forced: " + Selection.forced());
            for (int i = 0; i < 2; i++)
                try {
                    System.out.println("kernels: " + Lanewise.kernels());
                } catch (IllegalStateException e) {
                    System.out.println("refused: " + e.getMessage());
                }
            System.out.println("reason: " + Lanewise.kernelsReason());
        }
    }

    /** Goes through all that training and predicting load. */
    static final class Training {
        public static void main(String[] args) {
            Network network = Network.builder(2)
                    .dense(3, Activation.GELU_TANH)
                    .dense(2, Activation.IDENTITY)
                    .build(1);
            Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .epochs(2)
                    .build()
                    .train(Dataset.ofFloats(2, new float[] {0, 1, 1, 0}, 1, new float[] {0, 1}));
            System.out.println("class " + network.predictor().classify(new float[] {1, 0}, 0));
        }
    }

    private static String java(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static String onClassPath(Class<?> main, String... options) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(List.of(
                "-cp",
                "src/core/target/classes" + File.pathSeparator + "src/core/target/test-classes",
                main.getName()));
        return java(all.toArray(String[]::new));
    }

    private static String onClassPath(String... options) throws IOException, InterruptedException {
        return onClassPath(Child.class, options);
    }

    private static String onModulePath(String... options) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(List.of(
                "-p",
                "src/core/target/classes",
                "--patch-module",
                "lanewise=src/core/target/test-classes",
                "-m",
                "lanewise/" + Child.class.getName()));
        return java(all.toArray(String[]::new));
    }

    private static void assertScalar(String output, String reason) {
        assertTrue(output.contains("kernels: scalar kernels\n"), output);
        assertFalse(output.contains("refused"), output);
        assertTrue(output.contains("reason: ") && output.contains(reason), output);
    }

    private static void assertVector(String output, String width) {
        assertTrue(
                Pattern.compile("kernels: vector kernels " + width + " bit\n")
                        .matcher(output)
                        .find(),
                output);
        assertFalse(output.contains("refused"), output);
    }

    private static void assertRefused(String output, String... parts) {
        assertFalse(output.contains("kernels: "), output);
        String line = output.lines()
                .filter(l -> l.startsWith("refused: "))
                .findFirst()
                .orElse("");
        assertEquals(2, output.lines().filter(line::equals).count(), output);
        for (String part : parts) assertTrue(line.contains(part), output);
        assertTrue(output.contains("reason: " + line.substring("refused: ".length())), output);
    }

    private static void assumeVectors() {
        assumeTrue(
                jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 128,
                "this CPU has no vectors of 128 bit");
    }

    @Test
    void onTheClassPathWithoutTheModuleScalarKernelsRunAndSayHowToGetFasterOnes() throws Exception {
        assertScalar(onClassPath(), MISSING);
    }

    @Test
    void onTheClassPathWithTheModuleVectorKernelsRun() throws Exception {
        assumeVectors();
        assertVector(onClassPath(WITH_MODULE), "\\d+");
    }

    @Test
    void onTheModulePathVectorKernelsRunByThemselves() throws Exception {
        assumeVectors();
        assertVector(onModulePath(), "\\d+");
    }

    @Test
    void scalarKernelsCanBeForced() throws Exception {
        assertScalar(onModulePath("-Dlanewise.kernels=scalar"), "asked for by -Dlanewise.kernels=scalar");
        assertScalar(onClassPath("-Dlanewise.kernels=scalar"), "asked for by -Dlanewise.kernels=scalar");
    }

    @Test
    void vectorKernelsThatCannotBeHadAreRefused() throws Exception {
        assertRefused(onClassPath("-Dlanewise.kernels=vector"), "by property", MISSING);
        assertRefused(onClassPath("-Dlanewise.width=128"), "by property", MISSING);
        assertRefused(onModulePath("-Dlanewise.kernels=vector", "-Xint"), "by property", "-Xint");
    }

    @Test
    void theWidthCanBeForced() throws Exception {
        assumeVectors();
        assertVector(onModulePath("-Dlanewise.width=128"), "128");
        assertVector(onModulePath("-Dlanewise.width=128", "-Dlanewise.kernels=vector"), "128");
    }

    @Test
    void aWidthBeyondTheCpusIsRefusedUnlessItIsMeant() throws Exception {
        String arch = System.getProperty("os.arch");
        assumeTrue(arch.equals("amd64") || arch.equals("x86_64"), "the option that narrows vectors is x86's");
        assumeVectors();
        String output = onModulePath("-XX:UseAVX=2", "-Dlanewise.width=512");
        assertRefused(output, "-Dlanewise.width=512", "512!");
        Matcher widest = Pattern.compile("widest is (128|256) bit").matcher(output);
        assertTrue(widest.find(), output);
        assertVector(onModulePath("-XX:UseAVX=2", "-Dlanewise.width=512!"), "512");
        assertVector(onModulePath("-XX:UseAVX=2"), widest.group(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lanewise.kernels=fast", "lanewise.width=64", "lanewise.width=x"})
    void nonsenseIsRefused(String property) throws Exception {
        assertRefused(onModulePath("-D" + property), "-D" + property, "expected");
    }

    /** Set but empty is not set: nothing is forced, and nothing refused. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "lanewise.kernels=",
                "lanewise.width=",
                "lanewise.kernels= ",
                "lanewise.kernels",
                "lanewise.width"
            })
    void anEmptyPropertyForcesNothing(String property) throws Exception {
        String output = onModulePath("-D" + property);
        assertTrue(output.contains("forced: false"), output);
        assertFalse(output.contains("refused"), output);
        assertTrue(output.contains("jdk.incubator.vector is there") || output.contains("kernels: scalar"), output);
    }

    @Test
    void propertiesMayHaveSpacesAroundThemAndUpperCase() throws Exception {
        assertScalar(onModulePath("-Dlanewise.kernels= SCALAR "), "asked for by -Dlanewise.kernels=scalar");
        assumeVectors();
        assertVector(onModulePath("-Dlanewise.width= 128", "-Dlanewise.kernels=Vector"), "128");
    }

    @Test
    void withAnotherCompilerThanHotSpotsOwnScalarKernelsRunUnlessVectorsAreAskedFor() throws Exception {
        assumeVectors();
        String graal = "-Dtest.java.vm.version=25+37-jvmci-b01";
        assertScalar(onModulePath(graal), "JVMCI");
        assertVector(onModulePath(graal, "-Dlanewise.kernels=vector"), "\\d+");
    }

    @Test
    void withoutACompilerForVectorsScalarKernelsRun() throws Exception {
        assertScalar(onModulePath("-Xint"), "-Xint");
        assertScalar(onModulePath("-XX:TieredStopAtLevel=1"), "TieredStopAtLevel");
        assertScalar(onModulePath("-XX:CompilationMode=quick-only"), "C1 alone");
    }

    @Test
    void neitherTheScalarPathNorAShortTrainingLoadsVectors() throws Exception {
        String[][] cases = {
            {"-Xlog:class+load"},
            {"-Xlog:class+load", WITH_MODULE, "-Dlanewise.kernels=scalar"},
            {"-Xlog:class+load", WITH_MODULE},
        };
        for (String[] options : cases) {
            String output = onClassPath(Training.class, options);
            assertTrue(output.contains("lanewise.kernel.ScalarKernels "), output);
            assertTrue(output.contains("class 1"), output);
            for (String line : output.split("\n"))
                assertFalse(
                        line.contains("] jdk.incubator.vector.FloatVector")
                                || line.contains("] lanewise.kernel.Vector") && !line.contains("VectorWidth"),
                        line);
        }
    }
}
