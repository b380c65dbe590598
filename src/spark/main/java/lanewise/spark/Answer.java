package lanewise.spark;

import java.util.List;
import lanewise.Model;
import lanewise.layer.Output;
import lanewise.layer.Task;
import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.attribute.NumericAttribute;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;

/** What a column of answers holds, by the names that Spark ML has for them. */
enum Answer {

    /**
     * The class; of a multilabel model a vector of 0 and 1; of a regression model the number, or a vector of them. NaN where
     * the input was none.
     */
    PREDICTION {
        @Override
        int size(Model model) {
            return model.classes() > 0 ? 1 : model.outputSize();
        }

        @Override
        boolean isVector(Model model) {
            return size(model) > 1;
        }
    },

    /** The logits, of a binary model −z and z; none of a regression model. */
    RAW_PREDICTION {
        @Override
        int size(Model model) {
            return model.task() == Task.REGRESSION ? 0 : Math.max(model.classes(), model.outputSize());
        }
    },

    /** The probabilities, of a binary model 1 − p and p; none of a model whose outputs are not probabilities. */
    PROBABILITY {
        @Override
        int size(Model model) {
            return model.output() == Output.IDENTITY ? 0 : RAW_PREDICTION.size(model);
        }
    };

    /** How many numbers the answer for a row has; 0 if this model has no such answer. */
    abstract int size(Model model);

    boolean isVector(Model model) {
        return true;
    }

    DataType type(Model model) {
        return isVector(model) ? SQLDataTypes.VectorType() : DataTypes.DoubleType;
    }

    /** The column, with the model's labels and the number of classes as attributes of Spark ML. */
    StructField column(String name, Model model) {
        return new StructField(name, type(model), false, metadata(name, model));
    }

    private Metadata metadata(String name, Model model) {
        List<String> labels = model.labels();
        if (isVector(model)) {
            if (labels.size() != size(model)) return new AttributeGroup(name, size(model)).toMetadata();
            Attribute[] attributes = labels.stream()
                    .map(label -> NumericAttribute.defaultAttr().withName(label))
                    .toArray(Attribute[]::new);
            return new AttributeGroup(name, attributes).toMetadata();
        }
        if (model.classes() == 0)
            return NumericAttribute.defaultAttr().withName(name).toMetadata();
        NominalAttribute classes = NominalAttribute.defaultAttr().withName(name);
        return (labels.isEmpty()
                        ? classes.withNumValues(model.classes())
                        : classes.withValues(labels.toArray(String[]::new)))
                .toMetadata();
    }
}
