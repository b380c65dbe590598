package lanewise.examples;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** A bar that shows how far a task is, on a line of its own, which it leaves empty. */
final class Progress {

    private static final int EVERY_MILLIS = 100;

    /** So many steps at least between two messages to the bar, which is then no burden. */
    private static final int EVERY_STEPS = 500;

    /** Columns left free: two for what a terminal shows when Ctrl-C is pressed, and the last. */
    private static final int MARGIN = 3;

    private static final int USUAL_COLUMNS = 80;

    private final Line line;
    private ProgressBar bar;
    private String task;
    private int steps;
    private int told;
    private long begun;

    Progress(PrintStream stream) {
        line = new Line(stream);
    }

    /** Draws an empty bar. */
    void begin(String task, int steps) {
        this.task = task;
        this.steps = steps;
        told = 0;
        begun = System.nanoTime();
        draw();
    }

    /** Draws the bar as far as it was told to be. */
    private void draw() {
        bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps)
                .startsFrom(told, Duration.ofNanos(System.nanoTime() - begun))
                .setUpdateIntervalMillis(EVERY_MILLIS)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(line)
                .build();
    }

    /** A line that can be emptied; the library's own means leave a bar that is closed before it is first drawn. */
    private static final class Line extends ConsoleProgressBarConsumer {

        private final PrintStream stream;
        private int longest;

        Line(PrintStream stream) {
            super(stream, columns() - MARGIN);
            this.stream = stream;
        }

        @Override
        public void accept(String text) {
            longest = Math.max(longest, text.length());
            super.accept(text);
        }

        /** Leaves out the end of the line that the library would print. */
        @Override
        public void close() {}

        void empty() {
            stream.print("\r" + " ".repeat(longest + MARGIN - 1) + "\r");
            stream.flush();
        }
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

    /**
     * The terminal's width. The bar would find it out itself, but would keep the terminal open meanwhile, and Ctrl-C
     * then ends the JVM without its shutdown hooks.
     */
    private static int columns() {
        if (!onTerminal()) return USUAL_COLUMNS;
        try (Terminal terminal = TerminalBuilder.builder().dumb(true).build()) {
            return terminal.getWidth() > 0 ? terminal.getWidth() : USUAL_COLUMNS;
        } catch (IOException e) {
            return USUAL_COLUMNS;
        }
    }

    /** Shows how many steps are done. */
    void to(int done) {
        if (done - told < EVERY_STEPS && done < steps) return;
        told = done;
        bar.stepTo(done);
    }

    /** Prints something in the place of the bar, if there is one, and draws the bar anew below. */
    void above(Runnable printing) {
        boolean drawn = bar != null;
        end();
        printing.run();
        if (drawn) draw();
    }

    /** Takes the bar away, if there is one. */
    void end() {
        if (bar == null) return;
        bar.close();
        bar = null;
        line.empty();
    }
}
