package lanewise.examples;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The content of the file of {@code mnist --json}.
 *
 * @param options those of the newer options that were given, null if none was
 * @param bestEpoch the epoch with the smallest loss on the validation samples, null if there are none
 */
record MnistResult(
        String version,
        String kernels,
        String kernelsReason,
        String trainingKernels,
        String jdk,
        List<Integer> layers,
        String activation,
        boolean bias,
        String loss,
        int parameters,
        String data,
        String split,
        int firstLabel,
        int trainingSamples,
        int testSamples,
        int batch,
        float learningRate,
        boolean constantRate,
        long seed,
        int threads,
        long steps,
        long sharedSteps,
        Map<String, String> options,
        List<Epoch> epochs,
        Integer bestEpoch,
        double samplesPerSecond,
        String fingerprint) {

    /**
     * An epoch.
     *
     * @param seconds since the training began, evaluation included
     * @param accuracy on the test samples
     * @param validationLoss null if there are no validation samples
     * @param validationAccuracy null if there are no validation samples
     * @param samplesPerSecond evaluation left out
     */
    record Epoch(
            int epoch,
            double seconds,
            double loss,
            double accuracy,
            Double validationLoss,
            Double validationAccuracy,
            double samplesPerSecond) {}

    /**
     * A report with figures, learning curves and settings.
     *
     * @param testAccuracy of the network as it is
     * @param validationLosses of all epochs, those before a checkpoint included
     * @param steps done in all
     * @param planned number of epochs
     */
    Report report(double testAccuracy, List<Double> validationLosses, long steps, int planned) {
        String sizes = layers.stream().map(String::valueOf).collect(Collectors.joining("-"));
        Report report = new Report(
                data.equals("MNIST") ? "Handwritten digits: MNIST" : "Images: " + data,
                sizes + " " + activation + ", " + loss + ", " + parameters + " parameters; " + trainingSamples
                        + " training samples, " + testSamples + " test samples");
        report.figure("Test accuracy", percent(testAccuracy));
        if (bestEpoch != null && bestEpoch > 0) {
            report.best(bestEpoch).figure("Best epoch", String.valueOf(bestEpoch));
            report.figure("Validation loss", Axis.text(validationLosses.get(bestEpoch - 1)));
        }
        for (Epoch epoch : epochs) {
            report.point("Loss", "training", epoch.epoch, epoch.loss);
            report.point("Accuracy, %", "test", epoch.epoch, 100 * epoch.accuracy);
            if (epoch.validationAccuracy != null)
                report.point("Accuracy, %", "validation", epoch.epoch, 100 * epoch.validationAccuracy);
        }
        for (int i = 0; i < validationLosses.size(); i++)
            report.point("Loss", "validation", i + 1, validationLosses.get(i));
        if (!epochs.isEmpty()) {
            report.figure("Time", String.format(Locale.ROOT, "%.1f s", epochs.get(epochs.size() - 1).seconds));
            report.figure("Speed", String.format(Locale.ROOT, "%.0f samples/s", samplesPerSecond));
        }
        report.figure("Fingerprint", fingerprint);
        report.setting("data", data).setting("split", split).setting("layers", sizes);
        report.setting("activation", activation).setting("biases", bias ? "yes" : "no");
        report.setting("batch size", batch).setting("epochs", planned).setting("steps", steps);
        report.setting("learning rate", learningRate);
        if (options == null || !options.containsKey("schedule"))
            report.setting("schedule", constantRate ? "constant" : "linear");
        if (options != null) options.forEach(report::setting);
        report.setting("seed", seed).setting("threads", threads);
        String written = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT)
                .format(ZonedDateTime.now(ZoneOffset.UTC));
        return report.footer("Lanewise " + version + ", " + trainingKernels + ", JDK " + jdk + "; " + written);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f%%", 100 * share);
    }
}
