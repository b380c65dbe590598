package lanewise.bench.program;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * This library with one kernel made slower on purpose: its source with a delay at the beginning of the kernel, compiled into
 * a folder that goes before the library on the class path.
 */
final class SlowedKernel {

    /** From the root, in which tests run. */
    private static final Path SOURCES = Path.of("src/core/main/java");

    private SlowedKernel() {}

    /**
     * The running build with a slower forward of one row over the list of its non-zero inputs, which is the first layer of a
     * training step of one sample and of a prediction.
     *
     * @param rounds of the delay, each a multiplication and an addition
     * @param folder for the classes
     */
    static Build gemvListed(int rounds, Path folder) throws IOException {
        Path source = SOURCES.resolve("lanewise/kernel/VectorProducts.java");
        String text = Files.readString(source);
        int at = text.indexOf("int end = po + count;", text.indexOf("default void gemv(\n            float[] x,"));
        if (at < 0) throw new IOException(source + " has no kernel gemv over a list any more");
        Path sources = Files.createDirectories(folder.resolve("sources")),
                classes = Files.createDirectories(folder.resolve("classes"));
        Path slowed = sources.resolve("VectorProducts.java"), delay = sources.resolve("Delay.java");
        Files.writeString(slowed, text.substring(0, at) + "Delay.spin(); " + text.substring(at));
        Files.writeString(
                delay,
                "package lanewise.kernel; final class Delay { private static long x; static void spin() { long y = x;"
                        + " for (int i = 0; i < " + rounds
                        + "; i++) y = y * 6364136223846793005L + 1442695040888963407L; x = y; } }");
        compile(List.of(slowed, delay), classes);
        return Build.running().behind("slowed by " + rounds + " rounds", classes);
    }

    private static void compile(List<Path> sources, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        boolean compiled = compiler.getTask(
                        errors,
                        null,
                        null,
                        List.of(
                                "-d",
                                classes.toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                "--add-modules",
                                "jdk.incubator.vector",
                                "-proc:none",
                                "-nowarn"),
                        null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjectsFromPaths(sources))
                .call();
        if (!compiled) throw new IOException(errors.toString());
    }
}
