package lanewise.examples;

import lanewise.Model;
import lanewise.Predictors;
import lanewise.Workers;
import lanewise.layer.Task;

/**
 * What a model answers to rows.
 *
 * @param values as the model predicts them, row after row: probabilities of classes, or numbers
 * @param classes the most probable of each row; null of numbers
 */
record Answers(float[] values, int[] classes) {

    /** Rows that are computed together. */
    private static final int BATCH = 32;

    /** Answers to inputs, row after row. */
    static Answers of(Model model, float[] inputs) {
        int rows = inputs.length / model.inputSize();
        float[] values = new float[Math.multiplyExact(rows, model.outputSize())];
        int[] classes = model.task() == Task.REGRESSION ? null : new int[rows];
        try (Predictors predictors = Predictors.of(model, BATCH)) {
            predictors.predict(inputs, 0, values, 0, rows, Workers.one());
            if (classes != null) predictors.classify(inputs, 0, classes, 0, rows, Workers.one());
        }
        return new Answers(values, classes);
    }
}
