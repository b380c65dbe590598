package lanewise.spark;

import java.util.Iterator;
import java.util.NoSuchElementException;
import lanewise.Model;
import lanewise.Predictor;
import org.apache.spark.api.java.function.Function2;

/** A partition's rows of floats, predicted in batches. */
final class PredictedRows implements Iterator<float[]> {

    private static final int ROWS = 256, FLOATS = 1 << 20;

    private final ModelReference reference;
    private final int partition;
    private final Iterator<float[]> rows;
    private final Predictor predictor;
    private final int inputSize;
    private final int outputSize;
    private final float[] inputs;
    private final float[] outputs;
    private final int capacity;
    private int count;
    private int next;
    private long first;

    /**
     * What goes with each task.
     *
     * @param model wherever it runs
     */
    record Function(ModelReference model) implements Function2<Integer, Iterator<float[]>, Iterator<float[]>> {
        @Override
        public Iterator<float[]> call(Integer partition, Iterator<float[]> rows) {
            return new PredictedRows(model, partition, rows);
        }
    }

    private PredictedRows(ModelReference reference, int partition, Iterator<float[]> rows) {
        this.reference = reference;
        this.partition = partition;
        this.rows = rows;
        Model model = reference.model();
        inputSize = model.inputSize();
        outputSize = model.outputSize();
        capacity = Math.max(1, Math.min(ROWS, FLOATS / Math.max(inputSize, outputSize)));
        predictor = model.predictor(Math.min(capacity, 64));
        inputs = new float[capacity * inputSize];
        outputs = new float[capacity * outputSize];
    }

    @Override
    public boolean hasNext() {
        return next < count || rows.hasNext();
    }

    @Override
    public float[] next() {
        if (next == count) fill();
        float[] output = new float[outputSize];
        System.arraycopy(outputs, next++ * outputSize, output, 0, outputSize);
        return output;
    }

    private void fill() {
        if (!rows.hasNext()) throw new NoSuchElementException();
        first += count;
        count = 0;
        next = 0;
        do {
            float[] row = rows.next();
            if (row == null || row.length != inputSize) throw invalid(row);
            System.arraycopy(row, 0, inputs, count++ * inputSize, inputSize);
        } while (count < capacity && rows.hasNext());
        predictor.predict(inputs, 0, outputs, 0, count);
    }

    private IllegalArgumentException invalid(float[] row) {
        return new IllegalArgumentException("row " + (first + count) + " of partition " + partition + ": "
                + (row == null ? "null" : row.length + " elements") + ", " + inputSize + " expected by " + reference
                + "; rows are counted from 0");
    }
}
