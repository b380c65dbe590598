package lanewise.bench.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options for each vector width, and the C programs compiled where there is a compiler. */
class CCompilerTest {

    private static final Set<String> AVX2 = Set.of("__x86_64__", "__AVX2__", "__FMA__", "__BMI2__");
    private static final Set<String> AVX512 =
            Set.of("__AVX512F__", "__AVX512BW__", "__AVX512CD__", "__AVX512DQ__", "__AVX512VL__");

    private static Set<String> both(Set<String> a, Set<String> b) {
        Set<String> both = new HashSet<>(a);
        both.addAll(b);
        return both;
    }

    @Test
    void eachWidthHasItsInstructions() {
        Map<Integer, List<String>> narrow = CCompiler.flags(AVX2, "-march=native", 256);
        assertEquals(Set.of(128, 256), narrow.keySet());
        assertTrue(narrow.get(128).contains("-DWIDTH=128"));
        assertTrue(narrow.get(256).contains("-march=x86-64-v3"));
        Map<Integer, List<String>> wide = CCompiler.flags(both(AVX2, AVX512), "-march=native", 512);
        assertEquals(Set.of(128, 256, 512), wide.keySet());
        assertEquals(narrow.get(256), wide.get(256));
        assertEquals(List.of("-march=x86-64-v4", "-mtune=native"), wide.get(512));
    }

    @Test
    void compressingInstructionsAreUsedWhereTheCpuHasThem() {
        Set<String> macros = both(both(AVX2, AVX512), Set.of("__AVX512VBMI2__"));
        assertTrue(CCompiler.flags(macros, "-march=native", 512).get(512).contains("-mavx512vbmi2"));
    }

    @Test
    void halfOfAvx512IsNoWidth() {
        Set<String> macros = both(AVX2, Set.of("__AVX512F__", "__AVX512CD__"));
        assertEquals(
                Set.of(128, 256), CCompiler.flags(macros, "-march=native", 512).keySet());
        assertEquals(
                Set.of(),
                CCompiler.flags(Set.of("__x86_64__", "__SSE2__"), "-march=native", 128)
                        .keySet());
    }

    @Test
    void otherCpusHaveTheirOwnWidthAlone() {
        assertEquals(Map.of(128, List.of("-mcpu=native")), CCompiler.flags(Set.of("__aarch64__"), "-mcpu=native", 128));
    }

    @Test
    void aCompilerThatIsMissingIsOneLine() {
        IOException e = assertThrows(IOException.class, () -> CCompiler.find("no-such-compiler -x", 128));
        assertEquals("no-such-compiler cannot be started", e.getMessage());
    }

    private static CCompiler here() throws InterruptedException {
        try {
            return CCompiler.find("cc", 128);
        } catch (IOException e) {
            assumeTrue(false, "no cc: " + e.getMessage());
            return null;
        }
    }

    @Test
    void theYardstickCompilesAtEveryWidth(@TempDir Path folder) throws Exception {
        CCompiler compiler = here();
        for (int bits : compiler.widths()) {
            Path program =
                    compiler.compile(Path.of("bench/native/mnist.c"), bits, folder.resolve("mnist-" + bits), "-Werror");
            // Without arguments it says how it is used.
            IOException usage =
                    assertThrows(IOException.class, () -> Command.of(program).output());
            assertTrue(usage.getMessage().contains("status 2: mnist DIR train"), usage.getMessage());
        }
    }

    @Test
    void theProgramWithOpenBlasCompilesWhereThereIsOne(@TempDir Path folder) throws Exception {
        CCompiler compiler = here();
        assumeTrue(
                Files.exists(Path.of("/usr/include/x86_64-linux-gnu/cblas.h"))
                        && !compiler.widths().isEmpty(),
                "no cblas.h");
        int bits = compiler.widths().get(0);
        Path program = compiler.compile(
                Path.of("bench/native/blas.c"),
                bits,
                folder.resolve("blas"),
                "-fno-math-errno",
                "-fno-trapping-math",
                "-lopenblas",
                "-Werror");
        String printed = Command.of(program, "suite", "--tasks", "dense", "--by", "OpenBLAS", "--seconds", "0.01")
                .output();
        for (String part : List.of("forward", "input gradient", "weight gradient", "step"))
            assertTrue(Command.number(printed, "\"part\":\"" + part + "\".*?\"values\":\\[([0-9.]+)") > 0, printed);
        IOException usage =
                assertThrows(IOException.class, () -> Command.of(program).output());
        assertTrue(usage.getMessage().contains("status 2: blas suite"), usage.getMessage());
    }
}
