package lanewise.bench.micro;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.bench.machine.Fastest;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.layer.Changeover;
import lanewise.layer.Loss;
import lanewise.train.Step;

/**
 * What one training step, or one prediction, of the 784-128-64-10 network is made of.
 *
 * <p>Calls of kernels are counted in a run that is not timed. Then each kernel is timed by itself: the last call that it had at
 * a shape, repeated on the same arrays. So all its data lie in the nearest cache that holds them, which flatters kernels
 * whose weights another kernel drives out of the cache in a step. What the sum of all kernels leaves of the whole is shown: the
 * loss, copies, the calls themselves, and the cache. It can be negative, as calls in a step overlap and repeated ones wait
 * for their own results.
 *
 * @param title the network, and what is done with it
 * @param seconds of the whole
 * @param parts kernels by shape, the one that takes longest first
 */
public record Composition(String title, double seconds, List<Part> parts) {

    private static final double ZEROS = 0.81;
    private static final float RATE = 0.05f;

    /** So many tries that are not shorter by more than this factor end a measurement, and so many in all. */
    private static final int IN_VAIN = 4, MOST_TRIES = 60;

    private static final double SHORTER = 0.97;

    /** How much longer than a kernel the whole is warmed up. */
    private static final double WARM_UP = 12;

    /** Steps that are counted: twice as many as gradients of the first layer have a place, after which all updates are done. */
    static final int COUNTED = 256;

    /**
     * A kernel at a shape.
     *
     * @param kernel name
     * @param shape inputs x stride of the weights, or elements
     * @param calls in one step or prediction, on average
     * @param seconds of one call
     */
    public record Part(String kernel, String shape, double calls, double seconds) {

        /** Seconds of its calls in one step or prediction. */
        public double all() {
            return calls * seconds;
        }
    }

    /** Copies the parts. */
    public Composition {
        parts = List.copyOf(parts);
    }

    /** Seconds of the whole that no kernel takes; negative if kernels overlap. */
    public double rest() {
        return seconds - parts.stream().mapToDouble(Part::all).sum();
    }

    /** A step of plain gradient descent. */
    public static Composition ofStep(int batch, double seconds) {
        Kernels kernels = Selection.kernels();
        Training training = new Training(Digits.network(128, 64), ZEROS, TrainingRule.SGD, batch);
        use(training.step(), kernels);
        double whole = warm(() -> training.next(RATE), seconds);
        RecordedCalls calls = stepCalls(training, kernels);
        return of("training step, batch " + batch, whole, calls, kernels, seconds);
    }

    /** The calls of {@link #COUNTED} steps, after as many others. */
    static RecordedCalls stepCalls(Training training, Kernels kernels) {
        RecordedCalls calls = new RecordedCalls(kernels);
        use(training.step(), calls.recording());
        for (int i = 0; i < COUNTED; i++) training.next(RATE);
        calls.record(true);
        for (int i = 0; i < COUNTED; i++) training.next(RATE);
        calls.record(false);
        use(training.step(), kernels);
        return calls;
    }

    /** One prediction from floats. */
    public static Composition ofPrediction(double seconds) {
        Kernels kernels = Selection.kernels();
        Model model =
                Model.of(Digits.network(128, 64), Loss.SOFTMAX_CROSS_ENTROPY).aligned();
        Runnable predictions = predictions(predictor(model, kernels));
        double whole = warm(predictions, seconds);
        RecordedCalls calls = predictionCalls(model, kernels);
        return of("prediction", whole, calls, kernels, seconds);
    }

    /** The calls of {@link #COUNTED} predictions. */
    static RecordedCalls predictionCalls(Model model, Kernels kernels) {
        RecordedCalls calls = new RecordedCalls(kernels);
        Runnable recorded = predictions(predictor(model, calls.recording()));
        recorded.run();
        calls.record(true);
        for (int i = 0; i < COUNTED; i++) recorded.run();
        calls.record(false);
        return calls;
    }

    private static Runnable predictions(Predictor predictor) {
        float[] digits = Digits.of(ZEROS).floats(), prediction = new float[Digits.CLASSES];
        return new Runnable() {
            private int next;

            @Override
            public void run() {
                predictor.predict(digits, next * Digits.PIXELS, prediction, 0);
                next = next == Digits.SAMPLES - 1 ? 0 : next + 1;
            }
        };
    }

    /** As {@link #steady}, after so much more time that the kernels are compiled, which are timed by themselves next. */
    private static double warm(Runnable task, double seconds) {
        Fastest.seconds(task, WARM_UP * seconds, 0);
        return steady(task, seconds);
    }

    /** Seconds of a call, once the JIT compiler has done its work: the shortest, when some tries have not made it shorter. */
    private static double steady(Runnable task, double seconds) {
        double best = Double.POSITIVE_INFINITY;
        for (int tries = 0, inVain = 0; tries < MOST_TRIES && inVain < IN_VAIN; tries++) {
            double next = Fastest.seconds(task, seconds / (2 * IN_VAIN), seconds / (2 * IN_VAIN));
            inVain = next < SHORTER * best ? 0 : inVain + 1;
            best = Math.min(best, next);
        }
        return best;
    }

    private static Composition of(String title, double whole, RecordedCalls calls, Kernels kernels, double seconds) {
        Map<RecordedCalls.Calls, Double> times = new LinkedHashMap<>();
        for (RecordedCalls.Calls each : calls.all()) times.put(each, steady(each.repeated(kernels), seconds));
        double call = steady(empty(kernels), seconds);
        List<Part> parts = new ArrayList<>();
        times.forEach((each, one) -> parts.add(
                new Part(each.kernel(), each.shape(), (double) each.count() / COUNTED, Math.max(0, one - call))));
        parts.sort((a, b) -> Double.compare(b.all(), a.all()));
        return new Composition(title, whole, parts);
    }

    /** A repeated call of a kernel that has nothing to do: what the others cost beside their work. */
    private static Runnable empty(Kernels kernels) {
        float[] none = new float[Kernels.BLOCK];
        RecordedCalls empty = new RecordedCalls(kernels);
        empty.record(true);
        empty.recording().scale(1f, none, 0, none, 0, 0);
        return empty.all().iterator().next().repeated(kernels);
    }

    /**
     * Has steps run on some kernels for good. A step offers no way to that, and needs none: what a training runs on is
     * decided by measurements.
     */
    private static void use(Step step, Kernels kernels) {
        try {
            Field changeover = Step.class.getDeclaredField("changeover");
            changeover.setAccessible(true);
            Field state = Changeover.class.getDeclaredField("state");
            state.setAccessible(true);
            Field used = Changeover.class.getDeclaredField("kernels");
            used.setAccessible(true);
            Object one = changeover.get(step);
            for (Object constant : state.getType().getEnumConstants())
                if (constant.toString().equals("VECTOR")) state.set(one, constant);
            used.set(one, kernels);
            step.batch().kernels(kernels);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("steps do not hold their kernels as this program expects", e);
        }
    }

    /** A predictor that stays with some kernels, likewise. */
    private static Predictor predictor(Model model, Kernels kernels) {
        try {
            Method on = Model.class.getDeclaredMethod("predictorOn", Kernels.class, int.class);
            on.setAccessible(true);
            return (Predictor) on.invoke(model, kernels, 1);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("models do not make predictors as this program expects", e);
        }
    }
}
