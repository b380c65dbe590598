package lanewise.bench.machine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The C compiler, and the vector widths of this CPU that it can compile for. */
public final class CCompiler {

    private static final List<String> COMMON = List.of("-std=gnu11", "-O3", "-ffp-contract=fast", "-Wall", "-Wextra");

    private final List<String> command;
    private final String version;
    private final SortedMap<Integer, List<String>> flags;

    private CCompiler(List<String> command, String version, SortedMap<Integer, List<String>> flags) {
        this.command = command;
        this.version = version;
        this.flags = flags;
    }

    /**
     * Finds out what a compiler can do.
     *
     * @param command its name, and options if it needs any, separated by spaces
     * @param jvmWidth bits of the JVM's widest vectors, the width of code that is compiled for a CPU other than x86
     * @return the compiler
     * @throws IOException if it does not run
     * @throws InterruptedException if the thread is interrupted
     */
    public static CCompiler find(String command, int jvmWidth) throws IOException, InterruptedException {
        List<String> words = Arrays.asList(command.strip().split("\\s+"));
        String version =
                Command.of(words, "--version").output().lines().findFirst().orElse("a compiler without a name");
        String nativeFlag = "-march=native", macros;
        try {
            macros = macros(words, nativeFlag);
        } catch (IOException e) {
            // Some compilers for ARM.
            nativeFlag = "-mcpu=native";
            macros = macros(words, nativeFlag);
        }
        return new CCompiler(words, version, flags(names(macros), nativeFlag, jvmWidth));
    }

    private static String macros(List<String> words, String flag) throws IOException, InterruptedException {
        return Command.of(words, flag, "-E", "-dM", "-x", "c", "/dev/null").output();
    }

    private static Set<String> names(String macros) {
        return macros.lines()
                .map(line -> line.split(" "))
                .filter(parts -> parts.length > 1)
                .map(parts -> parts[1])
                .collect(Collectors.toSet());
    }

    /**
     * The options for each vector width.
     *
     * @param macros names that the compiler defines for this CPU
     * @param nativeFlag the option for this CPU
     * @param jvmWidth bits of the JVM's widest vectors
     * @return by bits, narrow first
     */
    public static SortedMap<Integer, List<String>> flags(Set<String> macros, String nativeFlag, int jvmWidth) {
        SortedMap<Integer, List<String>> flags = new TreeMap<>();
        if (!macros.contains("__x86_64__")) {
            flags.put(jvmWidth, List.of(nativeFlag));
            return flags;
        }
        // The same instructions but for the width; -mtune changes no instruction set.
        if (macros.containsAll(Set.of("__AVX2__", "__FMA__", "__BMI2__"))) {
            flags.put(128, List.of("-march=x86-64-v3", "-mtune=native", "-DWIDTH=128"));
            flags.put(256, List.of("-march=x86-64-v3", "-mtune=native"));
        }
        if (macros.containsAll(Set.of("__AVX512F__", "__AVX512BW__", "__AVX512CD__", "__AVX512DQ__", "__AVX512VL__"))) {
            List<String> wide = new ArrayList<>(List.of("-march=x86-64-v4", "-mtune=native"));
            if (macros.contains("__AVX512VBMI2__")) wide.add("-mavx512vbmi2");
            flags.put(512, List.copyOf(wide));
        }
        return flags;
    }

    /** The first line that {@code --version} prints. */
    public String version() {
        return version;
    }

    /** The widths, narrow first. */
    public List<Integer> widths() {
        return List.copyOf(flags.keySet());
    }

    /**
     * Compiles and links one source file.
     *
     * @param source the file
     * @param width one of {@link #widths}
     * @param program file to write
     * @param more options, libraries among them
     * @return the program
     * @throws IOException if that fails
     * @throws InterruptedException if the thread is interrupted
     */
    public Path compile(Path source, int width, Path program, String... more) throws IOException, InterruptedException {
        Command.of(command, COMMON, flags.get(width), source, "-o", program, List.of(more), "-lm")
                .with(Map.of("LC_ALL", "C"))
                .output();
        return program;
    }
}
