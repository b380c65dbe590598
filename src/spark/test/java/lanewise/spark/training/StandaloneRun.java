package lanewise.spark.training;

import java.util.List;
import lanewise.train.TrainingListener;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.sql.Row;

/**
 * The driver that src/spark/test/standalone/hosts.sh disturbs. It says each step, executors that come and go, and at last the
 * fingerprint, one line each. Arguments: the way and the folder for checkpoints; or {@code ONE}, for one process. Spark's settings are
 * system properties.
 */
final class StandaloneRun {

    /** 16 steps of four blocks in an epoch. */
    private static final int ROWS = 16 * 1_024, EPOCHS = 5;

    private static final Recipe RECIPE = new Recipe(
            new int[] {7, 256, 256, 4}, "relu", 0.1f, false, "adam", 0.003f, "linear", 1e-3f, 1_024, EPOCHS, 0, 5);

    private StandaloneRun() {}

    public static void main(String[] arguments) {
        List<Row> rows = Example.rows(ROWS);
        try (JavaSparkContext spark = new JavaSparkContext(new SparkConf().setAppName("hosts"))) {
            spark.sc().addSparkListener(new Executors());
            try (Samples samples = new Samples(spark.parallelize(rows, 3), RECIPE, true, false)) {
                say("trained "
                        + (arguments[0].equals("ONE")
                                ? Example.alone(samples, RECIPE)
                                : train(spark, samples, arguments)));
            }
        }
    }

    private static String train(JavaSparkContext spark, Samples samples, String[] arguments) {
        return new Training(spark, RECIPE)
                .way(Way.valueOf(arguments[0]))
                .checkpoints("file://" + arguments[1], 0, 1, 2, true)
                .listener(new Steps())
                .run(samples)
                .fingerprint();
    }

    private static synchronized void say(String line) {
        System.out.println(line);
    }

    private static final class Steps implements TrainingListener {

        @Override
        public void batchDone(int epoch, int samplesDone, int samples, double loss) {
            say("step " + ((epoch - 1) * (ROWS / RECIPE.batchSize()) + samplesDone / RECIPE.batchSize()));
        }

        @Override
        public void warning(String message) {
            say("warning " + message);
        }
    }

    private static final class Executors extends SparkListener {

        @Override
        public void onExecutorAdded(SparkListenerExecutorAdded added) {
            say("added executor " + added.executorId() + " on "
                    + added.executorInfo().executorHost());
        }

        @Override
        public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
            say("removed executor " + removed.executorId() + ": "
                    + removed.reason().lines().findFirst().orElse(""));
        }
    }
}
