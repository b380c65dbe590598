package lanewise.spark;

import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;

/**
 * Trains a regression on a frame, as a stage of Spark ML: one output, mean squared error. Targets should be scaled to about
 * [-1, 1].
 *
 * <pre>{@code
 * LanewiseModel prices = new LanewiseRegressor()
 *         .setLayers(new int[] {13, 64, 1})
 *         .setLabelCol("price")
 *         .fit(frame);
 * }</pre>
 */
public final class LanewiseRegressor extends LanewiseEstimator<LanewiseRegressor> {

    private static final long serialVersionUID = 1;

    /** An estimator with the default settings; the layers have to be set. */
    public LanewiseRegressor() {
        this(Identifiable$.MODULE$.randomUID("lanewise"));
    }

    /**
     * The same with a name of its own, as Spark ML's reader makes it.
     *
     * @param uid the stage's unique name
     */
    public LanewiseRegressor(String uid) {
        super(uid, true);
    }

    /**
     * Loads settings that {@link #write} has saved.
     *
     * @param path the folder
     * @return the estimator
     */
    public static LanewiseRegressor load(String path) {
        return read().load(path);
    }

    /**
     * A reader, as Spark ML's stages have it.
     *
     * @return it loads as {@link #load}
     */
    public static MLReader<LanewiseRegressor> read() {
        return new DefaultParamsReader<>();
    }
}
