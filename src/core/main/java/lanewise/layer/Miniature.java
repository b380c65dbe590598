package lanewise.layer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Small copies of a network's layers, each by itself, with parameters and batches of their own. Calls of them take the same
 * kernels, by the same branches, as calls of the network, but hardly any time or memory: so they get kernels compiled beside
 * a training, whose parameters, random numbers and memory they do not touch.
 *
 * <p>A dense layer's copy has few inputs, and outputs that need the same tiles; its inputs are as dense as those of the
 * network's last call. Equal copies are made once. Layers that are not the library's are left out, since they have no
 * kernels of their own. Vector and scalar kernels call each copy in turn, and a copy is done with when the vector kernels
 * are fast.
 *
 * <p>Not thread-safe.
 */
final class Miniature {

    /**
     * What a course of calls does.
     *
     * @param training forward, backward and the parameters' gradient; else forward alone
     * @param rows of a batch
     * @param descent whether rows go one at a time through {@link RowDescent}
     * @param parts in which the parameters' gradient is taken
     * @param update what follows, named by its toString; null if nothing does
     */
    record Use(boolean training, int rows, boolean descent, int parts, Consumer<Pass> update) {

        /** Rows of the copies' batches: of many rows fewer, with the same remainder for tiles of up to 8. */
        int fewRows() {
            return rows <= 24 ? rows : 16 + rows % 8;
        }

        /** What decides on kernels and their branches. */
        private String kind() {
            return (training
                            ? descent ? "descent" : "training " + parts + (update == null ? "" : ", " + update)
                            : "prediction")
                    + ", rows " + fewRows() + ": ";
        }
    }

    /** Weights of a dense layer's copy, unless it has the fewest inputs; parameters of another layer that is copied. */
    private static final int WEIGHTS = 1 << 12, MOST_PARAMETERS = 1 << 20;

    /** So many calls of a copy are judged together: some are slow because of what else is on the machine. */
    private static final int CALLS = 32, FAST_CALLS = 24;

    /** Cold vector code takes 20 to 100 times as long as scalar code, compiled code less than scalar code. */
    private static final int FAST = 4;

    /** What is to be measured beside a copy's call: the clock, and the way there. */
    private static final long SLACK_NANOS = 1_000;

    private final Use use;
    private final List<Part> slow = new ArrayList<>();
    private final boolean any;
    private int next;
    private int rounds;
    private boolean anyFast;

    /**
     * Copies.
     *
     * @param layer the outermost layer; not called
     * @param pass of the layer, after a call; not modified
     */
    Miniature(Layer layer, Pass pass, Use use) {
        this.use = use;
        for (Map.Entry<Layer, Integer> copy : copies(layer, pass, use).values())
            slow.add(new Part(copy.getKey(), copy.getValue(), use));
        any = !slow.isEmpty();
    }

    /** Names of the copies that would be made: courses of the same kinds need the same compiled code. */
    static Set<String> kinds(Layer layer, Use use) {
        return copies(layer, null, use).keySet();
    }

    /** Copies by their kind, each with the distance of its non-zero inputs. */
    private static Map<String, Map.Entry<Layer, Integer>> copies(Layer layer, Pass pass, Use use) {
        Map<String, Map.Entry<Layer, Integer>> copies = new LinkedHashMap<>();
        add(copies, layer, pass, use, true);
        return copies;
    }

    private static void add(
            Map<String, Map.Entry<Layer, Integer>> copies, Layer layer, Pass pass, Use use, boolean first) {
        Layer copy = layer;
        int distance = 1;
        if (layer instanceof Stack stack) {
            for (int i = 0; i < stack.size(); i++)
                add(copies, stack.layer(i), pass == null ? null : pass.child(i), use, first && i == 0);
            return;
        } else if (layer instanceof Residual residual) {
            add(copies, residual.inner(), pass == null ? null : pass.child(0), use, first);
            copy = Residual.of(Dense.of(Kernels.BLOCK, Kernels.BLOCK, Activation.IDENTITY));
        } else if (layer instanceof Dense dense) {
            copy = dense.miniature(WEIGHTS);
            int count = pass == null ? NonZeroInputs.NO_LIST : dense.nonZeros().count(pass, 0);
            if (count != NonZeroInputs.NO_LIST) distance = dense.inputSize() / Math.max(1, count);
        } else if (layer.getClass().getPackage() != Layer.class.getPackage()
                || Parameters.count(layer.parameters()) > MOST_PARAMETERS) return;
        // Of the network's first layer the input's gradient is not wanted, so others stand behind one that asks for it.
        if (!first && use.training) copy = new Stack(List.of(Dropout.of(copy.inputSize(), 0), copy));
        copies.putIfAbsent(use.kind() + copy, Map.entry(copy, distance));
    }

