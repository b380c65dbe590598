package lanewise.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Lists in the form that Catalyst has them. */
final class Seqs {

    private Seqs() {}

    @SafeVarargs
    @SuppressWarnings("varargs") // only read
    static <T> Seq<T> of(T... elements) {
        return of(Arrays.asList(elements));
    }

    static <T> Seq<T> of(List<? extends T> list) {
        return CollectionConverters.asScala(new ArrayList<T>(list)).toList();
    }

    static <T> List<T> list(Seq<? extends T> seq) {
        return new ArrayList<>(CollectionConverters.asJava(seq));
    }

    static <T> Seq<T> both(Seq<? extends T> first, Seq<? extends T> second) {
        List<T> all = list(first);
        all.addAll(list(second));
        return of(all);
    }

    static AttributeSet set(Seq<Attribute> attributes) {
        return AttributeSet.fromAttributeSets(
                of(list(attributes).stream().map(AttributeSet::apply).toList()));
    }
}
