package lanewise.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lanewise.Lanewise;
import lanewise.Model;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Executors in JVMs of their own, to which a model has to be shipped: {@code local-cluster}, as Spark's own tests have it. */
@Tag("cluster")
class ClusterTest {

    /** What Spark expects of an installation: a folder of jars. They are on the class path instead. */
    private static void home() throws Exception {
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    }

    @Test
    void executorsOfTheirOwnAnswerTheSame() throws Exception {
        home();
        String options = ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-"))
                .map(argument -> argument.replace(' ', '='))
                .collect(Collectors.joining(" "));
        LocalSpark.session(2).stop();
        List<Vector> vectors = Models.vectors(9, 501, 4);
        try (SparkSession session = LocalSpark.builder()
                .master("local-cluster[2,1,1024]")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", options)
                .config("spark.executorEnv.JAVA_HOME", System.getProperty("java.home"))
                .getOrCreate()) {
            for (Model model : Models.all(9)) {
                LanewiseModel stage = LanewiseModel.of(model).register(session, "answer");
                List<Row> rows =
                        stage.transform(Models.frame(session, vectors, 4)).collectAsList();
                List<Row> again = Models.frame(session, vectors, 4)
                        .selectExpr("answer(features)")
                        .collectAsList();
                for (int i = 0; i < rows.size(); i++) {
                    if (model.classes() > 0)
                        assertEquals(
                                model.predictor().classify(Models.floats(vectors.get(i)), 0),
                                rows.get(i).<Double>getAs("prediction"));
                    assertEquals(
                            rows.get(i).<Object>getAs("prediction"),
                            again.get(i).get(0));
                }
            }
            List<String> executors = new ArrayList<>(JavaSparkContext.fromSparkContext(session.sparkContext())
                    .parallelize(List.of(1, 2, 3, 4), 4)
                    .map(i -> ProcessHandle.current().pid() + " " + Lanewise.kernels())
                    .distinct()
                    .collect());
            for (String executor : executors) {
                assertNotEquals(ProcessHandle.current().pid() + "", executor.split(" ")[0]);
                assertEquals(Lanewise.kernels(), executor.split(" ", 2)[1]);
            }
        }
    }
}
