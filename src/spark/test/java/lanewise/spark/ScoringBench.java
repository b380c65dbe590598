package lanewise.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.apache.spark.ml.classification.MultilayerPerceptronClassificationModel;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.VectorUDT;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * How fast rows are scored: by {@link LanewiseModel} as a stage and as a function of SQL, by Spark's own multilayer perceptron
 * with the same layers and weights, and by plain threads without Spark. All in one JVM and in turn, {@code local[2]}.
 *
 * <p>Rows are made on the fly: number i is element i mod 4,096 of a pool, so that making one is Spark's own copy of it. "rows" is
 * that alone, and "score" is the stage less the rows. The plain threads have the same rows as floats in one array of the pool's size, and
 * predict in batches of 256. Frames go to Spark's sink {@code noop}. Spark's own network scores a tenth of the
 * rows, and its time is taken ten times. The figure is the median of the rounds.
 *
 * <p>Arguments: networks as {@code 784-128-64-10:300000}, which is layers and rows; {@code --rounds 5}; {@code --only stage} for a profiler.
 */
final class ScoringBench {

    private static final int POOL = 4096, THREADS = 2, BATCH = 256;

    /** The rows for the network that is measured; for tasks, which run in this JVM. */
    private static InternalRow[] pool;

    private interface Run {
        void run() throws Exception;
    }

    private final SparkSession session;
    private final int rounds;
    private final String only;

    private ScoringBench(SparkSession session, int rounds, String only) {
        this.session = session;
        this.rounds = rounds;
        this.only = only;
    }

    public static void main(String[] args) throws Exception {
        int rounds = 5;
        String only = "";
        List<String> networks = new ArrayList<>();
        for (int i = 0; i < args.length; i++)
            if (args[i].equals("--rounds")) rounds = Integer.parseInt(args[++i]);
            else if (args[i].equals("--only")) only = args[++i];
            else networks.add(args[i]);
        if (networks.isEmpty())
            networks = List.of("10-32-3:10000000", "784-128-64-10:1000000", "1024-1024-1024-10:40000");
        try (SparkSession session = LocalSpark.session(2)) {
            System.out.println("Spark " + session.version() + ", local[" + THREADS + "], JDK " + Runtime.version()
                    + ", Lanewise " + Lanewise.version() + ", " + Lanewise.kernels());
            for (String network : networks) new ScoringBench(session, rounds, only).compare(network);
        }
    }

    private void compare(String text) throws Exception {
        String[] parts = text.split(":");
        int[] layers =
                Arrays.stream(parts[0].split("-")).mapToInt(Integer::parseInt).toArray();
        long rows = Long.parseLong(parts[1]);
        Network network = network(layers);
        Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
        model.warmUp();
        float[] inputs = inputs(layers[0]);

        Dataset<Row> frame = frame(rows);
        Dataset<Row> tenth = frame(rows / 10);
        LanewiseModel stage = LanewiseModel.of(model).register(session, "score", "probability");
        MultilayerPerceptronClassificationModel peer = peer(network, layers);
        Map<String, Run> runs = new LinkedHashMap<>();
        runs.put("rows", () -> toNowhere(frame));
        runs.put("plain", () -> plain(model, inputs, rows));
        runs.put("stage", () -> toNowhere(stage.transform(frame).select("prediction", "probability")));
        runs.put("all columns", () -> toNowhere(stage.transform(frame)));
        runs.put("function", () -> toNowhere(frame.selectExpr("score(features)")));
        runs.put("Spark ML", () -> toNowhere(peer.transform(tenth).select("prediction", "probability")));
        check(stage, peer, frame);
        if (!only.isEmpty())
            runs.keySet().removeIf(name -> !List.of(only, "rows", "plain").contains(name));
        Map<String, List<Double>> seconds = new LinkedHashMap<>();
        for (int round = -1; round < rounds; round++)
            for (Map.Entry<String, Run> run : runs.entrySet()) {
                long begin = System.nanoTime();
                run.getValue().run();
                double s = 1e-9 * (System.nanoTime() - begin) * (run.getKey().equals("Spark ML") ? 10 : 1);
                if (round >= 0)
                    seconds.computeIfAbsent(run.getKey(), k -> new ArrayList<>())
                            .add(s);
            }
        if (seconds.containsKey("stage")) seconds.put("score", difference(seconds.get("stage"), seconds.get("rows")));
        print(text, rows, seconds);
    }

