package lanewise.bench.peers;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import java.util.Arrays;

/**
 * A network on netlib's BLAS in pure Java, as its users would write it: sgemm for batches, sgemv and sger for single rows,
 * and Math.exp.
 *
 * <p>BLAS stores matrices column by column: a weights matrix [input][output] row by row is one of outputs × inputs there, and
 * rows of inputs are columns.
 */
public final class VectorBlas implements Peer {

    private final BLAS blas = JavaBLAS.getInstance();
    private Layers one;

    /** Layers with room for so many rows. */
    private final class Layers {

        final int[] sizes = Work.sizes();
        final float[][] weights = new float[3][],
                biases = new float[3][],
                outputs = new float[3][],
                gradients = new float[3][];

        Layers(float[] all, int rows) {
            this(rows);
            for (int k = 0, at = 0; k < 3; k++) {
                weights[k] = Arrays.copyOfRange(all, at, at += sizes[k] * sizes[k + 1]);
                biases[k] = Arrays.copyOfRange(all, at, at += sizes[k + 1]);
            }
        }

        /** The same weights, shared. */
        Layers(Layers of, int rows) {
            this(rows);
            for (int k = 0; k < 3; k++) {
                weights[k] = of.weights[k];
                biases[k] = of.biases[k];
            }
        }

        private Layers(int rows) {
            for (int k = 0; k < 3; k++) {
                outputs[k] = new float[rows * sizes[k + 1]];
                gradients[k] = new float[rows * sizes[k + 1]];
            }
        }

        /** Overwrites outputs with those of n rows of x, which begin at some index; the last layer's go to p. */
        void forward(float[] x, int from, int n, float[] p, int to) {
            for (int k = 0; k < 3; k++) {
                int in = sizes[k], out = sizes[k + 1], at = k == 2 ? to : 0;
                float[] y = k == 2 ? p : outputs[k];
                for (int r = 0; r < n; r++) System.arraycopy(biases[k], 0, y, at + r * out, out);
                if (n == 1) blas.sgemv("N", out, in, 1, weights[k], 0, out, x, from, 1, 1, y, at, 1);
                else blas.sgemm("N", "N", out, n, in, 1, weights[k], 0, out, x, from, in, 1, y, at, out);
                if (k == 2) softmax(y, at, n);
                else for (int i = 0; i < n * out; i++) y[i] = (float) (1 / (1 + Math.exp(-y[i])));
                x = y;
                from = 0;
            }
        }

        private void softmax(float[] y, int from, int n) {
            for (int r = 0, at = from; r < n; r++, at += Work.CLASSES) {
                float max = y[at], sum = 0;
                for (int c = 1; c < Work.CLASSES; c++) max = Math.max(max, y[at + c]);
                for (int c = 0; c < Work.CLASSES; c++) sum += y[at + c] = (float) Math.exp(y[at + c] - max);
                for (int c = 0; c < Work.CLASSES; c++) y[at + c] /= sum;
            }
        }

        void step(float[] x, int[] labels, int n, float rate) {
            forward(x, 0, n, outputs[2], 0);
            System.arraycopy(outputs[2], 0, gradients[2], 0, n * Work.CLASSES);
            for (int r = 0; r < n; r++) gradients[2][r * Work.CLASSES + labels[r]] -= 1;
            for (int k = 2; k >= 0; k--) {
                int in = sizes[k], out = sizes[k + 1];
                float[] dy = gradients[k], before = k == 0 ? x : outputs[k - 1];
                if (k > 0) {
                    float[] dx = gradients[k - 1];
                    if (n == 1) blas.sgemv("T", out, in, 1, weights[k], out, dy, 1, 0, dx, 1);
                    else blas.sgemm("T", "N", in, n, out, 1, weights[k], out, dy, out, 0, dx, in);
                    for (int i = 0; i < n * in; i++) dx[i] *= before[i] * (1 - before[i]);
                }
                float scale = -rate / n;
                if (n == 1) blas.sger(out, in, scale, dy, 1, before, 1, weights[k], out);
                else blas.sgemm("N", "T", out, in, n, scale, dy, out, before, in, 1, weights[k], out);
                for (int r = 0; r < n; r++) for (int o = 0; o < out; o++) biases[k][o] += scale * dy[r * out + o];
            }
        }
    }

    /** Finds out which implementation was taken. */
    public VectorBlas() {
        String name = blas.getClass().getSimpleName();
        if (!name.equals("VectorBLAS"))
            throw new IllegalStateException("netlib chose " + name
                    + ", VectorBLAS expected; has this JVM no --add-modules" + " jdk.incubator.vector?");
    }

    @Override
    public String name() {
        return "netlib VectorBLAS";
    }

    @Override
    public String version() {
        return "3.2.0";
    }

    @Override
    public String settings() {
        return "a network on sgemm, and on sgemv and sger for single rows; Math.exp; trained on floats made beforehand";
    }

    @Override
    public void load(Work work) throws Exception {
        one = new Layers(work.weights(), 1);
    }

    @Override
    public void predict(float[] digit, float[] probabilities) {
        one.forward(digit, 0, 1, probabilities, 0);
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        Layers layers = new Layers(one, rows);
        int count = digits.length / Work.PIXELS;
        float[] probabilities = new float[count * Work.CLASSES];
        return new Scoring() {
            @Override
            public void run() {
                for (int at = 0; at < count; at += rows)
                    layers.forward(
                            digits, at * Work.PIXELS, Math.min(rows, count - at), probabilities, at * Work.CLASSES);
            }

            @Override
            public float[] probabilities() {
                return probabilities;
            }
        };
    }

    @Override
    public Training training(float[] weights, Digits digits, int batch, int threads) {
        Layers layers = new Layers(weights, batch);
        float[] samples = digits.floats(), x = new float[batch * Work.PIXELS];
        int[] labels = new int[batch];
        return new Training() {
            @Override
            public void run(int[] order, int from, int to, float rate) {
                for (int at = from; at < to; at += batch) {
                    for (int r = 0; r < batch; r++) {
                        System.arraycopy(samples, order[at + r] * Work.PIXELS, x, r * Work.PIXELS, Work.PIXELS);
                        labels[r] = digits.labels()[order[at + r]];
                    }
                    layers.step(x, labels, batch, rate);
                }
            }

            @Override
            public float[] probabilities(float[] test) {
                int rows = Work.TEST;
                float[] probabilities = new float[rows * Work.CLASSES];
                for (int r = 0; r < rows; r++)
                    layers.forward(test, r * Work.PIXELS, 1, probabilities, r * Work.CLASSES);
                return probabilities;
            }
        };
    }
}
