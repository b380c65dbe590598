package lanewise.spark;

import java.util.concurrent.atomic.AtomicReference;
import lanewise.Model;
import org.apache.spark.TaskContext;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.unsafe.Platform;

/**
 * A model as a function of SQL, row by row: takes a vector or an array of numbers, gives one answer; null for null. Any number
 * of threads may call it, though in Spark a task has its own.
 */
final class ScoreFunction implements UDF1<Object, Object> {

    private static final long serialVersionUID = 1L;

    private final Scoring scoring;

    /** The scorer, while nobody uses it. */
    private transient AtomicReference<Scorer> idle;

    /** @param scoring with one answer */
    ScoreFunction(Scoring scoring) {
        this.scoring = scoring;
    }

    private synchronized AtomicReference<Scorer> idle() {
        if (idle == null) idle = new AtomicReference<>();
        return idle;
    }

    @Override
    public Object call(Object features) {
        if (features == null) return null;
        AtomicReference<Scorer> idle = idle();
        Scorer scorer = idle.getAndSet(null);
        if (scorer == null) scorer = new Scorer(scoring.model().model(), scoring.answers(), 1);
        scorer.clear();
        add(scorer, features);
        scorer.score();
        if (scorer.refusal(0) != null && scoring.invalid() == InvalidRows.ERROR) throw invalid(scorer, features);
        Object answer = scorer.refusal(0) != null && scoring.invalid() == InvalidRows.SKIP ? null : answer(scorer);
        idle.set(scorer);
        return answer;
    }

    private static void add(Scorer scorer, Object features) {
        if (features instanceof DenseVector dense) scorer.addDense(dense.values(), dense.size());
        else if (features instanceof SparseVector sparse)
            scorer.addSparse(sparse.size(), sparse.indices(), sparse.values(), sparse.indices().length);
        else if (features instanceof scala.collection.Seq<?> numbers) {
            double[] values = doubles(numbers);
            scorer.addDense(values, values.length);
        } else
            throw new IllegalArgumentException(
                    "a " + features.getClass().getSimpleName() + " given, a vector or an array of numbers expected");
    }

    private static double[] doubles(scala.collection.Seq<?> numbers) {
        double[] values = new double[numbers.length()];
        for (int i = 0; i < values.length; i++)
            values[i] = numbers.apply(i) instanceof Number number ? number.doubleValue() : Double.NaN;
        return values;
    }

    private Object answer(Scorer scorer) {
        Model model = scoring.model().model();
        Answer answer = scoring.answers().get(0);
        double[] values = new double[answer.size(model)];
        scorer.answer(answer, 0, values, Platform.DOUBLE_ARRAY_OFFSET);
        if (answer.isVector(model)) return Vectors.dense(values);
        return values[0];
    }

    private IllegalArgumentException invalid(Scorer scorer, Object features) {
        String text =
                features instanceof Vector v && v.size() > 20 ? Vectors.dense(first(v, 20)) + "..." : "" + features;
        return new IllegalArgumentException("a row of partition " + TaskContext.getPartitionId() + ": "
                + scorer.refusal(0) + "; given to " + scoring.model() + ": " + text);
    }

    private static double[] first(Vector vector, int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = vector.apply(i);
        return values;
    }
}
