package lanewise.spark.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.Model;
import lanewise.Network;
import lanewise.layer.RandomSource;
import lanewise.train.Trainer;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkContext$;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import scala.Option;

/** Rows, settings, and a training on them in one process. */
final class Example {

    private Example() {}

    static SparkConf settings(String master) {
        return new SparkConf()
                .setMaster(master)
                .setAppName("test")
                .set("spark.ui.enabled", "false")
                .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .set("spark.executor.extraJavaOptions", "--add-modules=jdk.incubator.vector");
    }

    /** What Spark expects where it starts executors: an installation with a folder of jars. They are on the class path instead. */
    private static void home() {
        try {
            Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new context in place of the one that this JVM has, if it has one; closed by the caller. */
    static JavaSparkContext context(SparkConf settings) {
        if (settings.get("spark.master").startsWith("local-cluster")) home();
        Option<SparkContext> active = SparkContext$.MODULE$.getActive();
        if (active.isDefined()) active.get().stop();
        return new JavaSparkContext(settings);
    }

    static JavaSparkContext context(String master) {
        return context(settings(master));
    }

    /** Vectors of seven elements, dense and sparse ones; four classes; a weight. */
    static List<Row> rows(int count) {
        RandomSource random = new RandomSource(5);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] x = new double[7];
            for (int k = 0; k < x.length; k++) x[k] = random.normal() > 0 ? 0 : random.normal();
            double label = (x[0] > 0 ? 1 : 0) + (x[1] > 0 ? 2 : 0);
            rows.add(RowFactory.create(
                    i % 2 == 0 ? Vectors.dense(x) : Vectors.dense(x).toSparse(),
                    label,
                    Math.abs(random.normal()) + 0.0));
        }
        return rows;
    }

    static Recipe recipe(String optimizer, int batchSize, int epochs) {
        return new Recipe(
                new int[] {7, 19, 4}, "tanh", 0.1f, false, optimizer, 0.01f, "linear", 1e-3f, batchSize, epochs, 0, 5);
    }

    /** The fingerprint of a training on the samples in the driver's memory. */
    static String alone(Samples samples, Recipe recipe) {
        Network network = recipe.network();
        Trainer.builder(network, recipe.loss())
                .learningRate(recipe.rates(samples.size()))
                .optimizer(recipe.rule().optimizer())
                .regularizer(recipe.rule().regularizer())
                .batchSize(recipe.batchSize())
                .epochs(recipe.epochs())
                .seed(recipe.seed())
                .build()
                .train(samples.collect());
        return Model.of(network, recipe.loss()).fingerprint();
    }
}
