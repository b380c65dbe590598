package lanewise.examples;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The content of the file of {@code train --json}.
 *
 * @param classes null of a target of numbers
 * @param epochs those of this run, without those before a checkpoint
 * @param bestEpoch the epoch whose parameters were kept; null without a validation
 * @param scoredOn {@code validation} or {@code training}, the rows of the score
 */
record TrainResult(
        String version,
        String kernels,
        String trainingKernels,
        String jdk,
        String data,
        String target,
        String task,
        List<String> classes,
        int inputs,
        List<Integer> hidden,
        String activation,
        double dropout,
        String scaling,
        String optimizer,
        float learningRate,
        String schedule,
        Float weightDecay,
        int batch,
        long seed,
        int parameters,
        int trainingRows,
        int validationRows,
        List<Epoch> epochs,
        Integer bestEpoch,
        String scoredOn,
        Score score,
        String fingerprint) {

    /**
     * An epoch.
     *
     * @param seconds since the training began
     * @param loss of the scaled target where it is of numbers
     * @param validationLoss null without a validation
     * @param validationAccuracy null without a validation, and of numbers
     */
    record Epoch(int epoch, double seconds, double loss, Double validationLoss, Double validationAccuracy) {}

    /**
     * A report with figures, learning curves and settings.
     *
     * @param validationLosses of all epochs, those before a checkpoint included
     */
    Report report(List<Double> validationLosses) {
        String sizes = hidden.stream().map(String::valueOf).collect(Collectors.joining("-"));
        String shape = inputs + "-" + sizes + "-" + (classes == null ? 1 : classes.size());
        Report report = new Report(
                target + ", predicted from " + data,
                shape + " " + activation + ", " + parameters + " parameters; " + trainingRows + " training rows, "
                        + validationRows + " validation rows");
        String rows = " on the " + scoredOn + " rows";
        if (score.accuracy() != null)
            report.figure("Accuracy" + rows, String.format(Locale.ROOT, "%.2f%%", 100 * score.accuracy()));
        if (score.r2() != null) report.figure("R2" + rows, String.format(Locale.ROOT, "%.4f", score.r2()));
        if (score.rootMeanSquaredError() != null) report.figure("RMSE" + rows, Axis.text(score.rootMeanSquaredError()));
        if (bestEpoch != null && bestEpoch > 0) report.best(bestEpoch).figure("Best epoch", String.valueOf(bestEpoch));
        for (Epoch epoch : epochs) {
            report.point("Loss", "training", epoch.epoch, epoch.loss);
            if (epoch.validationAccuracy != null)
                report.point("Accuracy, %", "validation", epoch.epoch, 100 * epoch.validationAccuracy);
        }
        for (int i = 0; i < validationLosses.size(); i++)
            report.point("Loss", "validation", i + 1, validationLosses.get(i));
        if (!epochs.isEmpty())
            report.figure("Time", String.format(Locale.ROOT, "%.1f s", epochs.get(epochs.size() - 1).seconds));
        report.figure("Fingerprint", fingerprint);
        report.setting("data", data).setting("target", target).setting("task", task);
        report.setting("layers", shape).setting("activation", activation).setting("dropout", dropout);
        report.setting("scaling", scaling).setting("optimizer", optimizer);
        report.setting("learning rate", learningRate).setting("schedule", schedule);
        report.setting("weight decay", weightDecay == null ? "the optimizer's own" : weightDecay);
        report.setting("batch size", batch).setting("seed", seed);
        String written = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT)
                .format(ZonedDateTime.now(ZoneOffset.UTC));
        return report.footer("Lanewise " + version + ", " + trainingKernels + ", JDK " + jdk + "; " + written);
    }
}
