package lanewise.spark;

import java.util.List;
import lanewise.Model;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;

/**
 * One row of answers, used again for each row. All rows have the same size, so Spark writes it once, and the numbers are put
 * where they stand in it.
 */
final class AnswerRow {

    private final Answer[] answers;

    /** Address of each answer's first number. */
    private final long[] places;

    private final UnsafeRow row;

    AnswerRow(Model model, List<Answer> answers) {
        this.answers = answers.toArray(Answer[]::new);
        int n = answers.size();
        places = new long[n];
        Object[] zeros = new Object[n];
        Expression[] fields = new Expression[n];
        for (int i = 0; i < n; i++) {
            Answer answer = answers.get(i);
            zeros[i] = answer.isVector(model) ? vector(answer.size(model)) : (Object) 0.0;
            fields[i] = new BoundReference(i, answer.type(model), false);
        }
        row = UnsafeProjection.create(Seqs.of(fields))
                .apply(new GenericInternalRow(zeros))
                .copy();
        for (int i = 0; i < n; i++) places[i] = answers.get(i).isVector(model) ? elements(i) : field(i);
    }

    /** A dense vector of zeros, as {@code VectorUDT} keeps it. */
    private static InternalRow vector(int size) {
        return new GenericInternalRow(
                new Object[] {(byte) 1, null, null, UnsafeArrayData.fromPrimitiveArray(new double[size])});
    }

    private long field(int i) {
        return row.getBaseOffset() + UnsafeRow.calculateBitSetWidthInBytes(row.numFields()) + 8L * i;
    }

    private long elements(int i) {
        UnsafeArrayData values = row.getStruct(i, 4).getArray(3);
        return values.getBaseOffset() + UnsafeArrayData.calculateHeaderPortionInBytes(values.numElements());
    }

    /** The answers for a row of the batch; always the same object. */
    UnsafeRow of(Scorer scorer, int index) {
        Object base = row.getBaseObject();
        for (int i = 0; i < answers.length; i++) scorer.answer(answers[i], index, base, places[i]);
        return row;
    }
}
