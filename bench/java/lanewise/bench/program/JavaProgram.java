package lanewise.bench.program;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.bench.machine.Command;

/**
 * A class of ours with a main method that prints {@link Program.Output} as its last line.
 *
 * @param name what it measures
 * @param seconds that a run takes, by estimate
 * @param classpath that has the class
 * @param options of its JVM
 * @param main the class's name
 * @param arguments of the class
 */
public record JavaProgram(
        String name, double seconds, String classpath, List<String> options, String main, List<String> arguments)
        implements Program {

    /** Has every array begin on a cache line, as docs/embedding.md recommends; else a figure has levels by placement. */
    public static final String ALIGNED = "-XX:ObjectAlignmentInBytes=64";

    /** Options of a JVM that measures Lanewise: the Vector API, alignment, and the kernels if they are asked for. */
    public static List<String> options(String kernels, String... more) {
        List<String> options = new ArrayList<>(List.of("--add-modules", "jdk.incubator.vector", ALIGNED));
        if (kernels.equals("scalar")) options.add("-Dlanewise.kernels=scalar");
        else if (!kernels.isEmpty()) options.add("-Dlanewise.width=" + kernels);
        options.addAll(List.of(more));
        return List.copyOf(options);
    }

    /** The program that starts a JVM like this one. */
    public static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    @Override
    public Output run() throws IOException, InterruptedException {
        String printed =
                Command.of(java(), options, "-cp", classpath, main, arguments).output();
        return output(name, printed, options);
    }

    /**
     * The last line of a text, which is the output of a program.
     *
     * @param name of the program, for the complaint
     * @param options of its JVM, which take the place of the output's own; empty if the program tells them
     * @throws IOException if the line is none
     */
    public static Output output(String name, String text, List<String> options) throws IOException {
        String last = text.lines().reduce("", (line, next) -> next);
        try {
            Output output = new Gson().fromJson(last, Output.class);
            if (output != null && output.figures() != null)
                return new Output(output.subject(), options.isEmpty() ? output.arguments() : options, output.figures());
        } catch (JsonParseException e) {
            // Told below.
        }
        throw new IOException(name + " printed \"" + Command.complaint(last) + "\" last, JSON of its figures expected");
    }
}
