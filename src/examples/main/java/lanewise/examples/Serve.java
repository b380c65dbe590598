package lanewise.examples;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lanewise.Model;
import lanewise.Predictors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Serves a model over HTTP until it is told to end. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Serves a model of handwritten digits over HTTP, until Ctrl-C.",
            "",
            "GET / is a page to draw a digit on. POST /predict takes 784 raw bytes (application/octet-stream) or a JSON"
                    + " array of 784 numbers from 0 to 1 (application/json), an image of 28 x 28 pixels, white on black;"
                    + " it answers with the label, the probabilities, the model's name and fingerprint. GET /health"
                    + " describes the model in a line.",
            "",
            "When the model's file is replaced, the new model serves as soon as it is loaded and warm.",
            ""
        })
final class Serve implements Callable<Integer> {

    private static final long LOOK_MILLIS = 500;

    /** How long the end of the JVM waits for the server's. */
    private static final int GRACE_SECONDS = 10;

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model file, watched for changes.")
    private Path file;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Where to listen; 0 for any port that is free. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "NAME",
            defaultValue = "localhost",
            description = "On which of this machine's addresses to listen; 0.0.0.0 for all. Default: ${DEFAULT-VALUE},"
                    + " which only this machine can reach.")
    private String host;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() {
        if (port < 0 || port > 65535)
            throw new ParameterException(spec.commandLine(), "--port " + port + ": 0 to 65535 expected");
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) throw new Failure("no address is known of --host " + host);
        Main.kernels();
        ModelWatch watch = new ModelWatch(file);
        Model first = watch.changed();
        Model serving = (first == null ? Main.load(file) : first).beginWarmUp();
        CountDownLatch end = new CountDownLatch(1), over = new CountDownLatch(1);
        try (Predictors predictors = Predictors.of(serving);
                DigitServer server = new DigitServer(predictors, address)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                end.countDown();
                try {
                    over.await(GRACE_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            main.print("Serving %s", serving);
            main.print("http://%s:%d/ (Ctrl-C ends)", host, server.port());
            while (!end.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) look(watch, predictors);
        } catch (IOException e) {
            throw new Failure("cannot listen on " + host + ", port " + port + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            over.countDown();
        }
        return 0;
    }

    private void look(ModelWatch watch, Predictors predictors) {
        try {
            Model next = watch.changed();
            if (next == null) return;
            DigitServer.check(next);
            next.warmUp();
            predictors.exchange(next);
            main.print("Now serving %s", next);
        } catch (Failure e) {
            main.remark("serve: the model stays as it is: " + e.getMessage());
        }
    }
}
