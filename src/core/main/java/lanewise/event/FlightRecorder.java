package lanewise.event;

import java.util.Optional;

/**
 * The only door to the JDK's flight recorder (JFR): loads no class of the module jdk.jfr where that is absent.
 *
 * <p>What begins with {@code begin…} returns null, and has allocated nothing, unless somebody records the event; what
 * ends it is to be called only with what was returned. Any number of threads.
 */
public final class FlightRecorder {

    private static final boolean THERE = isThere();

    private FlightRecorder() {}

    private static boolean isThere() {
        Optional<Module> recorder = ModuleLayer.boot().findModule("jdk.jfr");
        return recorder.isPresent() && FlightRecorder.class.getModule().canRead(recorder.get());
    }

    /** Whether this JVM has a recorder, and the library may use it. */
    public static boolean there() {
        return THERE;
    }

    /**
     * Whether something may be recorded now. As long as nobody uses the recorder its many classes stay unloaded, which
     * would take longer than loading a model.
     */
    private static boolean on() {
        return THERE && jdk.jfr.FlightRecorder.isInitialized();
    }

    /** Begins the loading of a model. */
    public static Object beginLoad() {
        return on() ? Events.beginLoad() : null;
    }

    /**
     * Ends the loading of a model.
     *
     * @param load what {@link #beginLoad} returned
     * @param source the file's name
     * @param bytes its length
     * @param model the model's name, null if there is none
     * @param fingerprint the model's, null if there is none
     * @param error what spoke against it, null if it was loaded
     */
    public static void endLoad(Object load, String source, long bytes, String model, String fingerprint, String error) {
        Events.endLoad(load, source, bytes, model, fingerprint, error);
    }

    /** Begins a model's warm-up. */
    public static Object beginWarmUp() {
        return on() ? Events.beginWarmUp() : null;
    }

    /**
     * Ends a model's warm-up.
     *
     * @param warmUp what {@link #beginWarmUp} returned
     * @param model the model's name
     * @param fingerprint the model's
     * @param kernels the kernels that stay
     * @param trouble why they are not the fastest, null if they are
     */
    public static void endWarmUp(Object warmUp, String model, String fingerprint, String kernels, String trouble) {
        Events.endWarmUp(warmUp, model, fingerprint, kernels, trouble);
    }

    /** Begins a prediction. */
    public static Object beginPrediction() {
        return on() ? Events.beginPrediction() : null;
    }

    /**
     * Ends a prediction.
     *
     * @param prediction what {@link #beginPrediction} returned
     * @param model the model's name
     * @param rows number of inputs computed together
     * @param kernels on which
     */
    public static void endPrediction(Object prediction, String model, int rows, String kernels) {
        Events.endPrediction(prediction, model, rows, kernels);
    }

    /** Begins a training. */
    public static Object beginTraining() {
        return on() ? Events.beginTraining() : null;
    }

    /**
     * Ends a training.
     *
     * @param training what {@link #beginTraining} returned
     * @param step number of the last step
     * @param kernels on which, and since when
     */
    public static void endTraining(Object training, long step, String kernels) {
        Events.endTraining(training, step, kernels);
    }
}
