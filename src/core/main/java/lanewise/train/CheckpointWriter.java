package lanewise.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes a training's checkpoints when they are due, and reads the one from which it goes on. */
final class CheckpointWriter {

    private final Checkpoints checkpoints;
    private final Course course;
    private final TrainingListener listener;

    /** By name; null before the first call that was not refused. */
    private Map<String, String> settings;

    /** Step and time of the last one; −1 if there is none. */
    private long lastStep = -1;

    private long lastNanos;

    CheckpointWriter(Checkpoints checkpoints, Course course, TrainingListener listener) {
        this.checkpoints = checkpoints;
        this.course = course;
        this.listener = listener;
    }

    /**
     * A call of the training begins, before its first step: makes the folder, and takes the newest checkpoint if that is wanted.
     *
     * @return whether the course is that of a checkpoint now
     */
    boolean begin(Map<String, String> settings) {
        lastNanos = System.nanoTime();
        try {
            checkpoints.prepare();
            // Of a call that was refused nothing is kept: the next one is refused likewise.
            boolean resumed = this.settings == null && resume(settings);
            this.settings = settings;
            return resumed;
        } catch (IOException e) {
            throw new UncheckedIOException("checkpoints: " + e.getMessage(), e);
        }
    }

    private boolean resume(Map<String, String> settings) throws IOException {
        List<Path> found = checkpoints.newestFirst();
        if (found.isEmpty()) return false;
        if (!checkpoints.resuming())
            throw new IllegalStateException(checkpoints.folder() + " has checkpoints of another training already ("
                    + found.get(0).getFileName() + "); resume, or take another folder");
        IOException damaged = null;
        for (Path file : found)
            try {
                Checkpoint checkpoint = Checkpoint.read(file);
                String difference = checkpoint.difference(settings);
                if (difference != null)
                    throw new IllegalStateException(file + " is a checkpoint of another training; " + difference);
                String missing = course.resume(checkpoint);
                if (missing != null) throw new IOException(file + " lacks " + missing + ", or has another size of it");
                lastStep = course.progress.step();
                return true;
            } catch (IOException e) {
                damaged = e;
                listener.warning(e.getMessage());
            }
        throw damaged;
    }

    /** Whether one is due after a step, or after an epoch's last one. */
    boolean isDue(long step, int epochDone) {
        boolean steps = checkpoints.everySteps() > 0 && step % checkpoints.everySteps() == 0;
        boolean epochs = checkpoints.everyEpochs() > 0 && epochDone > 0 && epochDone % checkpoints.everyEpochs() == 0;
        if (steps || epochs) return true;
        long nanos = checkpoints.every().toNanos();
        return nanos > 0 && System.nanoTime() - lastNanos >= nanos;
    }

    /** Writes one, unless that of this step was the last. */
    void write(Progress place) {
        if (lastStep == place.step() || !write(checkpoints.file(place.step()), place)) return;
        lastStep = place.step();
        try {
            for (Path file : checkpoints.needless(checkpoints.file(place.step()))) Files.deleteIfExists(file);
        } catch (IOException e) {
            listener.warning("an old checkpoint could not be deleted: " + e.getMessage());
        }
        listener.checkpointWritten(checkpoints.file(place.step()));
    }

    /** Writes that of the best epoch. */
    void writeBest(Progress place) {
        Path file = checkpoints.folder().resolve(Checkpoints.BEST);
        if (write(file, place)) listener.checkpointWritten(file);
    }

    /** Writes, or warns. Returns whether it was written. */
    private boolean write(Path file, Progress place) {
        lastNanos = System.nanoTime();
        try {
            course.checkpoint(settings, place).write(file);
            return true;
        } catch (IOException e) {
            listener.warning("no checkpoint at step " + place.step() + ": " + e.getMessage());
            return false;
        }
    }
}
