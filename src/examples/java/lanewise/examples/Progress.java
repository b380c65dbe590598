package lanewise.examples;

import java.io.Console;
import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on a line of its own, which it leaves empty. */
final class Progress implements AutoCloseable {

    private static final int EVERY_MILLIS = 100;

    /** So many steps at least between two messages to the bar, which is then no burden. */
    private static final int EVERY_STEPS = 500;

    private final ProgressBar bar;
    private int told;

    Progress(PrintStream stream, String task, int steps) {
        bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps)
                .setUpdateIntervalMillis(EVERY_MILLIS)
                .setStyle(ProgressBarStyle.ASCII)
                .clearDisplayOnFinish()
                .setConsumer(new ConsoleProgressBarConsumer(stream) {
                    @Override
                    public void close() {
                        stream.flush();
                    }
                })
                .build();
    }

    /** Whether standard input and output both are a terminal. */
    static boolean onTerminal() {
        Console console = System.console();
        if (console == null) return false;
        try {
            // From JDK 22 on there may be a console without a terminal, and this method to ask.
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    /** Shows how many steps are done. */
    void to(int steps) {
        if (steps - told < EVERY_STEPS) return;
        told = steps;
        bar.stepTo(steps);
    }

    /** Takes the bar away. */
    @Override
    public void close() {
        bar.close();
    }
}
