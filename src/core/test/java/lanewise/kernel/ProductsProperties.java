package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** {@link Products} to the bit. */
@Tag("bits")
class ProductsProperties extends KernelCases {

    @Property(tries = TRIES)
    void forwardSumsInTheContractsOrder(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.row(shape.inputs()),
                    w = m.matrix(shape.inputs(), shape.outputs()),
                    b = m.padded(shape.outputs());
            Part y = m.room(shape.stride());
            kernels.gemv(
                    x.array(),
                    x.at(),
                    shape.inputs(),
                    w.array(),
                    w.at(),
                    shape.stride(),
                    b.array(),
                    b.at(),
                    y.array(),
                    y.at());
            for (int o = 0; o < shape.outputs(); o++)
                assertTrue(Float.floatToRawIntBits(y.array()[y.at() + o]) != 0x80000000, "-0.0 left a forward pass");
        });
    }

    @Property(tries = TRIES)
    void skippingZerosChangesNoBitOfTheForwardPass(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.sparse(shape.inputs()),
                    w = m.matrix(shape.inputs(), shape.outputs()),
                    b = m.padded(shape.outputs());
            Part y = m.room(shape.stride());
            int po = m.offset();
            int[] positions = m.ints(po, shape.inputs());
            int count = m.positions(x, shape.inputs(), positions, po);
            kernels.gemv(
                    x.array(),
                    x.at(),
                    shape.inputs(),
                    positions,
                    po,
                    count,
                    w.array(),
                    w.at(),
                    shape.stride(),
                    b.array(),
                    b.at(),
                    y.array(),
                    y.at());
        });
    }

    @Property(tries = TRIES)
    void rowsTogetherGiveTheBitsOfRowsAlone(@ForAll("shapes") Shape shape) {
        for (boolean listed : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                int in = shape.inputs(), xs = in + m.offset(), ys = shape.stride() + m.offset();
                Part x = m.room(3 * xs + in), w = m.matrix(in, shape.outputs()), b = m.padded(shape.outputs());
                for (int r = 0; r < Kernels.ROWS; r++) {
                    Part row = m.sparse(in);
                    System.arraycopy(row.array(), row.at(), x.array(), x.at() + r * xs, in);
                }
                Part y = m.room(3 * ys + shape.stride());
                int po = m.offset(), count = 0;
                int[] positions = m.ints(po, in);
                for (int i = 0; i < in; i++) {
                    boolean zeros = true;
                    for (int r = 0; r < Kernels.ROWS; r++) zeros &= x.array()[x.at() + r * xs + i] == 0f;
                    if (!zeros) positions[po + count++] = i;
                }
                kernels.gemm(
                        x.array(),
                        x.at(),
                        xs,
                        in,
                        listed ? positions : null,
                        po,
                        count,
                        w.array(),
                        w.at(),
                        shape.stride(),
                        b.array(),
                        b.at(),
                        y.array(),
                        y.at(),
                        ys);
            });
    }

    @Property(tries = TRIES)
    void inputGradientsAreSumsAlongRows(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int in = shape.inputs(), rows = List.of(1, 1, 2, 3, 5, 8, 37).get(m.random.nextInt(7));
            int dys = shape.stride() + m.offset(), dxs = Kernels.padded(in) + m.offset();
            Part w = m.matrix(in, shape.outputs()), dy = m.rows(rows, shape.outputs(), dys);
            Part dx = m.room((rows - 1) * dxs + Kernels.padded(in));
            float[] scratch = new float[3 + Kernels.SCRATCH];
            Arrays.fill(scratch, Float.NaN);
            kernels.gemmTransposed(
                    w.array(),
                    w.at(),
                    shape.stride(),
                    in,
                    dy.array(),
                    dy.at(),
                    dys,
                    rows,
                    dx.array(),
                    dx.at(),
                    dxs,
                    scratch,
                    3);
            for (int r = 0; r < rows; r++) {
                assertPadding(new Part(dx.array(), dx.at() + r * dxs), 1, in);
                for (int i = 0; i < in; i++) {
                    float v = dx.array()[dx.at() + r * dxs + i];
                    assertTrue(v == 0f ? Float.floatToRawIntBits(v) == 0 : Math.abs(v) >= 1e-25f, "not flushed: " + v);
                }
            }
        });
    }

    @Property(tries = TRIES)
    void updatesLeaveTheRowsOfZeroInputsUntouched(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.sparse(shape.inputs()), w = m.matrix(shape.inputs(), shape.outputs());
            Part dy = m.gradients(1, shape.outputs());
            int stride = shape.stride();
            for (int i = 0; i < shape.inputs(); i++)
                if (x.array()[x.at() + i] == 0f)
                    for (int o = 0; o < shape.outputs(); o++) w.array()[w.at() + i * stride + o] = -0f;
            kernels.ger(x.array(), x.at(), shape.inputs(), dy.array(), dy.at(), w.array(), w.at(), stride);
            assertPadding(w, shape.inputs(), shape.outputs());
            for (int i = 0; i < shape.inputs(); i++)
                if (x.array()[x.at() + i] == 0f)
                    for (int o = 0; o < shape.outputs(); o++)
                        assertTrue(same(-0f, w.array()[w.at() + i * stride + o]), "the row of a zero input");
        });
    }

    /** Columns without a zero, of zeros alone and between, in batches that end within a panel of rows or span several. */
    @Property(tries = TRIES)
    void updatesByRowsTogetherAreUpdatesRowByRow(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> rowsTogether(kernels, m, shape, true));
        same(
                shape,
                (kernels, m) -> rowsTogether(kernels, m, shape, true),
                (kernels, m) -> rowsTogether(kernels, m, shape, false));
    }

    private void rowsTogether(Kernels kernels, Memory m, Shape shape, boolean together) {
        int in = shape.inputs();
        int outputs = m.random.nextInt(8) == 0 ? 512 + shape.outputs() : shape.outputs(), ws = Kernels.padded(outputs);
        int rows = List.of(1, 2, 5, 16, 31, 32, 33, 63, 64, 65, 130).get(m.random.nextInt(11));
        int xs = Kernels.padded(in) + m.offset(), dys = ws + m.offset();
        Part x = m.room((rows - 1) * xs + Kernels.padded(in)), w = m.matrix(in, outputs);
        Part dy = m.rows(rows, outputs, dys);
        double share = List.of(0.0, 0.2, 0.5, 0.8, 1.0).get(m.random.nextInt(5));
        int whole = m.random.nextInt(4);
        for (int i = 0; i < in; i++) {
            DoubleSupplier values = m.finite();
            double zeros = i % 4 < whole ? i % 2 : share;
            for (int r = 0; r < rows; r++) {
                float v = (float) values.getAsDouble();
                if (zeros == 0 && v == 0f) v = Float.MIN_VALUE;
                if (m.random.nextDouble() < zeros) v = m.random.nextBoolean() ? 0f : -0f;
                x.array()[x.at() + r * xs + i] = v;
            }
        }
        float scale = m.random.nextBoolean() ? 1f : -0.1f;
        if (together) {
            float[] scratch = new float[3 + Math.min(rows, Kernels.UPDATE_ROWS) * Kernels.updateScratch(ws)];
            Arrays.fill(scratch, Float.NaN);
            int[] masks = new int[5 + Kernels.MASKS];
            Arrays.fill(masks, -1);
            kernels.gerRows(
                    scale,
                    x.array(),
                    x.at(),
                    xs,
                    rows,
                    in,
                    dy.array(),
                    dy.at(),
                    dys,
                    w.array(),
                    w.at(),
                    ws,
                    scratch,
                    3,
                    masks,
                    5);
        } else {
            float[] d = new float[ws];
            for (int r = 0; r < rows; r++) {
                for (int o = 0; o < ws; o++) d[o] = scale * dy.array()[dy.at() + r * dys + o];
                kernels.ger(x.array(), x.at() + r * xs, in, d, 0, w.array(), w.at(), ws);
            }
        }
        assertPadding(w, in, outputs);
    }

    @Property(tries = TRIES)
    void skippingZerosChangesNoBitOfAnUpdate(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.sparse(shape.inputs()), w = m.matrix(shape.inputs(), shape.outputs());
            Part dy = m.gradients(1, shape.outputs());
            int po = m.offset();
            int[] positions = m.ints(po, shape.inputs());
            int count = m.positions(x, shape.inputs(), positions, po);
            kernels.ger(
                    x.array(), x.at(), positions, po, count, dy.array(), dy.at(), w.array(), w.at(), shape.stride());
            assertPadding(w, shape.inputs(), shape.outputs());
        });
    }

    @Property(tries = TRIES)
    void updateAndForwardInOneAreUpdateThenForward(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part u = m.sparse(shape.inputs()), d = m.gradients(1, shape.outputs()), x = m.sparse(shape.inputs());
            Part w = m.matrix(shape.inputs(), shape.outputs()), b = m.padded(shape.outputs());
            Part y = m.room(shape.stride());
            kernels.gerGemv(
                    u.array(),
                    u.at(),
                    d.array(),
                    d.at(),
                    x.array(),
                    x.at(),
                    shape.inputs(),
                    w.array(),
                    w.at(),
                    shape.stride(),
                    b.array(),
                    b.at(),
                    y.array(),
                    y.at());
            assertPadding(w, shape.inputs(), shape.outputs());
        });
    }

    /** Some rows wait, each with a gradient of its own, and only those that x reads are to be done. */
    @Property(tries = TRIES)
    void rowsThatWaitAreDoneWhenTheyAreRead(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int inputs = shape.inputs(), stride = shape.stride(), gradients = 1 + m.random.nextInt(5), count = 0;
            Part input = m.sparse(inputs), factor = m.row(inputs), d = m.gradients(1 + gradients, shape.outputs());
            Part w = m.matrix(inputs, shape.outputs()), b = m.padded(shape.outputs()), y = m.room(stride);
            int[] rows = new int[inputs], updates = new int[inputs];
            float[] x = new float[inputs], u = new float[inputs];
            Arrays.fill(d.array(), d.at(), d.at() + stride, 0f);
            List<Integer> still = new ArrayList<>();
            for (int i = 0; i < inputs; i++) {
                if (input.array()[input.at() + i] == 0f) continue;
                boolean waits = factor.array()[factor.at() + i] != 0f && m.random.nextBoolean();
                rows[count] = w.at() + i * stride;
                x[count] = input.array()[input.at() + i];
                updates[count] = d.at() + (waits ? 1 + m.random.nextInt(gradients) : 0) * stride;
                u[count] = waits ? factor.array()[factor.at() + i] : -0f;
                if (!waits) {
                    still.add(rows[count]);
                    for (int o = 0; o < shape.outputs(); o += 2) w.array()[rows[count] + o] = -0f;
                }
                count++;
            }
            float[] before = w.array().clone();
            kernels.gerGemv(
                    rows, updates, x, u, count, d.array(), inputs, w.array(), w.at(), stride, b.array(), b.at(),
                    y.array(), y.at());
            assertPadding(w, inputs, shape.outputs());
            for (int row : still)
                for (int o = 0; o < stride; o++)
                    assertTrue(same(before[row + o], w.array()[row + o]), "a row that does not wait");
        });
    }
}
