package lanewise.spark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lanewise.Lanewise;
import lanewise.data.Idx;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.classification.MultilayerPerceptronClassifier;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Time to an accuracy on MNIST: {@link LanewiseClassifier}, and Spark's own MultilayerPerceptronClassifier with the same layers, its
 * defaults but for the number of iterations. One after the other in one JVM, {@code local[2]}, each longer until it reaches the
 * accuracy: with 1, 2, 4 … epochs, or 25, 50, 100 … iterations. The time is that of the call of {@code fit}, frames cached.
 *
 * <p>Arguments: {@code --to 0.97}, {@code --from 25} and {@code --most 400} iterations.
 */
final class TrainingBench {

    private static final Path DIGITS = Path.of("src/examples/main/resources/mnist");
    private static final int[] LAYERS = {784, 128, 64, 10};

    private TrainingBench() {}

    public static void main(String[] args) throws Exception {
        double to = 0.97;
        int from = 25, most = 400;
        for (int i = 0; i < args.length; i++)
            if (args[i].equals("--to")) to = Double.parseDouble(args[++i]);
            else if (args[i].equals("--from")) from = Integer.parseInt(args[++i]);
            else if (args[i].equals("--most")) most = Integer.parseInt(args[++i]);
            else throw new IllegalArgumentException(args[i] + ": --to, --from or --most expected");
        try (SparkSession session = LocalSpark.session(2)) {
            System.out.println("Spark " + session.version() + ", local[2], JDK " + Runtime.version() + ", Lanewise "
                    + Lanewise.version() + ", " + Lanewise.kernels());
            Dataset<Row> training = frame(session, "train"), test = frame(session, "t10k");
            double reached = 0;
            for (int epochs = 1; reached < to && epochs <= 64; epochs *= 2) {
                LanewiseClassifier classifier = new LanewiseClassifier()
                        .setLayers(LAYERS)
                        .setActivation("sigmoid")
                        .setLearningRate(0.005)
                        .setBatchSize(512)
                        .setEpochs(epochs);
                long start = System.nanoTime();
                reached = tell("Lanewise, " + epochs + " epochs", start, classifier.fit(training), test);
            }
            reached = 0;
            for (int iterations = from; reached < to && iterations <= most; iterations *= 2) {
                MultilayerPerceptronClassifier classifier = new MultilayerPerceptronClassifier()
                        .setLayers(LAYERS)
                        .setMaxIter(iterations)
                        .setTol(1e-9)
                        .setSeed(1);
                long start = System.nanoTime();
                reached = tell("Spark ML, " + iterations + " iterations", start, classifier.fit(training), test);
            }
        }
    }

    private static double tell(String who, long start, Model<?> model, Dataset<Row> test) {
        double seconds = 1e-9 * (System.nanoTime() - start);
        double accuracy = new MulticlassClassificationEvaluator()
                .setMetricName("accuracy")
                .evaluate(model.transform(test));
        System.out.printf(Locale.ROOT, "%-28s %7.1f s   %.2f %%%n", who, seconds, 100 * accuracy);
        return accuracy;
    }

    private static Dataset<Row> frame(SparkSession session, String part) throws Exception {
        Idx images = Idx.read(DIGITS.resolve(part + "-images-idx3-ubyte.gz"));
        int[] labels = Idx.read(DIGITS.resolve(part + "-labels-idx1-ubyte.gz")).ints();
        byte[] pixels = images.data();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            double[] digit = new double[784];
            for (int k = 0; k < digit.length; k++) digit[k] = (pixels[i * 784 + k] & 0xff) / 255.0;
            rows.add(RowFactory.create(Vectors.dense(digit), (double) labels[i]));
        }
        StructType type = new StructType()
                .add("features", SQLDataTypes.VectorType(), false)
                .add("label", DataTypes.DoubleType, false);
        Dataset<Row> frame = session.createDataFrame(rows, type).repartition(4).cache();
        frame.count();
        return frame;
    }
}
