package lanewise.train;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import lanewise.file.AtomicFile;

/**
 * Where and how often a {@link Trainer} writes all that it needs to go on: parameters, the optimizer's state, averages, the best
 * parameters, the place in the training, and settings and data by which it knows them again. A training that goes on from a
 * checkpoint ends with the bits of one that was never interrupted. Immutable.
 *
 * <p>Each checkpoint is a file {@code step-000000001234.checkpoint}, written whole or not at all. One is written at the end of
 * each call of {@link Trainer#train}, too. With a validation, {@code best.checkpoint} is that of the epoch with the smallest
 * validation loss. Of the others the newest are kept.
 *
 * @param folder made if it is not there
 * @param everySteps number of steps between two checkpoints; 0 for none
 * @param everyEpochs number of epochs between two checkpoints; 0 for none
 * @param every time between two checkpoints, looked at after each step; zero for none
 * @param keep number of the newest that are kept, at least 1
 * @param resuming whether a training that begins goes on from the newest checkpoint, if there is one
 */
public record Checkpoints(Path folder, long everySteps, int everyEpochs, Duration every, int keep, boolean resuming) {

    static final String ENDING = ".checkpoint", BEST = "best" + ENDING;

    private static final Pattern NAME = Pattern.compile("step-\\d{12,19}\\.checkpoint");

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a number or the time is negative, or keep is less than 1
     */
    public Checkpoints {
        Objects.requireNonNull(folder, "folder");
        if (everySteps < 0 || everyEpochs < 0 || every.isNegative())
            throw new IllegalArgumentException("checkpoints every " + everySteps + " steps, " + everyEpochs
                    + " epochs, " + every + ": none of them may be negative");
        if (keep < 1) throw new IllegalArgumentException("keep " + keep + " checkpoints, at least 1 expected");
    }

    /**
     * Checkpoints after each epoch, of which the three newest are kept.
     *
     * @param folder made if it is not there
     * @return the settings
     */
    public static Checkpoints in(Path folder) {
        return new Checkpoints(folder, 0, 1, Duration.ZERO, 3, false);
    }

    /**
     * With checkpoints every so many steps.
     *
     * @param steps 0 for none
     * @return new settings
     */
    public Checkpoints everySteps(long steps) {
        return new Checkpoints(folder, steps, everyEpochs, every, keep, resuming);
    }

    /**
     * With checkpoints every so many epochs.
     *
     * @param epochs 0 for none
     * @return new settings
     */
    public Checkpoints everyEpochs(int epochs) {
        return new Checkpoints(folder, everySteps, epochs, every, keep, resuming);
    }

    /**
     * With checkpoints after some time.
     *
     * @param time zero for none
     * @return new settings
     */
    public Checkpoints every(Duration time) {
        return new Checkpoints(folder, everySteps, everyEpochs, time, keep, resuming);
    }

    /**
     * With another number of checkpoints that are kept.
     *
     * @param newest at least 1
     * @return new settings
     */
    public Checkpoints keep(int newest) {
        return new Checkpoints(folder, everySteps, everyEpochs, every, newest, resuming);
    }

    /**
     * For a training that goes on from the newest checkpoint, or begins if there is none.
     *
     * @return new settings
     */
    public Checkpoints resume() {
        return new Checkpoints(folder, everySteps, everyEpochs, every, keep, true);
    }

    /** The checkpoints that are there, the newest first; none if there is no folder. */
    List<Path> newestFirst() throws IOException {
        List<Path> found = new ArrayList<>();
        if (!Files.isDirectory(folder)) return found;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files)
                if (NAME.matcher(file.getFileName().toString()).matches()) found.add(file);
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        found.sort(Comparator.comparing(
                        (Path file) -> file.getFileName().toString().length())
                .thenComparing(file -> file.getFileName().toString())
                .reversed());
        return found;
    }

    /** Those that need not be kept beside one that was written. Newer ones, which could not be read, do not count, and stay. */
    List<Path> needless(Path written) throws IOException {
        List<Path> all = newestFirst();
        int first = all.indexOf(written);
        return first < 0 ? List.of() : all.subList(Math.min(first + keep, all.size()), all.size());
    }

    /** Makes the folder and tries whether checkpoints can be written to it. */
    void prepare() throws IOException {
        Files.createDirectories(folder);
        AtomicFile.check(file(Long.MAX_VALUE));
    }

    Path file(long step) {
        return folder.resolve(String.format(Locale.ROOT, "step-%012d%s", step, ENDING));
    }
}
