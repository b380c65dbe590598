package lanewise.spark;

import java.util.List;
import lanewise.spark.training.Recipe;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The columns of a frame that a training reads.
 *
 * @param features of vectors
 * @param label of numbers
 * @param weight of numbers; empty if all rows count alike
 * @param indicator of booleans, true for the validation; null is as false; empty if there is no validation
 */
record TrainingColumns(String features, String label, String weight, String indicator) {

    /**
     * Checks them.
     *
     * @throws IllegalArgumentException if one is missing or of another type
     */
    void check(StructType type, Recipe recipe) {
        StructField vectors = find(type, features, "featuresCol");
        if (!vectors.dataType().equals(SQLDataTypes.VectorType()))
            throw wrongType(vectors, "a vector of Spark ML expected; VectorAssembler makes one of columns");
        int size = AttributeGroup.fromStructField(vectors).size();
        if (size >= 0 && size != recipe.inputs())
            throw new IllegalArgumentException("column \"" + features + "\" has vectors of " + size
                    + " elements, but layers begin with " + recipe.inputs());
        numeric(find(type, label, "labelCol"));
        if (weighted()) numeric(find(type, weight, "weightCol"));
        if (!validates()) return;
        StructField booleans = find(type, indicator, "validationIndicatorCol");
        if (!booleans.dataType().equals(DataTypes.BooleanType)) throw wrongType(booleans, "booleans expected");
    }

    private static StructField find(StructType type, String name, String param) {
        if (!List.of(type.fieldNames()).contains(name))
            throw new IllegalArgumentException(
                    "no column \"" + name + "\" (" + param + "); there are " + String.join(", ", type.fieldNames()));
        return type.apply(name);
    }

    private static void numeric(StructField field) {
        if (!(field.dataType() instanceof NumericType))
            throw wrongType(field, "numbers expected; StringIndexer makes some of texts");
    }

    private static IllegalArgumentException wrongType(StructField field, String expected) {
        return new IllegalArgumentException(
                "column \"" + field.name() + "\" is of type " + field.dataType().catalogString() + ", " + expected);
    }

    boolean weighted() {
        return !weight.isEmpty();
    }

    boolean validates() {
        return !indicator.isEmpty();
    }

    /** Features, label and weight of the rows to train on, or of those to validate on. */
    JavaRDD<Row> rows(Dataset<?> frame, boolean validation) {
        Column which = functions.lit(!validation);
        if (validates()) {
            Column marked = functions.coalesce(functions.col(indicator), functions.lit(false));
            which = validation ? marked : functions.not(marked);
        }
        return frame.where(which)
                .select(
                        functions.col(features),
                        functions.col(label).cast(DataTypes.DoubleType),
                        (weighted() ? functions.col(weight) : functions.lit(1.0)).cast(DataTypes.DoubleType))
                .toJavaRDD();
    }

    /** The classes' names, where the column of labels has them from StringIndexer; else none. */
    List<String> labels(StructType type, Recipe recipe) {
        if (!(Attribute.fromStructField(type.apply(label)) instanceof NominalAttribute nominal)) return List.of();
        if (nominal.values().isEmpty() || nominal.values().get().length != recipe.classes()) return List.of();
        return List.of(nominal.values().get());
    }
}
