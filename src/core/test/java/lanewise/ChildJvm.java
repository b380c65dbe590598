package lanewise;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Starts another JVM of the same kind on the class path of the library and its tests. */
public final class ChildJvm {

    private static final String CLASS_PATH =
            "src/core/target/classes" + File.pathSeparator + "src/core/target/test-classes";

    private ChildJvm() {}

    /** Starts main of a class; what it prints, errors too, is to be read from the process. */
    public static Process start(List<String> options, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.add("-Dfile.encoding=UTF-8");
        command.addAll(options);
        command.add("-cp");
        command.add(CLASS_PATH);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** Runs main of a class to its end and returns what it printed, followed by its exit status. */
    public static String run(List<String> options, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        Process process = start(options, main, arguments);
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed + "exit " + process.waitFor();
    }
}
