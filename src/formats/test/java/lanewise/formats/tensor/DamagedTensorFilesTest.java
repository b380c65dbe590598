package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a file holds, it is read or refused with a reason, in a heap that holds little more than the file. */
class DamagedTensorFilesTest {

    @TempDir
    Path folder;

    @Test
    void randomMutationsAreRefusedOrReadAsSoundTensorsInASmallHeap() throws Exception {
        int mutations = Integer.getInteger("mutations", 2_000);
        String printed = run(TensorMutations.class, "" + mutations, "1", "" + folder, "" + SharedData.PYTORCH);
        System.out.println(printed);
        assertTrue(printed.startsWith(mutations + " mutations"), printed);
    }

    /** What main of a class prints in a JVM of its own. */
    private static String run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-Xmx32m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed.strip();
    }
}
