package lanewise.train;

import lanewise.Workers;

/** The epochs of a call of {@link Trainer#train}: the rate of each step, what comes after it, and after an epoch. */
final class Epochs {

    private final Trainer trainer;
    private final Source source;
    private final Step step;
    private final Workers workers;
    private final Course course;
    private final TrainingListener listener;
    private final CheckpointWriter writer;
    private final long steps;

    // The place, which becomes the course's when a source returns

    private int epoch;
    private long number;
    private int position;
    private double sum;

    /** Whether a checkpoint is to be written. */
    private boolean due;

    /** By which the validations so far reduce the learning rate. */
    private double reduction;

    Epochs(Trainer trainer, Source source, Step step, Workers workers) {
        this.trainer = trainer;
        this.source = source;
        this.step = step;
        this.workers = workers;
        course = trainer.course;
        listener = trainer.listener;
        writer = trainer.writer;
        steps = trainer.epochs * source.steps();
    }

    /** Number of the epoch under way. */
    int epoch() {
        return epoch;
    }

    /** The training's seed. */
    long seed() {
        return trainer.seed;
    }

    /** Number of the coming step in the training, from 0. */
    long number() {
        return number;
    }

    /** Number of the coming step's first sample in its epoch. */
    int position() {
        return position;
    }

    /** The coming step's learning rate. */
    float rate() {
        return rateAfter(0);
    }

    /** The rate of a later step of this epoch. */
    float rateAfter(int further) {
        return trainer.rate(course.done + further, steps, reduction);
    }

    boolean stopped() {
        return trainer.stopped || Thread.currentThread().isInterrupted();
    }

    /** Trains. Returns whether it was not stopped. */
    boolean run() {
        long last = (long) course.firstEpoch + trainer.epochs;
        int patience = trainer.patience;
        step.expect(steps - course.done);
        while (course.progress.epoch() < last && (patience == 0 || course.validationsSinceBest() < patience)) {
            if (stopped()) return false;
            Progress start = course.progress;
            epoch = start.epoch();
            number = start.step();
            position = start.position();
            sum = start.lossSum();
            reduction = trainer.schedule.reduction(course.validationLosses);
            long nanos = System.nanoTime();
            Sharing before = step.sharing();
            while (position < source.size())
                try {
                    if (!source.run(this, step)) return false;
                } finally {
                    step.finish();
                    course.progress = new Progress(epoch, number, position, sum);
                }
            nanos = System.nanoTime() - nanos;
            String place = trainer.network.firstNotFinite();
            if (place != null)
                throw new DivergedException("epoch " + epoch + ": parameter " + place + " is not finite; "
                        + source.remedy(epoch, source.size() - 1));
            double mean = sum / source.size();
            Sharing sharing = step.sharing().since(before);
            course.progress = course.progress.nextEpoch();
            epochDone(new TrainingListener.Epoch(epoch, mean, null, false, source.size(), nanos, sharing));
        }
        return true;
    }

    /** After a step on so many rows: the listener, the checkpoint. Returns whether to go on with this epoch. */
    boolean stepDone(int rows, double loss) {
        return stepDone(rows, loss, true);
    }

    /** The same where the parameters may be those after a later step, so that a checkpoint has to wait for that. */
    boolean stepDone(int rows, double loss, boolean settled) {
        if (!Double.isFinite(loss))
            throw new DivergedException("epoch " + epoch + ", step " + (source.stepsBefore(epoch, position) + 1)
                    + ": the loss is " + loss + "; " + source.remedy(epoch, position));
        course.done++;
        number++;
        sum += loss;
        position += rows;
        int size = source.size();
        listener.batchDone(epoch, position, size, loss / rows);
        due |= writer != null && writer.isDue(number, 0);
        if (due && settled) {
            due = false;
            if (position < size) {
                step.finish();
                writer.write(new Progress(epoch, number, position, sum));
            }
        }
        return position == size || !stopped();
    }

    /** The validation, the listener, and the checkpoint after an epoch. */
    private void epochDone(TrainingListener.Epoch epoch) {
        course.showAverage();
        try {
            if (trainer.validation != null) {
                Evaluation found = Evaluation.of(trainer.network, trainer.loss, trainer.validation, workers);
                epoch = epoch.validated(found, course.validated(epoch.number(), found.loss()));
            }
            listener.epochDone(epoch);
        } finally {
            course.hideAverage();
        }
        if (writer == null) return;
        if (epoch.best()) writer.writeBest(course.progress);
        if (writer.isDue(course.progress.step(), epoch.number())) writer.write(course.progress);
    }
}
