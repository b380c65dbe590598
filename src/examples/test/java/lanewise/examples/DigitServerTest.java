package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictors;
import lanewise.examples.DigitServer.Answer;
import lanewise.examples.MnistTest.Run;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server over loopback: its answers, its refusals, its end, and models exchanged under load. */
class DigitServerTest {

    private static final String BYTES = "application/octet-stream", JSON = "application/json";
    private static final int CLIENTS = 4, REQUESTS = 100;
    private static final long SWAP_NANOS = 1_000_000;

    @TempDir
    private Path folder;

    private Predictors predictors;
    private DigitServer server;

    static Model model(int seed) {
        Network network = Network.builder(784)
                .dense(17, Activation.SIGMOID)
                .dense(10, Activation.IDENTITY)
                .build(seed);
        return Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .name("model " + seed)
                .labels(IntStream.range(0, 10).mapToObj(i -> "<" + i + ">").toList())
                .build();
    }

    @BeforeEach
    void start() throws IOException {
        predictors = Predictors.of(model(1));
        server = new DigitServer(predictors, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void end() {
        server.close();
    }

    /** What came back. */
    private record Response(int status, String type, String body, String allow) {
        String error() {
            return JsonParser.parseString(body).getAsJsonObject().get("error").getAsString();
        }
    }

    private Response ask(String method, String path, String type, byte[] body) throws IOException {
        URL url = new URL("http", InetAddress.getLoopbackAddress().getHostAddress(), server.port(), path);
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setRequestMethod(method);
        if (type != null) connection.setRequestProperty("Content-Type", type);
        if (body != null) {
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode(body.length);
            connection.getOutputStream().write(body);
        }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            String text = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return new Response(status, connection.getContentType(), text, connection.getHeaderField("Allow"));
        }
    }

    private Response json(String body) throws IOException {
        return ask("POST", "/predict", JSON, body.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] pixels(long seed) {
        RandomSource random = new RandomSource(seed);
        byte[] pixels = new byte[784];
        for (int i = 0; i < pixels.length; i++) if (random.nextInt(4) == 0) pixels[i] = (byte) random.nextInt(256);
        return pixels;
    }

    private static String array(int count, String element) {
        return "[" + String.join(",", Collections.nCopies(count, element)) + "]";
    }

    private static Answer answer(Response response) {
        assertEquals(200, response.status, response.body);
        assertEquals(JSON, response.type);
        return new Gson().fromJson(response.body, Answer.class);
    }

    private static float[] expected(Model model, byte[] pixels) {
        float[] probabilities = new float[10];
        model.predictor().predict(pixels, 0, probabilities, 0);
        return probabilities;
    }

    @Test
    void answersAreThePredictorsToTheBit() throws IOException {
        Model model = predictors.model();
        for (int seed = 0; seed < 20; seed++) {
            byte[] pixels = pixels(seed);
            float[] floats = new float[784], expected = expected(model, pixels), fromFloats = new float[10];
            for (int i = 0; i < 784; i++) floats[i] = (pixels[i] & 0xff) * (1f / 255f);
            Answer answer = answer(ask("POST", "/predict", BYTES, pixels));
            assertArrayEquals(expected, answer.probabilities());
            assertEquals(model.fingerprint(), answer.fingerprint());
            assertEquals("model 1", answer.model());
            assertEquals(model.predictor().classify(pixels, 0), answer.number());
            assertEquals("<" + answer.number() + ">", answer.label());
            assertEquals(model.labels(), answer.labels());
            model.predictor().predict(floats, 0, fromFloats, 0);
            Answer fromJson = answer(json(Arrays.toString(floats)));
            assertArrayEquals(fromFloats, fromJson.probabilities());
        }
        assertEquals(
                200,
                ask(
                                "POST",
                                "/predict",
                                "Application/JSON; charset=utf-8",
                                array(784, "1e-3").getBytes())
                        .status);
    }

    /** The class is the model's own answer, also where it is the sign of a single output. */
    @Test
    void aYesOrNoIsAnsweredAsTheModelClassifies() throws IOException {
        for (Loss loss : List.of(Loss.HINGE, Loss.BINARY_CROSS_ENTROPY)) {
            Network network = Network.builder(784).dense(1, Activation.IDENTITY).build(1);
            Model model =
                    Model.builder(network, loss).labels(List.of("no", "yes")).build();
            predictors.exchange(model);
            int yes = 0;
            for (int seed = 0; seed < 20; seed++) {
                byte[] pixels = pixels(seed);
                Answer answer = answer(ask("POST", "/predict", BYTES, pixels));
                assertEquals(model.predictor().classify(pixels, 0), answer.number());
                assertEquals(model.labels().get(answer.number()), answer.label());
                yes += answer.number();
            }
            assertTrue(yes > 0 && yes < 20, "all answers were alike");
        }
    }

    @Test
    void bodiesThatAreNoImagesAreRefusedWithTheReason() throws IOException {
        for (int length : new int[] {0, 1, 783, 785, 28 * 29, 32768}) {
            Response response = ask("POST", "/predict", BYTES, new byte[length]);
            assertEquals(400, response.status);
            assertEquals("a body of " + length + " bytes, 784 expected", response.error());
        }
        for (int length : new int[] {32769, 1_000_000})
            for (String type : List.of(BYTES, JSON)) {
                Response response = ask("POST", "/predict", type, new byte[length]);
                assertEquals(413, response.status);
                assertEquals("a body of more than 32768 bytes", response.error());
            }
        String long784 = array(784, "0.1");
        Map<String, String> bodies = new HashMap<>(Map.of(
                "",
                "not JSON, or cut short",
                "{}",
                "no JSON array",
                "0.5",
                "no JSON array",
                "hello",
                "not JSON",
                array(783, "0"),
                "783 elements",
                array(785, "0"),
                "more than 784 elements",
                array(784, "\"0\""),
                "element 0 is no number",
                array(784, "null"),
                "element 0 is no number",
                array(784, "[0]"),
                "element 0 is no number",
                array(784, "NaN"),
                "not JSON"));
        bodies.put(array(784, "-0.1"), "element 0 is -0.1");
        bodies.put(array(784, "1.01"), "element 0 is 1.01");
        bodies.put(array(784, "1e999"), "element 0 is 1e999");
        bodies.put(long784.replaceFirst("0.1", "0.1,,"), "not JSON");
        bodies.put(long784.substring(0, long784.length() - 1), "cut short");
        bodies.put(long784.substring(0, 500), "cut short");
        bodies.put(long784 + "]", "not JSON");
        bodies.put(long784 + " 1", "");
        bodies.put("[".repeat(10_000), "element 0 is no number");
        for (Map.Entry<String, String> body : bodies.entrySet()) {
            Response response = json(body.getKey());
            String start = body.getKey().substring(0, Math.min(30, body.getKey().length()));
            assertEquals(400, response.status, start);
            assertTrue(response.error().contains(body.getValue()), start + ": " + response.error());
            assertTrue(response.error().endsWith("a JSON array of 784 numbers from 0 to 1 expected"), response.error());
        }
        answer(json(long784));
    }

    @Test
    void otherPathsMethodsAndTypesAreRefused() throws IOException {
        for (String path : List.of("/nothing", "/predict/", "/predict/x", "/../etc/passwd", "/index.html")) {
            Response response = ask("GET", path, null, null);
            assertEquals(404, response.status, path);
            assertFalse(response.error().isEmpty());
        }
        for (String[] request : new String[][] {
            {"GET", "/predict", "POST"},
            {"PUT", "/predict", "POST"},
            {"DELETE", "/", "GET, HEAD"},
            {"POST", "/health", "GET, HEAD"},
            {"OPTIONS", "/", "GET, HEAD"},
            {"OPTIONS", "/predict", "POST"},
            {"HEAD", "/predict", "POST"}
        }) {
            Response response = ask(request[0], request[1], null, null);
            assertEquals(405, response.status, request[0] + " " + request[1]);
            assertEquals(request[2], response.allow);
        }
        for (String path : List.of("/nothing", "/health/", "/favicon.ico"))
            assertEquals(404, ask("HEAD", path, null, null).status, path);
        for (String type : new String[] {"text/plain", "application/x-www-form-urlencoded", "application/json5", ";"})
            assertEquals(415, ask("POST", "/predict", type, new byte[784]).status, type);
    }

    @Test
    void thePageAndTheHealthLineAreThere() throws IOException {
        Response page = ask("GET", "/", null, null), health = ask("GET", "/health", null, null);
        assertEquals("text/html; charset=utf-8", page.type);
        assertTrue(page.body.startsWith("<!DOCTYPE html>"));
        assertFalse(page.body.contains("http://") || page.body.contains("https://"), "the page needs nothing else");
        assertEquals("text/plain; charset=utf-8", health.type);
        assertTrue(health.body.startsWith("model \"model 1\" 784->10 softmax"), health.body);
        assertTrue(health.body.contains(predictors.model().fingerprint()));
    }

    /** Read from the socket: a client of HTTP would hide a body that must not be there. */
    @Test
    void headAnswersAsGetDoesWithoutTheBody() throws IOException {
        for (String path : List.of("/", "/health")) {
            List<String> get = raw("GET", path), head = raw("HEAD", path);
            assertEquals("HTTP/1.1 200 OK", head.get(0));
            int end = get.indexOf("");
            assertEquals(fields(get.subList(0, end)), fields(head));
            assertTrue(fields(head).stream().anyMatch(f -> f.matches("content-length: [1-9][0-9]*")), head.toString());
            assertTrue(get.size() > end + 1, "a body");
        }
        for (String path : List.of("/predict", "/nothing"))
            assertTrue(raw("HEAD", path).get(0).matches("HTTP/1.1 40[45] .*"));
    }

    /** The lines of an answer: headers, an empty one if there is a body, the body. */
    private List<String> raw(String method, String path) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            String request = method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return List.of(answer.split("\r\n"));
        }
    }

