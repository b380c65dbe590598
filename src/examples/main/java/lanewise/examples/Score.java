package lanewise.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lanewise.Model;
import lanewise.data.Dataset;
import lanewise.layer.Task;
import lanewise.train.ClassificationMetrics;
import lanewise.train.ClassificationMetrics.Average;
import lanewise.train.Predictions;
import lanewise.train.RegressionMetrics;

/**
 * How good a model's predictions are, as it is printed and written to JSON; figures that are undefined are null.
 *
 * @param samples number of rows
 * @param correct number of rows whose class is right; null of numbers, as those below to {@code classes}
 * @param classes figures of each class
 * @param r2 share of the target's variance that is predicted; null of classes, as those below
 */
record Score(
        int samples,
        Long correct,
        Double accuracy,
        Double macroF1,
        Double logLoss,
        Double rocAuc,
        Double calibrationError,
        List<OfClass> classes,
        Double r2,
        Double rootMeanSquaredError,
        Double meanAbsoluteError) {

    /** So many classes at most are printed one by one. */
    private static final int MOST_CLASSES = 50;

    /** The figures of one class. */
    record OfClass(String label, long rows, Double precision, Double recall, Double f1) {}

    /** The figures of a model's predictions of these rows. */
    static Score of(Model model, Predictions predictions, Dataset rows) {
        if (model.task() == Task.REGRESSION) {
            RegressionMetrics metrics = RegressionMetrics.of(predictions, rows);
            return new Score(
                    rows.size(),
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    defined(metrics.r2()),
                    defined(metrics.rootMeanSquaredError()),
                    defined(metrics.meanAbsoluteError()));
        }
        ClassificationMetrics metrics = ClassificationMetrics.of(predictions, rows);
        List<OfClass> classes = new ArrayList<>();
        for (int c = 0; c < model.labels().size(); c++)
            classes.add(new OfClass(
                    model.labels().get(c),
                    (long) metrics.support(c),
                    defined(metrics.precision(c)),
                    defined(metrics.recall(c)),
                    defined(metrics.f1(c))));
        return new Score(
                rows.size(),
                metrics.correct(),
                metrics.accuracy(),
                defined(metrics.f1(Average.MACRO)),
                defined(metrics.logLoss()),
                defined(metrics.rocAuc()),
                defined(metrics.calibrationError()),
                classes,
                null,
                null,
                null);
    }

    /** JSON knows finite numbers only. */
    private static Double defined(double figure) {
        return Double.isFinite(figure) ? figure : null;
    }

    private static String text(String format, Double figure) {
        return figure == null ? "undefined" : String.format(Locale.ROOT, format, figure);
    }

    /** {@code Accuracy: 97.37% (111 of 114)} or {@code R2: 0.4523, RMSE: 53.10}. */
    String firstLine() {
        return accuracy != null
                ? String.format(Locale.ROOT, "Accuracy: %.2f%% (%d of %d)", 100 * accuracy, correct, samples)
                : "R2: " + text("%.4f", r2) + ", RMSE: " + text("%.4g", rootMeanSquaredError);
    }

    /** All other figures. */
    List<String> furtherLines() {
        List<String> lines = new ArrayList<>();
        if (accuracy == null) {
            lines.add("MAE: " + text("%.4g", meanAbsoluteError) + ", rows: " + samples);
            return lines;
        }
        lines.add("Macro F1: " + text("%.4f", macroF1) + ", log loss: " + text("%.4f", logLoss) + ", ROC AUC: "
                + text("%.4f", rocAuc) + ", calibration error: " + text("%.4f", calibrationError));
        if (classes.size() > MOST_CLASSES) return lines;
        int width = "Class".length();
        for (OfClass c : classes) width = Math.max(width, c.label.length());
        String row = "%-" + width + "s  %9s  %9s  %9s  %9s";
        lines.add(String.format(Locale.ROOT, row, "Class", "Rows", "Precision", "Recall", "F1"));
        for (OfClass c : classes)
            lines.add(String.format(
                    Locale.ROOT,
                    row,
                    c.label,
                    c.rows,
                    text("%.4f", c.precision),
                    text("%.4f", c.recall),
                    text("%.4f", c.f1)));
        return lines;
    }
}
