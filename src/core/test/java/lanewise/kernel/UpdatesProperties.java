package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** {@link Updates} to the bit. */
@Tag("bits")
class UpdatesProperties extends KernelCases {

    /** Settings of a rule, usual ones and ends of their ranges. */
    private record Settings(float decay, float fresh, float rate, float epsilon, float scale) {

        static Settings of(Memory m) {
            double decay = List.of(0.9, 0.999, 0.0, 0.5).get(m.random.nextInt(4));
            return new Settings(
                    (float) decay,
                    (float) (1 - decay),
                    List.of(0.1f, 1e-3f, 0f, 3f).get(m.random.nextInt(4)),
                    List.of(1e-8f, 1e-3f, 1e-10f).get(m.random.nextInt(3)),
                    List.of(1f, 31.6f).get(m.random.nextInt(2)));
        }
    }

    /** A kernel of the gradient, the parameters, and up to two arrays of state that are not negative. */
    private interface Rule {
        void on(Kernels k, Settings s, Part g, Part w, Part first, Part second, int n);
    }

    private void agree(Shape shape, Rule rule) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Settings settings = Settings.of(m);
            Part g = m.any(n), w = m.any(n), first = notNegative(m.any(n), n), second = notNegative(m.any(n), n);
            rule.on(kernels, settings, g, w, first, second, n);
        });
    }

    private static Part notNegative(Part part, int n) {
        for (int i = part.at(); i < part.at() + n; i++) part.array()[i] = Math.abs(part.array()[i]);
        return part;
    }

    @Property(tries = TRIES)
    void descentAgrees(@ForAll("shapes") Shape shape) {
        agree(shape, (k, s, g, w, b, x, n) -> k.descend(s.rate, g.array(), g.at(), w.array(), w.at(), n));
    }

    @Property(tries = TRIES)
    void momentumAgrees(@ForAll("shapes") Shape shape) {
        agree(
                shape,
                (k, s, g, w, b, x, n) -> k.momentum(
                        s.decay, s.fresh, s.rate, g.array(), g.at(), b.array(), b.at(), w.array(), w.at(), n));
        agree(
                shape,
                (k, s, g, w, b, x, n) ->
                        k.nesterov(s.decay, s.rate, g.array(), g.at(), b.array(), b.at(), w.array(), w.at(), n));
    }

    @Property(tries = TRIES)
    void adamAgrees(@ForAll("shapes") Shape shape) {
        agree(
                shape,
                (k, s, g, w, m, v, n) -> k.adam(
                        s.fresh,
                        s.decay,
                        s.fresh,
                        s.scale,
                        s.epsilon,
                        s.rate,
                        shape.seed() % 2 == 0 ? 0f : 0.3f,
                        shape.seed() % 3 == 0 ? 0f : 0.01f,
                        g.array(),
                        g.at(),
                        m.array(),
                        m.at(),
                        v.array(),
                        v.at(),
                        w.array(),
                        w.at(),
                        n));
        agree(shape, (k, m) -> {
            int n = shape.stride();
            Settings s = Settings.of(m);
            Part g = m.any(n), w = m.any(n), mean = m.any(n);
            Part v = notNegative(m.any(n), n), x = notNegative(m.any(n), n);
            k.amsgrad(
                    s.fresh,
                    s.decay,
                    s.fresh,
                    s.scale,
                    s.epsilon,
                    s.rate,
                    g.array(),
                    g.at(),
                    mean.array(),
                    mean.at(),
                    v.array(),
                    v.at(),
                    x.array(),
                    x.at(),
                    w.array(),
                    w.at(),
                    n);
        });
    }

    @Property(tries = TRIES)
    void adaptiveRatesAgree(@ForAll("shapes") Shape shape) {
        agree(
                shape,
                (k, s, g, w, v, a, n) ->
                        k.rmsprop(s.decay, s.fresh, s.epsilon, g.array(), g.at(), v.array(), v.at(), n));
        agree(
                shape,
                (k, s, g, w, v, a, n) -> k.rmspropCentred(
                        s.decay, s.fresh, s.epsilon, g.array(), g.at(), v.array(), v.at(), a.array(), a.at(), n));
        agree(shape, (k, s, g, w, v, a, n) -> k.adagrad(s.epsilon, g.array(), g.at(), v.array(), v.at(), n));
        agree(
                shape,
                (k, s, g, w, v, x, n) -> k.adadelta(
                        s.decay, s.fresh, s.epsilon, g.array(), g.at(), v.array(), v.at(), x.array(), x.at(), n));
    }

    @Property(tries = TRIES)
    void averagesAndLimitsAgree(@ForAll("shapes") Shape shape) {
        agree(shape, (k, s, g, w, b, x, n) -> k.average(s.fresh, g.array(), g.at(), w.array(), w.at(), n));
        agree(shape, (k, s, g, w, b, x, n) -> k.limit(0.25f, g.array(), g.at(), n));
    }

    /** Zeros stay zeros to the bit, or padding would grow; and a state that decays ends at zero, never below normal. */
    @Property(tries = TRIES)
    void zerosStayAndStatesNeverBecomeSubnormal(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        Memory memory = new Memory(shape.seed());
        float[] zeros = new float[n], w = new float[n], m = new float[n], v = new float[n];
        Kernels k = Selection.kernels();
        k.adam(0.1f, 0.999f, 0.001f, 3f, 1e-8f, 0.01f, 0.1f, 0.01f, zeros, 0, m, 0, v, 0, w, 0, n);
        for (float[] array : List.of(w, m, v))
            for (float value : array) assertEquals(0, Float.floatToRawIntBits(value));
        for (int i = 0; i < n; i++) m[i] = v[i] = (float) memory.random.nextDouble();
        for (int step = 0; step < 150; step++) {
            k.adam(0.5f, 0.5f, 0.5f, 1f, 1e-8f, 0f, 0f, 0f, zeros, 0, m, 0, v, 0, w, 0, n);
            for (float[] array : List.of(m, v))
                for (float value : array)
                    assertEquals(value != 0f, Math.abs(value) >= Float.MIN_NORMAL, "subnormal: " + value);
        }
        for (float value : m) assertEquals(0f, value);
    }
}
