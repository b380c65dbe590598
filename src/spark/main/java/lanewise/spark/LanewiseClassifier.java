package lanewise.spark;

import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;

/**
 * Trains a classifier on a frame, as a stage of Spark ML.
 *
 * <pre>{@code
 * LanewiseModel digits = new LanewiseClassifier()
 *         .setLayers(new int[] {784, 128, 64, 10})
 *         .setBatchSize(1024)
 *         .setEpochs(20)
 *         .fit(frame);
 * }</pre>
 *
 * <p>The outputs are as many as classes, with softmax cross-entropy; or one, for two classes, with binary cross-entropy.
 */
public final class LanewiseClassifier extends LanewiseEstimator<LanewiseClassifier> {

    private static final long serialVersionUID = 1;

    /** An estimator with the default settings; the layers have to be set. */
    public LanewiseClassifier() {
        this(Identifiable$.MODULE$.randomUID("lanewise"));
    }

    /**
     * The same with a name of its own, as Spark ML's reader makes it.
     *
     * @param uid the stage's unique name
     */
    public LanewiseClassifier(String uid) {
        super(uid, false);
    }

    /**
     * Loads settings that {@link #write} has saved.
     *
     * @param path the folder
     * @return the estimator
     */
    public static LanewiseClassifier load(String path) {
        return read().load(path);
    }

    /**
     * A reader, as Spark ML's stages have it.
     *
     * @return it loads as {@link #load}
     */
    public static MLReader<LanewiseClassifier> read() {
        return new DefaultParamsReader<>();
    }
}
