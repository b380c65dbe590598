package lanewise.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.ExperimentalMethods;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.ProjectExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.collection.immutable.Seq;

/**
 * Plans {@link ScorePlan}. Answers that no one needs are not computed, and of the child's columns those that no one needs after the
 * scoring are not carried along: in most queries the features themselves. The rows are checked in any case.
 */
final class ScoreStrategy extends SparkStrategy {

    private static final long serialVersionUID = 1L;

    private static final ScoreStrategy INSTANCE = new ScoreStrategy();

    private ScoreStrategy() {}

    /** Makes a session able to plan scoring; once is enough. */
    static void addTo(SparkSession session) {
        ExperimentalMethods methods = session.experimental();
        synchronized (ScoreStrategy.class) {
            if (!methods.extraStrategies().contains(INSTANCE))
                methods.extraStrategies_$eq(Seqs.both(methods.extraStrategies(), Seqs.of(INSTANCE)));
        }
    }

    @Override
    public Seq<SparkPlan> apply(LogicalPlan plan) {
        if (plan instanceof ScorePlan score) return Seqs.of(execution(score, Seqs.list(score.output())));
        if (plan instanceof Project project && project.child() instanceof ScorePlan score) {
            List<NamedExpression> list = Seqs.list(project.projectList());
            if (isInOrder(list, score)) return Seqs.of(execution(score, list));
            List<NamedExpression> used = Seqs.list(score.output());
            used.removeIf(column -> !project.references().contains(column));
            return Seqs.of(new ProjectExec(project.projectList(), execution(score, used)));
        }
        return Seqs.of();
    }

    /** Whether these are columns of the child, then answers, renamed or not: the operator then needs no projection behind it. */
    private static boolean isInOrder(List<NamedExpression> list, ScorePlan score) {
        boolean answered = false;
        for (NamedExpression expression : list) {
            Attribute answer = answerOf(expression, score);
            if (answer == null && (answered || !(expression instanceof Attribute))) return false;
            answered = answer != null;
        }
        return true;
    }

    /** The answer that this is, under its name or another; null if it is something else. */
    private static Attribute answerOf(NamedExpression expression, ScorePlan score) {
        Object column = expression instanceof Alias alias ? alias.child() : expression;
        return column instanceof Attribute attribute && indexIn(score, attribute) >= 0 ? attribute : null;
    }

    private static int indexIn(ScorePlan score, Attribute column) {
        return score.answers().indexWhere(a -> a.exprId().equals(column.exprId()));
    }

    /** The operator whose rows are these columns. */
    private SparkPlan execution(ScorePlan score, List<? extends NamedExpression> columns) {
        List<Attribute> carried = new ArrayList<>(), added = new ArrayList<>();
        List<Answer> asked = new ArrayList<>();
        for (NamedExpression column : columns) {
            Attribute answer = answerOf(column, score);
            (answer == null ? carried : added).add(column.toAttribute());
            if (answer != null) asked.add(score.scoring().answers().get(indexIn(score, answer)));
        }
        return new ScoreExec(
                score.scoring().answering(asked),
                score.features(),
                Seqs.of(carried),
                Seqs.of(added),
                planLater(score.child()));
    }
}
