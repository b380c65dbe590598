package lanewise.kernel;

import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.S;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link Updates} a vector at a time. */
interface VectorUpdates extends Updates {

    @Override
    default void descend(float rate, float[] g, int go, float[] w, int wo, int n) {
        FloatVector factor = FloatVector.broadcast(S, -rate);
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, g, go + i)
                    .fma(factor, FloatVector.fromArray(S, w, wo + i))
                    .intoArray(w, wo + i);
    }

    @Override
    default void momentum(
            float momentum, float fresh, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n) {
        FloatVector keep = FloatVector.broadcast(S, momentum), factor = FloatVector.broadcast(S, -rate);
        for (int i = 0; i < n; i += L) {
            FloatVector velocity = FloatVector.fromArray(S, b, bo + i)
                    .fma(keep, FloatVector.fromArray(S, g, go + i).mul(fresh));
            velocity = velocity.blend(0f, velocity.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            velocity.intoArray(b, bo + i);
            velocity.fma(factor, FloatVector.fromArray(S, w, wo + i)).intoArray(w, wo + i);
        }
    }

    @Override
    default void nesterov(float momentum, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n) {
        FloatVector keep = FloatVector.broadcast(S, momentum), factor = FloatVector.broadcast(S, -rate);
        for (int i = 0; i < n; i += L) {
            FloatVector d = FloatVector.fromArray(S, g, go + i);
            FloatVector velocity = FloatVector.fromArray(S, b, bo + i).fma(keep, d);
            velocity = velocity.blend(0f, velocity.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            velocity.intoArray(b, bo + i);
            velocity.fma(keep, d)
                    .fma(factor, FloatVector.fromArray(S, w, wo + i))
                    .intoArray(w, wo + i);
        }
    }

    @Override
    default void adam(
            float c1,
            float beta2,
            float c2,
            float scale,
            float epsilon,
            float a,
            float b,
            float decay,
            float[] g,
            int go,
            float[] m,
            int mo,
            float[] v,
            int vo,
            float[] w,
            int wo,
            int n) {
        FloatVector fresh = FloatVector.broadcast(S, c1), kept = FloatVector.broadcast(S, beta2);
        FloatVector scales = FloatVector.broadcast(S, scale), epsilons = FloatVector.broadcast(S, epsilon);
        FloatVector bs = FloatVector.broadcast(S, b), decays = FloatVector.broadcast(S, -decay);
        for (int i = 0; i < n; i += L) {
            FloatVector d = FloatVector.fromArray(S, g, go + i), mean = FloatVector.fromArray(S, m, mo + i);
            mean = d.sub(mean).fma(fresh, mean);
            mean = mean.blend(0f, mean.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            mean.intoArray(m, mo + i);
            FloatVector square =
                    FloatVector.fromArray(S, v, vo + i).fma(kept, d.mul(d).mul(c2));
            square = square.blend(0f, square.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            square.intoArray(v, vo + i);
            FloatVector step = d.fma(bs, mean.mul(a)).div(square.sqrt().fma(scales, epsilons));
            FloatVector old = FloatVector.fromArray(S, w, wo + i);
            old.fma(decays, old).sub(step).intoArray(w, wo + i);
        }
    }

    @Override
    default void amsgrad(
            float c1,
            float beta2,
            float c2,
            float scale,
            float epsilon,
            float a,
            float[] g,
            int go,
            float[] m,
            int mo,
            float[] v,
            int vo,
            float[] x,
            int xo,
            float[] w,
            int wo,
            int n) {
        FloatVector fresh = FloatVector.broadcast(S, c1), kept = FloatVector.broadcast(S, beta2);
        FloatVector scales = FloatVector.broadcast(S, scale), epsilons = FloatVector.broadcast(S, epsilon);
        for (int i = 0; i < n; i += L) {
            FloatVector d = FloatVector.fromArray(S, g, go + i), mean = FloatVector.fromArray(S, m, mo + i);
            mean = d.sub(mean).fma(fresh, mean);
            mean = mean.blend(0f, mean.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            mean.intoArray(m, mo + i);
            FloatVector square =
                    FloatVector.fromArray(S, v, vo + i).fma(kept, d.mul(d).mul(c2));
            square = square.blend(0f, square.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            square.intoArray(v, vo + i);
            FloatVector largest = FloatVector.fromArray(S, x, xo + i).max(square);
            largest.intoArray(x, xo + i);
            FloatVector step = mean.mul(a).div(largest.sqrt().fma(scales, epsilons));
            FloatVector.fromArray(S, w, wo + i).sub(step).intoArray(w, wo + i);
        }
    }

    @Override
    default void rmsprop(float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, int n) {
        FloatVector old = FloatVector.broadcast(S, alpha);
        for (int i = 0; i < n; i += L) {
            FloatVector d = FloatVector.fromArray(S, g, go + i);
            FloatVector square =
                    FloatVector.fromArray(S, v, vo + i).fma(old, d.mul(d).mul(c));
            square = square.blend(0f, square.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            square.intoArray(v, vo + i);
            d.div(square.sqrt().add(epsilon)).intoArray(g, go + i);
        }
    }

    @Override
    default void rmspropCentred(
            float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] a, int ao, int n) {
        FloatVector old = FloatVector.broadcast(S, alpha), fresh = FloatVector.broadcast(S, c);
        for (int i = 0; i < n; i += L) {
            FloatVector d = FloatVector.fromArray(S, g, go + i), mean = FloatVector.fromArray(S, a, ao + i);
            FloatVector square =
                    FloatVector.fromArray(S, v, vo + i).fma(old, d.mul(d).mul(c));
            square = square.blend(0f, square.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            square.intoArray(v, vo + i);
            mean = d.sub(mean).fma(fresh, mean);
            mean = mean.blend(0f, mean.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            mean.intoArray(a, ao + i);
            d.div(mean.neg().fma(mean, square).max(0f).sqrt().add(epsilon)).intoArray(g, go + i);
        }
    }

    @Override
    default void adagrad(float epsilon, float[] g, int go, float[] v, int vo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector d = FloatVector.fromArray(S, g, go + i);
            FloatVector square = d.fma(d, FloatVector.fromArray(S, v, vo + i));
            square = square.blend(0f, square.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            square.intoArray(v, vo + i);
            d.div(square.sqrt().add(epsilon)).intoArray(g, go + i);
        }
    }

    @Override
    default void adadelta(
            float rho, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] x, int xo, int n) {
        FloatVector old = FloatVector.broadcast(S, rho);
        for (int i = 0; i < n; i += L) {
            FloatVector d = FloatVector.fromArray(S, g, go + i), deltas = FloatVector.fromArray(S, x, xo + i);
            FloatVector square =
                    FloatVector.fromArray(S, v, vo + i).fma(old, d.mul(d).mul(c));
            square = square.blend(0f, square.abs().compare(VectorOperators.LT, Float.MIN_NORMAL));
            square.intoArray(v, vo + i);
            d = deltas.add(epsilon).sqrt().div(square.add(epsilon).sqrt()).mul(d);
            d.intoArray(g, go + i);
            deltas = deltas.fma(old, d.mul(d).mul(c));
            deltas.blend(0f, deltas.abs().compare(VectorOperators.LT, Float.MIN_NORMAL))
                    .intoArray(x, xo + i);
        }
    }

    @Override
    default void average(float c, float[] x, int xo, float[] y, int yo, int n) {
        FloatVector fresh = FloatVector.broadcast(S, c);
        for (int i = 0; i < n; i += L) {
            FloatVector mean = FloatVector.fromArray(S, y, yo + i);
            FloatVector.fromArray(S, x, xo + i).sub(mean).fma(fresh, mean).intoArray(y, yo + i);
        }
    }

    @Override
    default void limit(float bound, float[] g, int go, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, g, go + i).max(-bound).min(bound).intoArray(g, go + i);
    }
}
