package lanewise.spark;

import java.util.Arrays;
import java.util.NoSuchElementException;
import lanewise.Model;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.catalyst.expressions.codegen.GenerateUnsafeRowJoiner;
import org.apache.spark.sql.catalyst.expressions.codegen.UnsafeRowJoiner;
import org.apache.spark.sql.catalyst.types.DataTypeUtils;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.unsafe.Platform;
import scala.collection.AbstractIterator;
import scala.collection.Iterator;
import scala.collection.immutable.Seq;

/**
 * A partition's rows with their answers. Reads as many rows as make a batch, keeps their carried columns as bytes, scores them,
 * and hands them out one by one in one row that is used again, as Spark's operators do. Allocates nothing for a row, but where
 * a longer one comes than all before.
 */
final class ScoredRows extends AbstractIterator<InternalRow> {

    /** A batch ends when its rows take so many bytes. */
    private static final int BYTES = 4 << 20;

    /** Fields of a vector as Spark keeps it: its type, and then as {@code VectorUDT} says. */
    private static final int FIELDS = 4, TYPE = 0, SIZE = 1, INDICES = 2, VALUES = 3, SPARSE = 0;

    private final Scoring scoring;
    private final int partition;
    private final Iterator<InternalRow> rows;
    private final Scorer scorer;
    private final int features;
    private final SQLMetric scoredRows;
    private final SQLMetric skippedRows;

    // Reading

    /** For children whose rows are of another form; made when one comes. */
    private final Seq<Attribute> input;

    private UnsafeProjection unsafe;

    /** The carried columns of a row; null if these are all of them. */
    private final UnsafeProjection carried;

    private final UnsafeRow vector = new UnsafeRow(FIELDS);
    private final UnsafeArrayData array = new UnsafeArrayData();
    private double[] values;
    private int[] indices = new int[16];

    // The batch

    private final boolean nothingCarried;
    private byte[] kept = new byte[1024];
    private final int[] ends;
    private int next;

    /** Number in the partition of the batch's first row. */
    private long first;

    // Writing

    private final AnswerRow answers;
    private final UnsafeRow left;
    private final UnsafeRowJoiner joiner;

    ScoredRows(
            Scoring scoring,
            Columns columns,
            int partition,
            Iterator<InternalRow> rows,
            SQLMetric scoredRows,
            SQLMetric skippedRows) {
        this.scoring = scoring;
        this.partition = partition;
        this.rows = rows;
        this.scoredRows = scoredRows;
        this.skippedRows = skippedRows;
        Model model = scoring.model().model();
        scorer = new Scorer(model, scoring.answers());
        answers = new AnswerRow(model, scoring.answers());
        input = columns.input();
        features = columns.indexOfFeatures();
        values = new double[model.inputSize()];
        ends = new int[scorer.capacity() + 1];
        nothingCarried = columns.carried().isEmpty();
        carried = nothingCarried || columns.carried().equals(input) ? null : projection(columns.carried());
        left = new UnsafeRow(columns.carried().size());
        joiner = nothingCarried
                ? null
                : GenerateUnsafeRowJoiner.create(
                        DataTypeUtils.fromAttributes(columns.carried()),
                        DataTypeUtils.fromAttributes(columns.answers()));
    }

    private UnsafeProjection projection(Seq<Attribute> columns) {
        return UnsafeProjection.create(Seqs.<Expression>of(Seqs.list(columns)), input);
    }

    @Override
    public boolean hasNext() {
        while (true) {
            for (; next < scorer.rows(); next++) {
                if (scorer.refusal(next) == null || scoring.invalid() == InvalidRows.KEEP) return true;
                if (scoring.invalid() == InvalidRows.ERROR) throw invalid();
                skippedRows.add(1);
            }
            if (!rows.hasNext()) return false;
            fill();
        }
    }

    @Override
    public InternalRow next() {
        if (!hasNext()) throw new NoSuchElementException();
        int row = next++;
        scoredRows.add(1);
        UnsafeRow right = answers.of(scorer, row);
        if (nothingCarried) return right;
        left.pointTo(kept, Platform.BYTE_ARRAY_OFFSET + ends[row], ends[row + 1] - ends[row]);
        return joiner.join(left, right);
    }

    private void fill() {
        first += scorer.rows();
        scorer.clear();
        next = 0;
        do read(unsafe(rows.next()));
        while (scorer.rows() < scorer.capacity() && ends[scorer.rows()] < BYTES && rows.hasNext());
        scorer.score();
    }

    private UnsafeRow unsafe(InternalRow row) {
        if (row instanceof UnsafeRow already) return already;
        if (unsafe == null) unsafe = projection(input);
        return unsafe.apply(row);
    }

    private void read(UnsafeRow row) {
        int at = scorer.rows();
        if (nothingCarried) ends[at + 1] = 0;
        else keep(carried == null ? row : carried.apply(row), at);
        if (row.isNullAt(features)) {
            scorer.refuse("null");
            return;
        }
        long place = row.getLong(features);
        vector.pointTo(row.getBaseObject(), row.getBaseOffset() + (place >>> 32), (int) place);
        int count = doubles();
        if (vector.getByte(TYPE) == SPARSE) scorer.addSparse(vector.getInt(SIZE), indices(count), values, count);
        else scorer.addDense(values, count);
    }

    private void keep(UnsafeRow row, int at) {
        int from = ends[at], size = row.getSizeInBytes();
        if (kept.length - from < size) kept = Arrays.copyOf(kept, Math.max(from + size, 2 * kept.length));
        Platform.copyMemory(row.getBaseObject(), row.getBaseOffset(), kept, Platform.BYTE_ARRAY_OFFSET + from, size);
        ends[at + 1] = from + size;
    }

    /** Copies the vector's values out, and tells how many they are. */
    private int doubles() {
        int count = point(VALUES);
        if (values.length < count) values = new double[count];
        Platform.copyMemory(array.getBaseObject(), elements(count), values, Platform.DOUBLE_ARRAY_OFFSET, 8L * count);
        return count;
    }

    private int[] indices(int count) {
        point(INDICES);
        if (indices.length < count) indices = new int[Math.max(count, 2 * indices.length)];
        Platform.copyMemory(array.getBaseObject(), elements(count), indices, Platform.INT_ARRAY_OFFSET, 4L * count);
        return indices;
    }

    private int point(int field) {
        long place = vector.getLong(field);
        array.pointTo(vector.getBaseObject(), vector.getBaseOffset() + (place >>> 32), (int) place);
        return array.numElements();
    }

    private long elements(int count) {
        return array.getBaseOffset() + UnsafeArrayData.calculateHeaderPortionInBytes(count);
    }

    private IllegalArgumentException invalid() {
        return new IllegalArgumentException("row " + (first + next) + " of partition " + partition + ", column \""
                + scoring.features() + "\": " + scorer.refusal(next) + "; rows are counted from 0 as they come to "
                + scoring.model()
                + "; to leave such rows out or to answer NaN, set handleInvalid to \"skip\" or \"keep\"");
    }
}
