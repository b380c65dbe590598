package lanewise.examples;

import com.google.gson.Gson;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.Predictors;
import lanewise.layer.Output;
import lanewise.layer.Task;

/**
 * Answers over HTTP: {@code GET /} a page to draw a digit on, {@code POST /predict} what a digit is, {@code GET /health}
 * the model in one line, {@code HEAD} the same without a body. Whatever is sent to it, the answer is a status and a sentence.
 */
final class DigitServer implements AutoCloseable {

    /** So many requests at a time, more are told to come again. */
    private static final int MOST_REQUESTS = 1024;

    /** How long the end waits for requests that have begun. */
    private static final int GRACE_SECONDS = 5;

    /** Longest body: a JSON array of the pixels takes some 20 characters for each at most. */
    private static final int LONGEST_BODY = 1 << 15;

    private static final long MOST_DROPPED = 1 << 22;

    private static final String TEXT = "text/plain; charset=utf-8",
            JSON = "application/json",
            BYTES = "application/octet-stream",
            HTML = "text/html; charset=utf-8";

    private final Predictors predictors;
    private final byte[] page;
    private final HttpServer server;
    private final ExecutorService executor = executor();
    private final Semaphore permits = new Semaphore(MOST_REQUESTS);
    private volatile boolean ending;

    /** The last model that answered, with its fingerprint, which is computed once for each. */
    private volatile Named named;

    private record Named(Model model, String fingerprint) {}

    /** What {@code /predict} answers; the class's label, or its number where the model has no labels. */
    record Answer(
            String label, int number, float[] probabilities, List<String> labels, String model, String fingerprint) {}

    private record Complaint(String error) {}

    /** A request that is not answered as asked. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        final int status;

        Refusal(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    /**
     * Starts to serve.
     *
     * @param predictors of the model that serves, which may be exchanged meanwhile
     * @param address where to listen; port 0 for any that is free
     * @throws Failure if the model does not take MNIST's images
     * @throws IOException if it cannot listen there
     */
    DigitServer(Predictors predictors, InetSocketAddress address) throws IOException {
        this.predictors = predictors;
        check(predictors.model());
        try (InputStream in = DigitServer.class.getResourceAsStream("/serve/index.html")) {
            page = in.readAllBytes();
        }
        // Read when the JDK's server is first used: answers are sent at once, and slow clients are cut off.
        setUnlessSet("sun.net.httpserver.nodelay", "true");
        setUnlessSet("sun.net.httpserver.maxReqTime", "10");
        setUnlessSet("sun.net.httpserver.maxRspTime", "10");
        server = HttpServer.create(address, 0);
        server.setExecutor(executor);
        server.createContext("/", this::handle);
        server.start();
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }

    /**
     * Checks that a model can serve here.
     *
     * @throws Failure if it cannot
     */
    static void check(Model model) {
        if (model.inputSize() != Digits.PIXELS)
            throw new Failure("a model of " + model.inputSize() + " inputs, " + Digits.PIXELS
                    + " expected: the pixels of an image of 28 x 28");
        if (model.classes() == 0)
            throw new Failure(
                    "a " + model.task() + " model, which has no classes; one that tells digits apart expected");
    }

