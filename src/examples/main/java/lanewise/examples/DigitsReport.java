package lanewise.examples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.data.Dataset;
import lanewise.layer.Loss;
import lanewise.memory.Batch;
import lanewise.memory.Slice;

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
     */
    static void add(Report report, Network network, Loss loss, Digits digits, List<String> labels) {
        Dataset test = digits.test();
        int samples = test.size();
        int[] actual = new int[samples], predicted = new int[samples];
        float[] confidence = new float[samples], probabilities = new float[network.outputSize()];
        Predictor predictor = Model.of(network, loss).predictor();
        Inputs inputs = new Inputs(network, test);
        for (int i = 0; i < samples; i++) {
            actual[i] = test.label(i);
            predictor.predict(inputs.of(i), 0, probabilities, 0);
            for (int c = 1; c < probabilities.length; c++)
                if (probabilities[c] > probabilities[predicted[i]]) predicted[i] = c;
            confidence[i] = probabilities[predicted[i]];
        }
        String of = samples + " test samples";
        report.classes(of, labels, actual, predicted, confidence);
        int width = digits.shape().columns(), height = digits.shape().rows();
        if (width == 0) return;
        List<Picture> wrong = IntStream.range(0, samples)
                .filter(i -> actual[i] != predicted[i])
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
                        inputs.of(i)))
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

    /** Reads inputs as floats. */
    private static final class Inputs {

        private final Dataset data;
        private final Batch batch;

        Inputs(Network network, Dataset data) {
            this.data = data;
            batch = Batch.forPrediction(network.stack().forPrediction(), 1);
        }

        float[] of(int sample) {
            data.input(sample, batch, 0);
            float[] values = new float[data.inputSize()];
            for (int i = 0; i < values.length; i++) values[i] = batch.input().get(0, i);
            return values;
        }
    }
}
