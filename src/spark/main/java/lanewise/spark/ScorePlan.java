package lanewise.spark;

import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * Rows and a model's answers for them, as a node of Catalyst's logical plans: the columns of the child, then the answers'. For
 * Spark alone; programs call {@link LanewiseModel#transform}.
 *
 * @serial exclude
 */
public final class ScorePlan extends LogicalPlan {

    private static final long serialVersionUID = 1L;

    private final Scoring scoring;
    private final Attribute features;
    private final Seq<Attribute> answers;
    private final LogicalPlan child;

    /**
     * For Spark, which copies a node by a public constructor with the arguments of {@link #productElement}.
     *
     * @param scoring what is done
     * @param features the column of vectors
     * @param answers the new columns
     * @param child whose rows are scored
     */
    public ScorePlan(Scoring scoring, Attribute features, Seq<Attribute> answers, LogicalPlan child) {
        this.scoring = scoring;
        this.features = features;
        this.answers = answers;
        this.child = child;
    }

    Scoring scoring() {
        return scoring;
    }

    Attribute features() {
        return features;
    }

    Seq<Attribute> answers() {
        return answers;
    }

    LogicalPlan child() {
        return child;
    }

    @Override
    public Seq<Attribute> output() {
        return Seqs.both(child.output(), answers);
    }

    @Override
    public AttributeSet producedAttributes() {
        return Seqs.set(answers);
    }

    @Override
    public Seq<LogicalPlan> children() {
        return Seqs.of(child);
    }

    @Override
    public LogicalPlan withNewChildrenInternal(IndexedSeq<LogicalPlan> children) {
        return new ScorePlan(scoring, features, answers, children.apply(0));
    }

    @Override
    public int productArity() {
        return 4;
    }

    @Override
    public Object productElement(int n) {
        return switch (n) {
            case 0 -> scoring;
            case 1 -> features;
            case 2 -> answers;
            case 3 -> child;
            default -> throw new IndexOutOfBoundsException(n);
        };
    }

    @Override
    public boolean canEqual(Object that) {
        return that instanceof ScorePlan;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScorePlan that
                && scoring.equals(that.scoring)
                && features.equals(that.features)
                && answers.equals(that.answers)
                && child.equals(that.child);
    }

    @Override
    public int hashCode() {
        return java.util.Objects.hash(scoring, features, answers, child);
    }
}
