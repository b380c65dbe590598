package lanewise.examples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lanewise.train.Trainer;

/**
 * The end of the JVM by a signal, Ctrl-C for example, during a command: the training stops after its current step, and the JVM
 * ends when the command has ended, with the signal's status: 130 for SIGINT, 143 for SIGTERM. Any thread may call it.
 */
final class Interruption implements AutoCloseable {

    /** How long the end of the JVM waits for the end of the command. */
    private static final int GRACE_SECONDS = 5, GRACE_WITH_CHECKPOINTS = 60;

    private final CountDownLatch ended = new CountDownLatch(1);

    /** The shutdown hook; null before {@link #begin}. */
    private Thread hook;

    private volatile boolean happened;
    private volatile Trainer trainer;

    /**
     * From now on an end of the JVM waits for the end of the command.
     *
     * @param saves whether the command writes a checkpoint at its end, which gives it more time
     */
    void begin(boolean saves) {
        int graceSeconds = saves ? GRACE_WITH_CHECKPOINTS : GRACE_SECONDS;
        hook = new Thread(() -> {
            happened = true;
            Trainer running = trainer;
            if (running != null) running.stop();
            try {
                ended.await(graceSeconds, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending, and does not wait.
            happened = true;
        }
    }

    /** Has this training stopped, if the JVM is told to end or has been. */
    void stops(Trainer training) {
        trainer = training;
        if (happened) training.stop();
    }

    /** Whether the JVM has been told to end. */
    boolean happened() {
        return happened;
    }

    /**
     * A line for a person whose training was stopped.
     *
     * @param checkpoints their folder
     */
    String howToGoOn(Path checkpoints) {
        long step = trainer.progress().step();
        String place = "Interrupted in epoch " + trainer.progress().epoch() + ", after step " + step + ". ";
        Path last = checkpoints.resolve(String.format(Locale.ROOT, "step-%012d.checkpoint", step));
        return place
                + (Files.exists(last)
                        ? "To go on: the same command with --resume. The checkpoint is " + last
                        : "No checkpoint of this step could be written to " + checkpoints);
    }

    /** The command has ended. */
    @Override
    public void close() {
        ended.countDown();
        if (hook == null) return;
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending.
        }
    }
}
