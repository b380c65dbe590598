package lanewise.spark.training;

import java.io.Serializable;
import lanewise.data.Dataset;
import lanewise.train.UpdateRule;

/**
 * What all tasks of a training have to know, of whatever job they are.
 *
 * @param training a name that no other training has, by which workers are known
 * @param recipe of the training
 * @param codec of its samples
 * @param meanWeight of all samples; 0 if they have no weights
 * @param layout how the epoch's samples lie
 */
record Plan(String training, Recipe recipe, SampleCodec codec, double meanWeight, Shard.Layout layout)
        implements Serializable {

    /** Samples as a task gets them, decoded. */
    Dataset dataset(byte[][] samples) {
        return codec.dataset(samples, meanWeight);
    }

    /** Lends a worker of this JVM, whose steps end by a rule. */
    GradientWorkers.Worker borrow(UpdateRule rule) {
        return GradientWorkers.borrow(training, recipe, rule, layout.blocksOfPartition(recipe.epochs()));
    }

    void giveBack(GradientWorkers.Worker worker) {
        GradientWorkers.giveBack(training, worker);
    }
}
