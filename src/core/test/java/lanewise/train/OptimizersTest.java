package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Loss;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;
import lanewise.train.optimizer.AdaDelta;
import lanewise.train.optimizer.AdaGrad;
import lanewise.train.optimizer.Adam;
import lanewise.train.optimizer.AdamW;
import lanewise.train.optimizer.AmsGrad;
import lanewise.train.optimizer.Momentum;
import lanewise.train.optimizer.NAdam;
import lanewise.train.optimizer.Nesterov;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.OptimizerKind;
import lanewise.train.optimizer.RmsProp;
import lanewise.train.optimizer.Sgd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Optimizers against runs of PyTorch 2.11 in double precision, and against their formulas in double precision. */
@Tag("bits")
class OptimizersTest {

    /** Forty steps of floats drift so far from doubles; losses are near 1, weights below 3. */
    private static final double ROUNDING = 4e-6;

    private static JsonObject reference() throws Exception {
        try (Reader in = new InputStreamReader(
                OptimizersTest.class.getResourceAsStream("optimizers.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(in, JsonObject.class);
        }
    }

    /** Weights lie there by output and input, here by input and output. */
    private static float[] parameters(JsonArray matrices) {
        List<Float> all = new ArrayList<>();
        for (int m = 0; m < matrices.size(); m++) {
            JsonArray matrix = matrices.get(m).getAsJsonArray();
            if (!matrix.get(0).isJsonArray()) matrix.forEach(bias -> all.add((float) bias.getAsDouble()));
            else
                for (int i = 0; i < matrix.get(0).getAsJsonArray().size(); i++)
                    for (int o = 0; o < matrix.size(); o++)
                        all.add((float) matrix.get(o).getAsJsonArray().get(i).getAsDouble());
        }
        float[] floats = new float[all.size()];
        for (int i = 0; i < floats.length; i++) floats[i] = all.get(i);
        return floats;
    }

    private record Run(Optimizer optimizer, float rate) {}

    private static final Map<String, Run> RUNS = Map.of(
            "sgd", new Run(new Sgd(), 0.1f),
            "momentum", new Run(new Momentum(), 0.05f),
            "adam", new Run(new Adam(), 0.01f),
            "rmsprop", new Run(new RmsProp(), 0.003f),
            "adagrad", new Run(new AdaGrad(), 0.05f));

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "momentum", "adam", "rmsprop", "adagrad"})
    void runsOfPyTorchAreReproduced(String name) throws Exception {
        JsonObject reference = reference(),
                expected = reference.getAsJsonObject("runs").getAsJsonObject(name);
        float[] inputs = new float[24 * 13];
        byte[] labels = new byte[24];
        int[] order = new int[24];
        for (int r = 0; r < 24; r++) {
            order[r] = r;
            labels[r] = reference.getAsJsonArray("y").get(r).getAsByte();
            for (int c = 0; c < 13; c++)
                inputs[13 * r + c] = reference
                        .getAsJsonArray("x")
                        .get(r)
                        .getAsJsonArray()
                        .get(c)
                        .getAsFloat();
        }
        Network network = Network.builder(13)
                .dense(9, Activation.TANH)
                .dense(4, Activation.IDENTITY)
                .build(1);
        network.setParameters(parameters(reference.getAsJsonArray("start")));
        Run run = RUNS.get(name);
        double difference = 0;
        try (Step step =
                new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, UpdateRule.of(run.optimizer), 24, 1, Workers.one())) {
            step.load(Dataset.ofFloats(13, inputs, labels, 4), order, 0, 24);
            for (int i = 0; i < 40; i++) {
                step.batch().begin(1, i, 0);
                double loss = step.run(24, run.rate) / 24;
                double of = expected.getAsJsonArray("losses").get(i).getAsDouble();
                difference = Math.max(difference, Math.abs(loss - of));
            }
        }
        float[] end = network.copyParameters(), of = parameters(expected.getAsJsonArray("end"));
        double weights = 0;
        for (int i = 0; i < end.length; i++) weights = Math.max(weights, Math.abs(end[i] - of[i]));
        System.out.printf("%s: losses %.1e, weights %.1e%n", name, difference, weights);
        assertTrue(difference < ROUNDING, name + ": losses differ by " + difference);
        assertTrue(weights < ROUNDING, name + ": weights differ by " + weights);
    }

    // Formulas in double precision, element by element, as the papers and PyTorch have them

    /** A rule for one parameter; s is its state, zeros at first. */
    private interface Formula {
        double update(double w, double g, double[] s, int t, double rate);
    }

    private record Rule(String name, Optimizer optimizer, float rate, Formula formula) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static double adam(double w, double g, double[] s, int t, double rate) {
        s[0] = 0.9 * s[0] + 0.1 * g;
        s[1] = 0.999 * s[1] + 0.001 * g * g;
        double mean = s[0] / (1 - Math.pow(0.9, t)), square = s[1] / (1 - Math.pow(0.999, t));
        return w - rate * mean / (Math.sqrt(square) + 1e-8);
    }

    static List<Rule> rules() {
        return List.of(
                new Rule("dampened momentum", new Momentum(0.8, 0.3), 0.02f, (w, g, s, t, rate) -> {
                    s[0] = t == 1 ? g : 0.8 * s[0] + 0.7 * g;
                    return w - rate * s[0];
                }),
                new Rule("nesterov", new Nesterov(), 0.01f, (w, g, s, t, rate) -> {
                    s[0] = 0.9 * s[0] + g;
                    return w - rate * (g + 0.9 * s[0]);
                }),
                new Rule("adam", new Adam(), 0.003f, OptimizersTest::adam),
                new Rule(
                        "adamw of everything",
                        new AdamW(0.9, 0.999, 1e-8, 0.05, true),
                        0.003f,
                        (w, g, s, t, rate) -> adam(w - rate * 0.05 * w, g, s, t, rate)),
                new Rule("amsgrad", new AmsGrad(), 0.003f, (w, g, s, t, rate) -> {
                    s[0] = 0.9 * s[0] + 0.1 * g;
                    s[1] = 0.999 * s[1] + 0.001 * g * g;
                    s[2] = Math.max(s[2], s[1]);
                    double mean = s[0] / (1 - Math.pow(0.9, t));
                    return w - rate * mean / (Math.sqrt(s[2] / (1 - Math.pow(0.999, t))) + 1e-8);
                }),
                new Rule("nadam", new NAdam(), 0.003f, (w, g, s, t, rate) -> {
                    double mu = 0.9 * (1 - 0.5 * Math.pow(0.96, t * 0.004));
                    double next = 0.9 * (1 - 0.5 * Math.pow(0.96, (t + 1) * 0.004));
                    s[2] = (t == 1 ? 1 : s[2]) * mu;
                    s[0] = 0.9 * s[0] + 0.1 * g;
                    s[1] = 0.999 * s[1] + 0.001 * g * g;
                    double root = Math.sqrt(s[1] / (1 - Math.pow(0.999, t))) + 1e-8;
                    return w - rate * (1 - mu) / (1 - s[2]) * g / root - rate * next / (1 - s[2] * next) * s[0] / root;
                }),
                new Rule("rmsprop", new RmsProp(), 0.003f, (w, g, s, t, rate) -> {
                    s[0] = 0.99 * s[0] + 0.01 * g * g;
                    return w - rate * g / (Math.sqrt(s[0]) + 1e-8);
                }),
                new Rule(
                        "rmsprop, centred, momentum",
                        new RmsProp(0.95, 1e-4, 0.5, true),
                        0.003f,
                        (w, g, s, t, rate) -> {
                            s[0] = 0.95 * s[0] + 0.05 * g * g;
                            s[1] = 0.95 * s[1] + 0.05 * g;
                            s[2] = 0.5 * s[2] + g / (Math.sqrt(s[0] - s[1] * s[1]) + 1e-4);
                            return w - rate * s[2];
                        }),
                new Rule("adagrad", new AdaGrad(), 0.05f, (w, g, s, t, rate) -> {
                    s[0] += g * g;
                    return w - rate * g / (Math.sqrt(s[0]) + 1e-10);
                }),
                new Rule("adadelta", new AdaDelta(), 1f, (w, g, s, t, rate) -> {
                    s[0] = 0.9 * s[0] + 0.1 * g * g;
                    double d = Math.sqrt(s[1] + 1e-6) / Math.sqrt(s[0] + 1e-6) * g;
                    s[1] = 0.9 * s[1] + 0.1 * d * d;
                    return w - rate * d;
                }));
    }

    /** The gradient of a function with a different scale and minimum for each parameter, which changes from step to step. */
    private static double gradient(int i, double w, int t) {
        double scale = Math.pow(10, i % 5 - 3), minimum = (i % 7 - 3) / 2.0;
        return scale * (w - minimum + 0.3 * Math.sin(w * 3) + 0.5 * Math.sin(0.37 * t + i));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aThousandStepsFollowTheFormula(Rule rule) {
        int n = 37;
        Slice w = Slice.allocate(1, n), g = Slice.allocate(1, n);
        Slice[] state = new Slice[rule.optimizer.states()];
        for (int s = 0; s < state.length; s++) state[s] = Slice.allocate(1, n);
        ParameterShape shape = new ParameterShape("bias", ParameterShape.Role.BIAS, 1, n);
        double[] exact = new double[n];
        double[][] exactState = new double[n][3];
        for (int i = 0; i < n; i++) w.set(0, i, (float) (exact[i] = 0.1 * (i - 18)));
        Batch batch = Batch.forTraining(Dense.of(1, 1, Activation.IDENTITY), 1);
        double difference = 0;
        for (int t = 1; t <= 1000; t++) {
            for (int i = 0; i < n; i++) {
                g.set(0, i, (float) gradient(i, w.get(0, i), t));
                exact[i] = rule.formula.update(exact[i], gradient(i, exact[i], t), exactState[i], t, rule.rate);
            }
            rule.optimizer.update(batch.pass(), shape, w, g, state, t - 1, rule.rate);
            for (int i = 0; i < n; i++) difference = Math.max(difference, Math.abs(w.get(0, i) - exact[i]));
        }
        System.out.printf("%s: %.1e%n", rule, difference);
        assertTrue(difference < 2e-5, rule + ": differs by " + difference);
        for (int i = n; i < w.stride(); i++) assertEquals(0, Float.floatToRawIntBits(w.array()[w.at(0) + i]));
    }

    @Test
    void decayGoesOverWeightsAloneUnlessAsked() {
        Slice[] state = {Slice.allocate(1, 1), Slice.allocate(1, 1)};
        Batch batch = Batch.forTraining(Dense.of(1, 1, Activation.IDENTITY), 1);
        for (ParameterShape.Role role : ParameterShape.Role.values())
            for (boolean everything : new boolean[] {false, true}) {
                Slice w = Slice.allocate(1, 1), g = Slice.allocate(1, 1);
                w.set(0, 0, 1f);
                new AdamW(0.9, 0.999, 1e-8, 0.5, everything)
                        .update(batch.pass(), new ParameterShape("p", role, 1, 1), w, g, state, 0, 0.5f);
                assertEquals(everything || role == ParameterShape.Role.WEIGHTS ? 0.75f : 1f, w.get(0, 0), role + "");
            }
    }

    @Test
    void settingsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new Momentum(1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Momentum(0.9, -0.1));
        assertThrows(IllegalArgumentException.class, () -> new Nesterov(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new Adam(0.9, 0.999, 0));
        assertThrows(IllegalArgumentException.class, () -> new AdamW(-1));
        assertThrows(IllegalArgumentException.class, () -> new RmsProp(2, 1e-8, 0, false));
        assertThrows(IllegalArgumentException.class, () -> new AdaGrad(1e-60));
        assertThrows(IllegalArgumentException.class, () -> new NAdam(0.9, 0.999, 1e-8, -1));
        assertEquals(
                "beta2 1.0, at least 0 and less than 1 expected",
                assertThrows(IllegalArgumentException.class, () -> new AmsGrad(0.9, 1, 1e-8))
                        .getMessage());
    }

    @Test
    void kindsAreFoundByName() {
        for (OptimizerKind kind : OptimizerKind.values()) {
            assertEquals(kind, OptimizerKind.of(kind.toString()));
            assertEquals(
                    kind.toString(), kind.optimizer().getClass().getSimpleName().toLowerCase(Locale.ROOT));
        }
        assertEquals(
                "optimizer Adam: one of [sgd, momentum, nesterov, adam, amsgrad, adamw, nadam, rmsprop, adagrad, adadelta]"
                        + " expected",
                assertThrows(IllegalArgumentException.class, () -> OptimizerKind.of("Adam"))
                        .getMessage());
    }

    @Test
    void aRuleHasOneDecay() {
        assertEquals(new AdamW(0.25), UpdateRule.of(OptimizerKind.ADAMW, 0.25f).optimizer());
        assertEquals(
                Regularizer.NONE.toString(),
                UpdateRule.of(OptimizerKind.ADAMW, 0.25f).regularizer().toString());
        assertEquals(new Adam(), UpdateRule.of(OptimizerKind.ADAM, 0.25f).optimizer());
        assertEquals(
                Regularizer.decay(0.25f).toString(),
                UpdateRule.of(OptimizerKind.ADAM, 0.25f).regularizer().toString());
    }

    @Test
    void namesTellAllSettings() {
        assertEquals("Adam[beta1=0.9, beta2=0.999, epsilon=1.0E-8]", new Adam().toString());
        assertEquals("NAdam[beta1=0.9, beta2=0.999, epsilon=1.0E-8, momentumDecay=0.004]", new NAdam().toString());
    }
}
