package lanewise.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import lanewise.Model;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Task;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Models of each task, and rows for them. */
final class Models {

    private Models() {}

    static Network network(int inputs, int outputs, long seed) {
        return Network.builder(inputs)
                .dense(17, Activation.TANH)
                .dense(outputs, Activation.IDENTITY)
                .build(seed);
    }

    /** Three classes with labels. */
    static Model classes(int inputs) {
        return Model.builder(network(inputs, 3, 1), Loss.SOFTMAX_CROSS_ENTROPY)
                .name("flowers")
                .labels(List.of("setosa", "versicolor", "virginica"))
                .build();
    }

    /** One of each kind of answers. */
    static List<Model> all(int inputs) {
        Network three = network(inputs, 3, 2), one = network(inputs, 1, 3);
        return List.of(
                classes(inputs),
                Model.builder(three, Loss.SOFTMAX_CROSS_ENTROPY)
                        .temperature(2.5f)
                        .build(),
                of(three, Output.LOG_SOFTMAX, Task.MULTICLASS),
                of(three, Output.IDENTITY, Task.MULTICLASS),
                of(one, Output.SIGMOID, Task.BINARY),
                of(one, Output.IDENTITY, Task.BINARY),
                of(three, Output.SIGMOID, Task.MULTILABEL),
                of(one, Output.IDENTITY, Task.REGRESSION),
                of(three, Output.IDENTITY, Task.REGRESSION),
                of(three, Output.SIGMOID, Task.REGRESSION));
    }

    private static Model of(Network network, Output output, Task task) {
        float[] parameters = network.copyParameters();
        return Model.builder(network.stack(), output)
                .task(task)
                .parameters(parameters, 0, parameters.length)
                .build();
    }

    /** Dense and sparse vectors, also with zeros, negative zeros and doubles that no float is, in no order. */
    static List<Vector> vectors(int size, int count, long seed) {
        Random random = new Random(seed);
        List<Vector> vectors = new ArrayList<>();
        for (int r = 0; r < count; r++) {
            double[] values = new double[size];
            double share = random.nextDouble();
            for (int i = 0; i < size; i++) {
                if (random.nextDouble() < share) values[i] = random.nextGaussian();
                if (random.nextInt(20) == 0) values[i] = -0.0;
                if (random.nextInt(40) == 0) values[i] = 1e-300;
            }
            Vector dense = Vectors.dense(values);
            int[] all = IntStream.range(0, size).toArray();
            vectors.add(
                    switch (random.nextInt(3)) {
                        case 0 -> dense.toSparse();
                        case 1 -> Vectors.sparse(size, all, values);
                        default -> dense;
                    });
        }
        return vectors;
    }

    static float[] floats(Vector vector) {
        float[] floats = new float[vector.size()];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) vector.apply(i);
        return floats;
    }

    /** A frame with the columns id, features and name. */
    static Dataset<Row> frame(SparkSession session, List<Vector> vectors, int partitions) {
        StructType type = new StructType()
                .add("id", DataTypes.IntegerType, false)
                .add("features", SQLDataTypes.VectorType(), true)
                .add("name", DataTypes.StringType, true);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < vectors.size(); i++)
            rows.add(RowFactory.create(i, vectors.get(i), i % 5 == 0 ? null : "row " + i));
        return session.createDataFrame(
                session.sparkContext()
                        .parallelize(
                                scala.jdk.javaapi.CollectionConverters.asScala(rows)
                                        .toSeq(),
                                partitions,
                                scala.reflect.ClassTag$.MODULE$.<Row>apply(Row.class)),
                type);
    }
}
