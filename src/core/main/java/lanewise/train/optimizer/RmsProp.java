package lanewise.train.optimizer;

import lanewise.kernel.Kernels;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * RMSProp (Tieleman and Hinton 2012; centred and with momentum, Graves 2013, eq. 38 to 45), in the form that PyTorch has:
 *
 * <pre>
 * v = fma(alpha, v, (1 − alpha) · (g · g))
 * a = fma(1 − alpha, g − a, a)                     if centred
 * s = √max(fma(−a, a, v), 0)                       if centred; else √v
 * b = fma(momentum, b, g / (s + epsilon))          with momentum; else g / (s + epsilon)
 * w = fma(−η, b, w)
 * </pre>
 *
 * @param alpha decay of the mean square, in [0, 1)
 * @param epsilon keeps the divisor from zero; positive
 * @param momentum what remains of the velocity b, in [0, 1)
 * @param centred whether to divide by the standard deviation in place of the root of the mean square
 */
public record RmsProp(double alpha, double epsilon, double momentum, boolean centred) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if alpha or momentum is not in [0, 1), or epsilon not positive and finite
     */
    public RmsProp {
        Settings.decay("alpha", alpha);
        Settings.positive("epsilon", epsilon);
        Settings.decay("momentum", momentum);
    }

    /** Alpha 0.99, epsilon 1e-8, without momentum, not centred. */
    public RmsProp() {
        this(0.99, 1e-8, 0, false);
    }

    @Override
    public int states() {
        return 1 + (centred ? 1 : 0) + (momentum > 0 ? 1 : 0);
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        Kernels kernels = pass.kernels();
        Slice v = state[0], a = centred ? state[1] : null, b = momentum > 0 ? state[states() - 1] : null;
        float old = (float) alpha, fresh = (float) (1 - alpha), least = (float) epsilon;
        int n = w.rows() * w.stride();
        for (int i = 0; i < n; i += Settings.PIECE) {
            int count = Math.min(Settings.PIECE, n - i), go = g.offset() + i, wo = w.offset() + i, vo = v.offset() + i;
            if (centred)
                kernels.rmspropCentred(
                        old, fresh, least, g.array(), go, v.array(), vo, a.array(), a.offset() + i, count);
            else kernels.rmsprop(old, fresh, least, g.array(), go, v.array(), vo, count);
            if (b == null) kernels.descend(rate, g.array(), go, w.array(), wo, count);
            else
                kernels.momentum(
                        (float) momentum, 1f, rate, g.array(), go, b.array(), b.offset() + i, w.array(), wo, count);
        }
    }
}
