package lanewise.spark;

import java.io.Serializable;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import scala.collection.immutable.Seq;

/**
 * The columns of a scoring, as Catalyst knows them.
 *
 * @param input all columns of the rows that come in
 * @param features one of them
 * @param carried those that are in the rows that go out
 * @param answers those that are added behind
 */
record Columns(Seq<Attribute> input, Attribute features, Seq<Attribute> carried, Seq<Attribute> answers)
        implements Serializable {

    /** Where the features are among the input. */
    int indexOfFeatures() {
        return input.indexWhere(a -> a.exprId().equals(features.exprId()));
    }
}
