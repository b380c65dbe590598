package lanewise.examples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Loss;
import lanewise.memory.Slice;
import lanewise.train.Predictions;

/** The parts of a report that show test samples and what the first layer looks at. */
final class DigitsReport {

    private static final int MOST_WRONG = 24, MOST_UNITS = 48;

    private DigitsReport() {}

    /**
     * Adds a confusion matrix, a calibration, the most confidently wrong samples and the first layer's weights.
     *
     * @param network trained
     * @param loss it was trained with, of one probability for each class
     * @param digits whose test samples are classified
     * @param labels names of the classes
     * @param workers share the samples
     */
    static void add(Report report, Network network, Loss loss, Digits digits, List<String> labels, Workers workers) {
        Dataset test = digits.test();
        int samples = test.size();
        Predictions predictions = Predictions.of(network, loss, test, workers);
        int[] actual = test.labels(), predicted = predictions.classes();
        float[] confidence = new float[samples];
        for (int i = 0; i < samples; i++)
            if (predicted[i] >= 0) confidence[i] = predictions.row(i)[predicted[i]];
        String of = samples + " test samples";
        report.classes(of, labels, actual, predicted, confidence);
        int width = digits.shape().columns(), height = digits.shape().rows();
        if (width == 0) return;
        List<Picture> wrong = IntStream.range(0, samples)
                .filter(i -> predicted[i] >= 0 && actual[i] != predicted[i])
                .boxed()
                .sorted(Comparator.comparing(i -> -confidence[i]))
                .limit(MOST_WRONG)
                .map(i -> Picture.ofGrey(
                        String.format(
                                Locale.ROOT,
                                "%s, not %s: %.1f%%",
                                labels.get(actual[i]),
                                labels.get(predicted[i]),
                                100 * confidence[i]),
                        width,
                        height,
                        input(test, i)))
                .toList();
        report.pictures(
                "Most confidently wrong", of + "; the true class, and the predicted one with its probability", wrong);
        weights(report, network, width, height);
    }

    /** Draws the units with the largest weights. */
    private static void weights(Report report, Network network, int width, int height) {
        Slice weights = null;
        for (int i = 0; i < network.parameters().size() && weights == null; i++) {
            Slice matrix = network.parameters().get(i);
            if (matrix.rows() == width * height) weights = matrix;
        }
        if (weights == null) return;
        List<float[]> units = new ArrayList<>();
        double[] norms = new double[weights.columns()];
        for (int unit = 0; unit < weights.columns(); unit++) {
            float[] values = new float[width * height];
            for (int pixel = 0; pixel < values.length; pixel++) {
                values[pixel] = weights.get(pixel, unit);
                norms[unit] += values[pixel] * values[pixel];
            }
            units.add(values);
        }
        List<Picture> pictures = IntStream.range(0, units.size())
                .boxed()
                .sorted(Comparator.comparing(unit -> -norms[unit]))
                .limit(MOST_UNITS)
                .map(unit -> Picture.ofSigned("unit " + (unit + 1), width, height, units.get(unit)))
                .toList();
        String which = pictures.size() < units.size()
                ? pictures.size() + " of " + units.size() + " units, those with the largest weights"
                : units.size() + " units, largest weights first";
        report.pictures("First layer's weights", which + "; orange above zero, blue below", pictures);
    }

    private static float[] input(Dataset data, int sample) {
        float[] values = new float[data.inputSize()];
        data.input(sample, values, 0, Dataset.BYTE_SCALE, 0f);
        return values;
    }
}
