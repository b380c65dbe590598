package lanewise.spark;

import java.io.Serializable;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;
import scala.collection.Iterator;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Map;
import scala.collection.immutable.Seq;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;

/**
 * Scores a partition's rows in batches, {@link ScoredRows}: the physical operator. Its rows are the carried columns, then the
 * answers; they stay in their partitions and in their order. For Spark alone.
 *
 * @serial exclude
 */
public final class ScoreExec extends SparkPlan {

    private static final long serialVersionUID = 1L;

    private static final String SCORED = "numOutputRows", SKIPPED = "numSkippedRows";

    private final Scoring scoring;
    private final transient Attribute features;
    private final transient Seq<Attribute> carried;
    private final transient Seq<Attribute> answers;
    private final SparkPlan child;
    private final transient Map<String, SQLMetric> metrics;

    /**
     * For Spark, which copies a node by a public constructor with the arguments of {@link #productElement}.
     *
     * @param scoring what is done
     * @param features the column of vectors
     * @param carried the columns that go out besides the answers
     * @param answers the new columns
     * @param child whose rows are scored
     */
    public ScoreExec(
            Scoring scoring, Attribute features, Seq<Attribute> carried, Seq<Attribute> answers, SparkPlan child) {
        this.scoring = scoring;
        this.features = features;
        this.carried = carried;
        this.answers = answers;
        this.child = child;
        metrics = new Map.Map2<>(
                SCORED,
                SQLMetrics.createMetric(sparkContext(), "number of output rows"),
                SKIPPED,
                SQLMetrics.createMetric(sparkContext(), "number of invalid rows left out"));
    }

    @Override
    public Map<String, SQLMetric> metrics() {
        return metrics;
    }

    @Override
    public Seq<Attribute> output() {
        return Seqs.both(carried, answers);
    }

    @Override
    public AttributeSet producedAttributes() {
        return Seqs.set(answers);
    }

    @Override
    public Partitioning outputPartitioning() {
        return child.outputPartitioning();
    }

    @Override
    public Seq<SortOrder> outputOrdering() {
        return child.outputOrdering();
    }

    @Override
    public RDD<InternalRow> doExecute() {
        Columns columns = new Columns(child.output(), features, carried, answers);
        Scored scored = new Scored(scoring, columns, metrics.apply(SCORED), metrics.apply(SKIPPED));
        return child.execute()
                .mapPartitionsWithIndex(scored, true, ClassTag$.MODULE$.<InternalRow>apply(InternalRow.class));
    }

    /** What goes with each task. */
    private static final class Scored extends AbstractFunction2<Object, Iterator<InternalRow>, Iterator<InternalRow>>
            implements Serializable {

        private static final long serialVersionUID = 1L;

        private final Scoring scoring;
        private final Columns columns;
        private final SQLMetric scoredRows;
        private final SQLMetric skippedRows;

        Scored(Scoring scoring, Columns columns, SQLMetric scoredRows, SQLMetric skippedRows) {
            this.scoring = scoring;
            this.columns = columns;
            this.scoredRows = scoredRows;
            this.skippedRows = skippedRows;
        }

        @Override
        public Iterator<InternalRow> apply(Object partition, Iterator<InternalRow> rows) {
            return new ScoredRows(scoring, columns, (Integer) partition, rows, scoredRows, skippedRows);
        }
    }

    @Override
    public Seq<SparkPlan> children() {
        return Seqs.of(child);
    }

    @Override
    public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
        return new ScoreExec(scoring, features, carried, answers, children.apply(0));
    }

    @Override
    public int productArity() {
        return 5;
    }

    @Override
    public Object productElement(int n) {
        return switch (n) {
            case 0 -> scoring;
            case 1 -> features;
            case 2 -> carried;
            case 3 -> answers;
            case 4 -> child;
            default -> throw new IndexOutOfBoundsException(n);
        };
    }

    @Override
    public boolean canEqual(Object that) {
        return that instanceof ScoreExec;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScoreExec that
                && scoring.equals(that.scoring)
                && features.equals(that.features)
                && carried.equals(that.carried)
                && answers.equals(that.answers)
                && child.equals(that.child);
    }

    @Override
    public int hashCode() {
        return java.util.Objects.hash(scoring, features, carried, answers, child);
    }
}