    private static List<String> fields(List<String> headers) {
        return headers.stream()
                .map(line -> line.toLowerCase(java.util.Locale.ROOT))
                .filter(line -> !line.startsWith("date:"))
                .sorted()
                .toList();
    }

    @Test
    void aClientThatGoesAwayHarmsNobody() throws IOException {
        for (String start :
                List.of("", "POST /pre", "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 784\r\n\r\nabc"))
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
            }
        answer(ask("POST", "/predict", BYTES, pixels(1)));
    }

    @Test
    void noAnswerIsLostOrMixedWhenModelsAreExchangedUnderLoad() throws Exception {
        List<Model> models = new ArrayList<>();
        for (int seed = 1; seed <= 2; seed++) models.add(model(seed));
        for (Model model : models) model.warmUp();
        byte[] pixels = pixels(7);
        Map<String, float[]> expected =
                models.stream().collect(Collectors.toMap(Model::fingerprint, m -> expected(m, pixels)));
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS + 1);
        try {
            AtomicBoolean over = new AtomicBoolean();
            Future<?> swapping = clients.submit(() -> {
                for (int i = 0; !over.get(); i++) {
                    predictors.exchange(models.get(i % 2));
                    LockSupport.parkNanos(SWAP_NANOS);
                }
            });
            Callable<Integer> client = () -> {
                for (int i = 0; i < REQUESTS; i++) {
                    Answer answer = answer(ask("POST", "/predict", BYTES, pixels));
                    assertArrayEquals(expected.get(answer.fingerprint()), answer.probabilities(), answer.model());
                }
                return REQUESTS;
            };
            int answers = 0;
            for (Future<Integer> done : clients.invokeAll(Collections.nCopies(CLIENTS, client))) answers += done.get();
            over.set(true);
            swapping.get();
            assertEquals(CLIENTS * REQUESTS, answers);
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void afterItsEndNothingAnswers() throws IOException {
        answer(ask("POST", "/predict", BYTES, pixels(1)));
        server.close();
        assertThrows(IOException.class, () -> ask("GET", "/health", null, null));
    }

    @Test
    void aFileIsLoadedWhenItHasChangedAndOnlyThen() throws IOException {
        Path file = folder.resolve("model.lwm");
        ModelWatch watch = new ModelWatch(file);
        assertNull(watch.changed());
        ModelFile.save(model(5), file);
        assertEquals(model(5).fingerprint(), watch.changed().fingerprint());
        assertNull(watch.changed());
        ModelFile.save(model(6), file);
        assertEquals(model(6).fingerprint(), watch.changed().fingerprint());
        Files.writeString(file, "half a model");
        assertTrue(assertThrows(Failure.class, watch::changed).getMessage().contains("no model file"));
        assertNull(watch.changed());
        Files.delete(file);
        assertNull(watch.changed());
    }

    @Test
    void whatCannotBeServedIsToldInOneLine() throws IOException {
        Path good = folder.resolve("good.lwm"), small = folder.resolve("small.lwm");
        ModelFile.save(model(1), good);
        Network network = Network.builder(20).dense(10, Activation.IDENTITY).build(1);
        ModelFile.save(Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY), small);
        BadInputTest.assertRefused(2, Run.of("serve"), "--model");
        for (String port : List.of("-1", "65536", "x"))
            BadInputTest.assertRefused(2, Run.of("serve", "--model", good.toString(), "--port", port), "--port");
        String missing = folder.resolve("missing").toString();
        BadInputTest.assertRefused(1, Run.of("serve", "--model", missing), missing + ": no such file");
        BadInputTest.assertRefused(
                1, Run.of("serve", "--model", small.toString(), "--port", "0"), "20 inputs", "784 expected");
        Path number = folder.resolve("number.lwm");
        Network one = Network.builder(784).dense(1, Activation.IDENTITY).build(1);
        ModelFile.save(Model.of(one, Loss.MEAN_SQUARED_ERROR), number);
        BadInputTest.assertRefused(
                1, Run.of("serve", "--model", number.toString(), "--port", "0"), "a regression model", "no classes");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            String port = String.valueOf(taken.getLocalPort());
            BadInputTest.assertRefused(
                    1, Run.of("serve", "--model", good.toString(), "--port", port), "cannot listen", port);
        }
    }
}
