package lanewise;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Layer;
import lanewise.layer.Residual;
import lanewise.layer.Stack;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * A stack and its parameters as prediction wants them: every layer in its form {@link Layer#forPrediction for
 * prediction}, dropout left out, and each batch normalisation y = x s + t taken into the weights beside it.
 *
 * <p>Into the dense layer before it, if that has no activation: {@code W'[i][o] = W[i][o] s[o]} and
 * {@code b'[o] = fma(b[o], s[o], t[o])}. Else into the dense layer after it: {@code W'[i][o] = s[i] W[i][o]} and
 * {@code b'[o] = b[o] + Σ t[i] W[i][o]}, summed in double over ascending i and rounded once. Else it stays. Stacks inside
 * stacks and residuals are gone through likewise, each by itself.
 */
final class Folding {

    /** One layer and its own parameters. */
    private record Part(Layer layer, Slice[] parameters) {}

    final Stack stack;

    /** Those that were given where nothing was folded into them, new ones else. */
    final Slice[] parameters;

    private Folding(Part whole) {
        stack = (Stack) whole.layer;
        parameters = whole.parameters;
    }

    /**
     * Folds finite parameters.
     *
     * @throws IllegalArgumentException if what batch normalisation makes of them is not finite
     */
    static Folding of(Stack stack, Parameters parameters) {
        Slice[] slices = new Slice[parameters.size()];
        for (int i = 0; i < slices.length; i++) slices[i] = parameters.get(i);
        Part folded = fold(stack, slices);
        String place = Parameters.of(folded.layer, folded.parameters).firstNotFinite();
        if (place != null)
            throw new IllegalArgumentException("parameter " + place
                    + " is not finite once batch normalisation is folded into the weights; did the training diverge?");
        return new Folding(folded);
    }

    private static Part fold(Stack stack, Slice[] parameters) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        for (Layer layer : stack.layers()) {
            int count = layer.parameters().size();
            add(parts, new Part(layer, Arrays.copyOfRange(parameters, at, at + count)));
            at += count;
        }
        // A stack has at least one layer, if it is one that does nothing.
        if (parts.isEmpty()) parts.add(new Part(stack.layers().get(0).forPrediction(), new Slice[0]));
        return new Part(
                new Stack(parts.stream().map(Part::layer).toList()),
                parts.stream().flatMap(part -> Arrays.stream(part.parameters)).toArray(Slice[]::new));
    }

    private static void add(List<Part> parts, Part next) {
        Part last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
        if (next.layer instanceof Dropout) return;
        if (next.layer instanceof Stack stack) next = fold(stack, next.parameters);
        else if (next.layer instanceof Residual residual) {
            Part inner = fold(residual.inner(), next.parameters);
            next = new Part(Residual.of(((Stack) inner.layer).layers().toArray(Layer[]::new)), inner.parameters);
        } else if (next.layer instanceof BatchNorm norm
                && last != null
                && last.layer instanceof Dense dense
                && dense.activation() == Activation.IDENTITY) {
            parts.set(parts.size() - 1, after(dense, last.parameters, norm, next.parameters));
            return;
        } else if (next.layer instanceof Dense dense && last != null && last.layer instanceof BatchNorm norm) {
            parts.remove(parts.size() - 1);
            add(parts, before(norm, last.parameters, dense, next.parameters)); // there may be another one before
            return;
        } else next = new Part(next.layer.forPrediction(), next.parameters);
        parts.add(next);
    }

    private static Part after(Dense dense, Slice[] own, BatchNorm norm, Slice[] statistics) {
        Slice s = Slice.allocate(1, dense.outputSize()), t = Slice.allocate(1, dense.outputSize());
        norm.fold(Parameters.of(norm, statistics), s, t);
        Part folded = withBias(dense, own);
        Slice w = folded.parameters[0], b = folded.parameters[1];
        for (int i = 0; i < w.rows(); i++)
            for (int o = 0; o < w.columns(); o++) w.set(i, o, own[0].get(i, o) * s.get(0, o));
        for (int o = 0; o < w.columns(); o++) b.set(0, o, Arithmetic.fma(b.get(0, o), s.get(0, o), t.get(0, o)));
        return folded;
    }

    private static Part before(BatchNorm norm, Slice[] statistics, Dense dense, Slice[] own) {
        Slice s = Slice.allocate(1, dense.inputSize()), t = Slice.allocate(1, dense.inputSize());
        norm.fold(Parameters.of(norm, statistics), s, t);
        Part folded = withBias(dense, own);
        Slice w = folded.parameters[0], b = folded.parameters[1];
        double[] sums = new double[w.columns()];
        for (int o = 0; o < w.columns(); o++) sums[o] = b.get(0, o);
        for (int i = 0; i < w.rows(); i++)
            for (int o = 0; o < w.columns(); o++) {
                w.set(i, o, s.get(0, i) * own[0].get(i, o));
                sums[o] += (double) t.get(0, i) * own[0].get(i, o);
            }
        for (int o = 0; o < w.columns(); o++) b.set(0, o, (float) sums[o]);
        return folded;
    }

    /** The layer with a bias, and new parameters: zeros for weights, and the bias that it had, if any. */
    private static Part withBias(Dense dense, Slice[] own) {
        Dense biased = Dense.of(dense.inputSize(), dense.outputSize(), dense.activation());
        Slice[] parameters = Slice.allocate(biased.parameters());
        if (own.length == 2) for (int o = 0; o < dense.outputSize(); o++) parameters[1].set(0, o, own[1].get(0, o));
        return new Part(biased, parameters);
    }
}