    /** Whether there are no copies, or all have become fast. */
    boolean isFast() {
        return slow.isEmpty();
    }

    /** Whether there are no copies, or one has become fast: this JVM compiles vectors. */
    boolean anyIsFast() {
        return anyFast || !any;
    }

    /** How often each copy that is not fast yet has been called. */
    int rounds() {
        return rounds;
    }

    /** Calls the next copy that is not fast yet, on either kernels. */
    void call() {
        if (next == slow.size()) {
            next = 0;
            rounds++;
        }
        if (!slow.get(next).becomesFast()) next++;
        else {
            slow.remove(next);
            anyFast = true;
        }
    }

    /** A copy of one layer. */
    private static final class Part {

        private final Layer layer;
        private final int distance;
        private final Use use;
        private final int rows;
        private final Parameters parameters;
        private final Batch vector;
        private final Batch scalar;
        private final RowDescent vectorDescent;
        private final RowDescent scalarDescent;

        private int calls;
        private int fastCalls;
        private long best;

        Part(Layer layer, int distance, Use use) {
            this.layer = layer;
            this.distance = distance;
            this.use = use;
            rows = use.fewRows();
            parameters = Parameters.zeros(layer);
            layer.initialize(parameters, new RandomSource(1));
            vector = batch(Selection.kernels());
            scalar = batch(Selection.scalar());
            vectorDescent = new RowDescent(layer, parameters, vector);
            scalarDescent = new RowDescent(layer, parameters, scalar);
        }

        private Batch batch(Kernels kernels) {
            Batch batch = use.training ? Batch.forTraining(layer, rows) : Batch.forPrediction(layer, rows, kernels);
            batch.kernels(kernels);
            return batch;
        }

        /** One call on either kernels. Returns whether the vector kernels have been fast for long enough. */
        boolean becomesFast() {
            if (calls % CALLS == 0) {
                setInput(vector);
                setInput(scalar);
                fastCalls = 0;
                best = Long.MAX_VALUE;
            }
            calls++;
            long start = System.nanoTime();
            call(vector, vectorDescent);
            long between = System.nanoTime();
            call(scalar, scalarDescent);
            best = Math.min(best, System.nanoTime() - between);
            if (between - start <= FAST * best + SLACK_NANOS) fastCalls++;
            return calls % CALLS == 0 && fastCalls >= FAST_CALLS;
        }

        /** With a scale of zero, so that the parameters stay. */
        private void call(Batch batch, RowDescent descent) {
            batch.begin(1, calls, 0);
            Pass pass = batch.pass();
            Slice input = batch.input(), output = batch.output(), dOutput = batch.dOutput();
            if (use.descent) {
                descent.forward();
                setGradient(dOutput);
                descent.backward();
                descent.update(0f);
                return;
            }
            layer.forward(pass, 0, rows, parameters, input, output);
            if (!use.training) return;
            setGradient(dOutput);
            layer.backward(pass, 0, rows, parameters, input, output, dOutput, null);
            for (int part = 0; part < use.parts; part++)
                layer.parameterGradient(pass, 0, rows, input, output, dOutput, 0f, parameters, part, use.parts);
            layer.updateRunningStatistics(pass, rows, parameters);
            if (use.update != null) use.update.accept(pass);
        }

        private void setInput(Batch batch) {
            Slice input = batch.input();
            RandomSource random = new RandomSource(calls);
            for (int r = 0; r < rows; r++)
                if (!layer.differentiableInput()) layer.exampleInput(input, r, random);
                else
                    for (int c = 0; c < input.columns(); c++)
                        input.set(r, c, (c + r) % distance == 0 ? 0.1f + random.uniform() : 0f);
        }

        private void setGradient(Slice dOutput) {
            for (int r = 0; r < rows; r++)
                for (int c = 0, at = dOutput.at(r); c < dOutput.columns(); c++)
                    dOutput.array()[at + c] = (c & 1) == 0 ? 0.01f : -0.01f;
        }
    }
}
