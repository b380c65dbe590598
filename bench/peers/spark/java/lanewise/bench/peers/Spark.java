package lanewise.bench.peers;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.classification.MultilayerPerceptronClassificationModel;
import org.apache.spark.ml.classification.MultilayerPerceptronClassifier;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Spark's MultilayerPerceptronClassifier in one JVM with one thread: probabilities of single vectors, a transformation of a
 * cached frame, and fits by L-BFGS, which is its default.
 */
public final class Spark implements Peer {

    /** By trial: from the given weights on, so many steps of L-BFGS reach the accuracy that is asked for. */
    private static final int STEPS = 60;

    private SparkSession session;
    private MultilayerPerceptronClassificationModel model;

    @Override
    public String name() {
        return "Spark ML";
    }

    @Override
    public String version() {
        return org.apache.spark.package$.MODULE$.SPARK_VERSION();
    }

    @Override
    public String settings() {
        return "local[1], netlib's "
                + org.apache
                        .spark
                        .ml
                        .linalg
                        .BLAS$
                        .MODULE$
                        .nativeBLAS()
                        .getClass()
                        .getSimpleName()
                + ", cached frames of dense vectors, blocks of 128 rows, L-BFGS of " + STEPS
                + " steps";
    }

    private SparkSession session() {
        if (session == null)
            session = SparkSession.builder()
                    .appName("digits")
                    .master("local[1]")
                    .config("spark.ui.enabled", "false")
                    .config("spark.driver.bindAddress", "127.0.0.1")
                    .config("spark.driver.host", "127.0.0.1")
                    .config("spark.log.level", "OFF")
                    .getOrCreate();
        return session;
    }

    /** Weights are in the same order there. */
    private static Vector vector(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < doubles.length; i++) doubles[i] = values[i];
        return Vectors.dense(doubles);
    }

    @Override
    public void load(Work work) throws Exception {
        model = new MultilayerPerceptronClassificationModel("digits", vector(work.weights()));
        model.set(model.layers(), Work.sizes());
    }

    @Override
    public void predict(float[] digit, float[] probabilities) {
        Vector output = model.predictProbability(vector(digit));
        for (int c = 0; c < Work.CLASSES; c++) probabilities[c] = (float) output.apply(c);
    }

    /** A frame is divided by Spark. */
    @Override
    public int[] batchSizes() {
        return new int[] {Work.TEST};
    }

    private Dataset<Row> frame(float[] digits, int[] labels) {
        List<Row> rows = new ArrayList<>();
        for (int at = 0; at < digits.length; at += Work.PIXELS) {
            float[] digit = java.util.Arrays.copyOfRange(digits, at, at + Work.PIXELS);
            rows.add(RowFactory.create(vector(digit), labels == null ? 0.0 : labels[at / Work.PIXELS]));
        }
        StructType type = new StructType(new StructField[] {
            new StructField("features", SQLDataTypes.VectorType(), false, Metadata.empty()),
            new StructField("label", DataTypes.DoubleType, false, Metadata.empty())
        });
        Dataset<Row> frame = session().createDataFrame(rows, type).cache();
        frame.count();
        return frame;
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        Dataset<Row> scored = model.transform(frame(digits, null)).select("probability");
        return new Scoring() {
            @Override
            public void run() {
                scored.write().format("noop").mode("overwrite").save();
            }

            @Override
            public float[] probabilities() {
                float[] probabilities = new float[Work.TEST * Work.CLASSES];
                int at = 0;
                for (Row row : scored.collectAsList())
                    for (double p : ((Vector) row.get(0)).toArray()) probabilities[at++] = (float) p;
                return probabilities;
            }
        };
    }

    @Override
    public Course course(float[] weights, Digits digits) {
        int[] labels = digits.labels();
        Dataset<Row> frame = frame(digits.floats(), labels);
        MultilayerPerceptronClassifier classifier = new MultilayerPerceptronClassifier()
                .setLayers(Work.sizes())
                .setInitialWeights(vector(weights))
                .setMaxIter(STEPS)
                .setTol(1e-9);
        return new Course() {
            @Override
            public void run() {
                model = classifier.fit(frame);
            }

            @Override
            public float[] probabilities(float[] test) {
                float[] probabilities = new float[Work.TEST * Work.CLASSES], one = new float[Work.CLASSES];
                for (int i = 0; i < Work.TEST; i++) {
                    predict(java.util.Arrays.copyOfRange(test, i * Work.PIXELS, (i + 1) * Work.PIXELS), one);
                    System.arraycopy(one, 0, probabilities, i * Work.CLASSES, Work.CLASSES);
                }
                return probabilities;
            }
        };
    }

    @Override
    public void close() {
        if (session != null) session.stop();
    }
}