    /** Virtual threads where this JDK has them. */
    private static ExecutorService executor() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            return Executors.newFixedThreadPool(4 * Runtime.getRuntime().availableProcessors());
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Refuses new requests, answers those that have begun, and ends. */
    @Override
    public void close() {
        if (ending) return;
        ending = true;
        try {
            permits.tryAcquire(MOST_REQUESTS, GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        executor.shutdown();
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            boolean permitted = permits.tryAcquire();
            try {
                if (ending || !permitted) throw new Refusal(503, ending ? "the server is ending" : "too many requests");
                answer(exchange);
            } catch (Refusal e) {
                complain(exchange, e.status, e.getMessage());
            } catch (RuntimeException e) {
                complain(exchange, 500, "a fault of the server: " + e);
            } finally {
                if (permitted) permits.release();
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }

    private void answer(HttpExchange exchange) throws IOException, Refusal {
        String path = exchange.getRequestURI().getPath();
        switch (path == null ? "" : path) {
            case "/" -> {
                expect(exchange, "GET", "HEAD");
                exchange.getResponseHeaders()
                        .set(
                                "Content-Security-Policy",
                                "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
                                        + " img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'");
                send(exchange, 200, HTML, page);
            }
            case "/health" -> {
                expect(exchange, "GET", "HEAD");
                send(exchange, 200, TEXT, predictors.model() + "\n");
            }
            case "/predict" -> {
                expect(exchange, "POST");
                send(exchange, 200, JSON, new Gson().toJson(predict(exchange)));
            }
            default -> throw new Refusal(404, "nothing is at " + path + "; there are /, /health and /predict");
        }
    }

    private static void expect(HttpExchange exchange, String... methods) throws Refusal {
        if (List.of(methods).contains(exchange.getRequestMethod())) return;
        exchange.getResponseHeaders().set("Allow", String.join(", ", methods));
        throw new Refusal(
                405, exchange.getRequestMethod() + " is not allowed here, only " + String.join(" and ", methods));
    }

    private Answer predict(HttpExchange exchange) throws IOException, Refusal {
        String header = exchange.getRequestHeaders().getFirst("Content-Type");
        String type = header == null ? "none" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (type.equals(BYTES)) {
            byte[] pixels = body(exchange);
            if (pixels.length != Digits.PIXELS)
                throw new Refusal(400, "a body of " + pixels.length + " bytes, " + Digits.PIXELS + " expected");
            return predict((predictor, probabilities) -> predictor.predict(pixels, 0, probabilities, 0));
        }
        if (type.equals(JSON)) {
            float[] pixels = numbers(new String(body(exchange), StandardCharsets.UTF_8));
            return predict((predictor, probabilities) -> predictor.predict(pixels, 0, probabilities, 0));
        }
        throw new Refusal(415, "content type " + type + ": " + BYTES + " or " + JSON + " expected");
    }

    private static byte[] body(HttpExchange exchange) throws IOException, Refusal {
        InputStream in = exchange.getRequestBody();
        byte[] body = in.readNBytes(LONGEST_BODY + 1);
        if (body.length <= LONGEST_BODY) return body;
        // Some of the rest is read and dropped: a client that cannot send all may not look at the answer.
        for (long dropped = 0, read = 0; read >= 0 && dropped < MOST_DROPPED; dropped += read) read = in.read(body);
        throw new Refusal(413, "a body of more than " + LONGEST_BODY + " bytes");
    }

    /** Reads an array of as many numbers as pixels. */
    private static float[] numbers(String json) throws IOException, Refusal {
        float[] numbers = new float[Digits.PIXELS];
        String expected = "a JSON array of " + Digits.PIXELS + " numbers from 0 to 1 expected";
        JsonReader reader = new JsonReader(new StringReader(json));
        try {
            if (reader.peek() != JsonToken.BEGIN_ARRAY) throw new Refusal(400, "no JSON array; " + expected);
            reader.beginArray();
            int count = 0;
            for (; reader.hasNext(); count++) {
                if (count == numbers.length)
                    throw new Refusal(400, "more than " + numbers.length + " elements; " + expected);
                if (reader.peek() != JsonToken.NUMBER)
                    throw new Refusal(400, "element " + count + " is no number; " + expected);
                String number = reader.nextString();
                numbers[count] = Float.parseFloat(number);
                if (!(numbers[count] >= 0f && numbers[count] <= 1f))
                    throw new Refusal(400, "element " + count + " is " + number + "; " + expected);
            }
            reader.endArray();
            if (reader.peek() != JsonToken.END_DOCUMENT)
                throw new Refusal(400, "something follows the array; " + expected);
            if (count < numbers.length) throw new Refusal(400, count + " elements; " + expected);
            return numbers;
        } catch (MalformedJsonException | EOFException | NumberFormatException | IllegalStateException e) {
            throw new Refusal(400, "not JSON, or cut short; " + expected);
        }
    }

    /** Asks a predictor. */
    private interface Question {
        void ask(Predictor predictor, float[] probabilities);
    }

    private Answer predict(Question question) throws Refusal {
        Answer answer;
        try (Predictors.Lent lent = predictors.lend()) {
            // Everything in the answer is of this one model, whichever serves by now.
            Model model = lent.model();
            float[] probabilities = new float[model.outputSize()];
            question.ask(lent.predictor(), probabilities);
            int number = best(model, probabilities);
            List<String> labels = model.labels();
            String label = number < 0 || labels.isEmpty() ? String.valueOf(number) : labels.get(number);
            answer = new Answer(label, number, probabilities, labels, model.name(), fingerprint(model));
        }
        if (answer.number < 0) throw new Refusal(500, "the model's prediction is not a number");
        return answer;
    }

    private String fingerprint(Model model) {
        Named known = named;
        if (known == null || known.model != model) named = known = new Named(model, model.fingerprint());
        return known.fingerprint;
    }

    /** The class; −1 if there is none. */
    private static int best(Model model, float[] probabilities) {
        if (model.task() == Task.BINARY) {
            float no = model.output() == Output.SIGMOID ? 0.5f : 0f;
            return probabilities[0] > no ? 1 : probabilities[0] <= no ? 0 : -1;
        }
        int best = 0;
        for (int i = 0; i < probabilities.length; i++) {
            if (!Float.isFinite(probabilities[i])) return -1;
            if (probabilities[i] > probabilities[best]) best = i;
        }
        return best;
    }

    private static void complain(HttpExchange exchange, int status, String error) throws IOException {
        send(exchange, status, JSON, new Gson().toJson(new Complaint(error)));
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        send(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        // The length of what GET would answer, of which HEAD sends nothing.
        if (head) exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) exchange.getResponseBody().write(body);
    }
}