    private static void print(String text, long rows, Map<String, List<Double>> seconds) {
        System.out.println();
        System.out.printf(Locale.ROOT, "%-24s %12s %8s %8s   %s%n", text, "rows/s", "/plain", "/Spark", "rounds");
        for (Map.Entry<String, List<Double>> run : seconds.entrySet())
            System.out.printf(
                    Locale.ROOT,
                    "%-24s %,12.0f %8.2f %8.2f   %s%n",
                    run.getKey(),
                    rows / median(run.getValue()),
                    ratio(seconds.get("plain"), run.getValue()),
                    ratio(seconds.getOrDefault("Spark ML", run.getValue()), run.getValue()),
                    run.getValue().stream()
                            .map(s -> String.format(Locale.ROOT, "%.2f", s))
                            .toList());
    }

    private static List<Double> difference(List<Double> all, List<Double> part) {
        List<Double> difference = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) difference.add(all.get(i) - part.get(i));
        return difference;
    }

    /** The median of the rounds' ratios: what one is compared with ran beside it. */
    private static double ratio(List<Double> slow, List<Double> fast) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < slow.size(); i++) ratios.add(slow.get(i) / fast.get(i));
        return median(ratios);
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    /** Sigmoids, as Spark has them. */
    private static Network network(int[] layers) {
        Network.Builder builder = Network.builder(layers[0]);
        for (int i = 1; i < layers.length; i++)
            builder.dense(layers[i], i < layers.length - 1 ? Activation.SIGMOID : Activation.IDENTITY);
        return builder.build(1);
    }

    /** Spark's own network, whose weights lie in the same order. */
    private static MultilayerPerceptronClassificationModel peer(Network network, int[] layers) {
        MultilayerPerceptronClassificationModel model = new MultilayerPerceptronClassificationModel(
                "peer", vector(network.copyParameters(), 0, network.parameterCount()));
        model.set(model.layers(), layers);
        return model;
    }

    /** Fills the pool as well. */
    private static float[] inputs(int size) {
        java.util.Random random = new java.util.Random(1);
        float[] inputs = new float[POOL * size];
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.nextFloat();
        UnsafeProjection projection = UnsafeProjection.create(new DataType[] {SQLDataTypes.VectorType()});
        pool = new InternalRow[POOL];
        for (int i = 0; i < POOL; i++) {
            Object internal = new VectorUDT().serialize(vector(inputs, i * size, size));
            pool[i] = projection
                    .apply(new GenericInternalRow(new Object[] {internal}))
                    .copy();
        }
        return inputs;
    }

    private static Vector vector(float[] values, int offset, int size) {
        double[] doubles = new double[size];
        for (int i = 0; i < size; i++) doubles[i] = values[offset + i];
        return Vectors.dense(doubles);
    }

    /** A frame without a plan that Spark could do something clever with: its rows come as a scan's do. */
    private Dataset<Row> frame(long rows) {
        StructType type = new StructType().add("features", SQLDataTypes.VectorType(), false);
        RDD<InternalRow> numbered = session.sparkContext()
                .range(0, rows, 1, THREADS)
                .map(new PooledRow(), ClassTag$.MODULE$.<InternalRow>apply(InternalRow.class));
        return ((org.apache.spark.sql.classic.SparkSession) session).internalCreateDataFrame(numbered, type, false);
    }

    private static final class PooledRow extends AbstractFunction1<Object, InternalRow> implements Serializable {

        private static final long serialVersionUID = 1L;

        @Override
        public InternalRow apply(Object i) {
            return pool[(int) ((Long) i & POOL - 1)];
        }
    }

    private static void toNowhere(Dataset<Row> frame) {
        frame.write().format("noop").mode("overwrite").save();
    }

    private static void plain(Model model, float[] inputs, long rows) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            Thread thread = new Thread(() -> {
                Predictor predictor = model.predictor(64);
                float[] outputs = new float[BATCH * model.outputSize()];
                long left = rows / THREADS;
                for (int at = 0; left > 0; at = (at + BATCH) % POOL) {
                    int count = (int) Math.min(BATCH, left);
                    predictor.predict(inputs, at * model.inputSize(), outputs, 0, count);
                    left -= count;
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) thread.join();
    }

    /** Both answer the same, or there is nothing to compare. */
    private static void check(LanewiseModel stage, MultilayerPerceptronClassificationModel peer, Dataset<Row> frame) {
        List<Row> ours = stage.transform(frame.limit(100)).select("probability").collectAsList();
        List<Row> theirs =
                peer.transform(frame.limit(100)).select("probability").collectAsList();
        for (int i = 0; i < ours.size(); i++) {
            double distance = Math.sqrt(Vectors.sqdist(
                    (Vector) ours.get(i).get(0), (Vector) theirs.get(i).get(0)));
            if (!(distance < 1e-4))
                throw new IllegalStateException("row " + i + ": " + ours.get(i) + ", " + theirs.get(i));
        }
    }
}
