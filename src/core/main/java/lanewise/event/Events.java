package lanewise.event;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The events. Loaded only where the module jdk.jfr is there, see {@link FlightRecorder}. */
final class Events {

    /** Asked whether their kind is recorded, so that no event is made to be asked. */
    private static final Load LOAD = new Load();

    private static final WarmUp WARM_UP = new WarmUp();
    private static final Prediction PREDICTION = new Prediction();
    private static final Training TRAINING = new Training();

    private Events() {}

    @Name("lanewise.ModelLoad")
    @Label("Model Load")
    @Category("Lanewise")
    @Description("Reading a model file, its self-test included")
    @StackTrace(false)
    private static final class Load extends Event {
        @Label("Source")
        String source;

        @Label("Size")
        @DataAmount
        long bytes;

        @Label("Model")
        String model;

        @Label("Fingerprint")
        String fingerprint;

        @Label("Error")
        String error;
    }

    @Name("lanewise.WarmUp")
    @Label("Warm-Up")
    @Category("Lanewise")
    @Description(
            "Running a model on the vector kernels until these are compiled; predictions change to them at its end")
    @StackTrace(false)
    private static final class WarmUp extends Event {
        @Label("Model")
        String model;

        @Label("Fingerprint")
        String fingerprint;

        @Label("Kernels")
        @Description("On which predictions run from now on")
        String kernels;

        @Label("Trouble")
        @Description("Why these are not the fastest kernels")
        String trouble;
    }

    @Name("lanewise.Prediction")
    @Label("Prediction")
    @Category("Lanewise")
    @Description("One in 1,024 of a predictor's passes through its model")
    @StackTrace(false)
    private static final class Prediction extends Event {
        @Label("Model")
        String model;

        @Label("Rows")
        @Description("Number of inputs computed together")
        int rows;

        @Label("Kernels")
        String kernels;
    }

    @Name("lanewise.Training")
    @Label("Training")
    @Category("Lanewise")
    @Description("A call that trains a network, from its first step to its last")
    @StackTrace(false)
    private static final class Training extends Event {
        @Label("Step")
        @Description("Number of the last step, earlier calls' included")
        long step;

        @Label("Kernels")
        @Description("On which it ran, and from which of this call's steps on")
        String kernels;
    }

    static Object beginLoad() {
        if (!LOAD.isEnabled()) return null;
        Load load = new Load();
        load.begin();
        return load;
    }

    static void endLoad(Object event, String source, long bytes, String model, String fingerprint, String error) {
        Load load = (Load) event;
        load.end();
        load.source = source;
        load.bytes = bytes;
        load.model = model;
        load.fingerprint = fingerprint;
        load.error = error;
        load.commit();
    }

    static Object beginWarmUp() {
        if (!WARM_UP.isEnabled()) return null;
        WarmUp warmUp = new WarmUp();
        warmUp.begin();
        return warmUp;
    }

    static void endWarmUp(Object event, String model, String fingerprint, String kernels, String trouble) {
        WarmUp warmUp = (WarmUp) event;
        warmUp.end();
        warmUp.model = model;
        warmUp.fingerprint = fingerprint;
        warmUp.kernels = kernels;
        warmUp.trouble = trouble;
        warmUp.commit();
    }

    static Object beginPrediction() {
        if (!PREDICTION.isEnabled()) return null;
        Prediction prediction = new Prediction();
        prediction.begin();
        return prediction;
    }

    static void endPrediction(Object event, String model, int rows, String kernels) {
        Prediction prediction = (Prediction) event;
        prediction.end();
        prediction.model = model;
        prediction.rows = rows;
        prediction.kernels = kernels;
        prediction.commit();
    }

    static Object beginTraining() {
        if (!TRAINING.isEnabled()) return null;
        Training training = new Training();
        training.begin();
        return training;
    }

    static void endTraining(Object event, long step, String kernels) {
        Training training = (Training) event;
        training.end();
        training.step = step;
        training.kernels = kernels;
        training.commit();
    }
}
