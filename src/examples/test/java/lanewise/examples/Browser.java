package lanewise.examples;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/** A headless Chromium with one page, spoken to by the Chrome DevTools Protocol. For one thread. */
final class Browser implements AutoCloseable {

    private static final String LISTENING = "DevTools listening on ";

    private final Path profile;
    private final Process process;
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<JsonObject>> awaited = new ConcurrentHashMap<>();

    /** Events since the last page was opened, as JSON. */
    final List<JsonObject> events = new CopyOnWriteArrayList<>();

    private int messages;

    /** The program, null if it is not installed. */
    static Path program() {
        return Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    /** Starts it. */
    Browser() throws Exception {
        profile = Files.createTempDirectory("browser");
        process = new ProcessBuilder(
                        program().toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--disable-dev-shm-usage",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        String address = null;
        BufferedReader lines = process.errorReader();
        for (String line = lines.readLine(); line != null && address == null; line = lines.readLine())
            if (line.startsWith(LISTENING)) address = line.substring(LISTENING.length());
        if (address == null) throw new IOException("the browser has ended: status " + process.waitFor());
        // What else it has to say must not fill the pipe.
        Thread reading = new Thread(() -> lines.lines().forEach(line -> {}));
        reading.setDaemon(true);
        reading.start();
        HttpClient client = HttpClient.newHttpClient();
        URI list = new URI("http", null, "127.0.0.1", URI.create(address).getPort(), "/json/list", null, null);
        String pages = client.send(HttpRequest.newBuilder(list).build(), HttpResponse.BodyHandlers.ofString())
                .body();
        String page = JsonParser.parseString(pages).getAsJsonArray().asList().stream()
                .map(one -> one.getAsJsonObject())
                .filter(one -> one.get("type").getAsString().equals("page"))
                .findFirst()
                .orElseThrow()
                .get("webSocketDebuggerUrl")
                .getAsString();
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(page), new Listener())
                .join();
        for (String domain : List.of("Page", "Network", "Log", "Runtime")) send(domain + ".enable", "{}");
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
                text.setLength(0);
                if (message.has("id"))
                    answers.remove(message.get("id").getAsInt()).complete(message);
                else {
                    events.add(message);
                    CompletableFuture<JsonObject> waiting =
                            awaited.remove(message.get("method").getAsString());
                    if (waiting != null) waiting.complete(message);
                }
            }
            from.request(1);
            return null;
        }
    }

    private JsonObject send(String method, String parameters) throws ExecutionException, InterruptedException {
        int id = ++messages;
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText("{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}", true)
                .join();
        JsonObject message = answer.get();
        if (message.has("error")) throw new IllegalStateException(method + ": " + message);
        return message.getAsJsonObject("result");
    }

    /** Opens a file on a screen so wide and high, in light or dark, and returns when it is there. */
    void open(Path file, int width, int height, boolean dark) throws ExecutionException, InterruptedException {
        events.clear();
        send(
                "Emulation.setDeviceMetricsOverride",
                "{\"width\":" + width + ",\"height\":" + height + ",\"deviceScaleFactor\":1,\"mobile\":" + (width < 600)
                        + "}");
        send(
                "Emulation.setEmulatedMedia",
                "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + (dark ? "dark" : "light") + "\"}]}");
        CompletableFuture<JsonObject> loaded = new CompletableFuture<>();
        awaited.put("Page.loadEventFired", loaded);
        send("Page.navigate", "{\"url\":\"" + file.toUri() + "\"}");
        loaded.get();
    }

    /** The value of an expression of the page, as text. */
    String value(String expression) throws ExecutionException, InterruptedException {
        JsonObject parameters = new JsonObject();
        parameters.addProperty("expression", "String(" + expression + ")");
        JsonObject result = send("Runtime.evaluate", parameters.toString());
        if (result.has("exceptionDetails")) throw new IllegalStateException(expression + ": " + result);
        return result.getAsJsonObject("result").get("value").getAsString();
    }

    /** Ends it, and deletes its profile as far as processes that end later let it. */
    @Override
    public void close() throws Exception {
        try {
            send("Browser.close", "{}");
            process.waitFor();
        } finally {
            process.destroyForcibly();
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(profile)) {
            files = all.sorted(Comparator.reverseOrder()).toList();
        } catch (UncheckedIOException e) {
            return;
        }
        for (Path file : files)
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // Something has been written to the folder again.
            }
    }
}
