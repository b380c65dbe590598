package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import lanewise.io.ModelFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeTest {

    @TempDir
    private Path folder;

    @Test
    void aSignalEndsTheServerInOrder() throws Exception {
        Assumptions.assumeTrue(File.separatorChar == '/', "destroy() sends a signal on Unix only");
        Path file = folder.resolve("model.lanewise");
        ModelFile.save(DigitServerTest.model(1), file);
        List<String> command = MnistTest.Run.java(List.of("-Dlanewise.warmUp=off"));
        command.addAll(List.of("serve", "--port", "0", "--model", file.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader printed =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = printed.readLine(), before = "";
            while (line != null && !line.startsWith("http://localhost:")) {
                before += line + "\n";
                line = printed.readLine();
            }
            assertNotNull(line, before);
            int port = Integer.parseInt(line.replaceFirst("http://localhost:(\\d+)/.*", "$1"));
            HttpURLConnection health =
                    (HttpURLConnection) new URL("http://localhost:" + port + "/health").openConnection();
            assertEquals(200, health.getResponseCode());
            process.toHandle().destroy(); // leaves the stream open
            assertNull(printed.readLine());
            assertEquals(143, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }
}
