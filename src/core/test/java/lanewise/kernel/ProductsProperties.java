package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.memory.Memory;
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

    /** As many that four fit into them several times, or not at all, and some are left over. */
    private static int rows(Memory m) {
        return 1 + m.random.nextInt(15);
    }

    @Property(tries = TRIES / 2)
    void manyRowsTogetherGiveTheBitsOfRowsAlone(@ForAll("deepShapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int in = shape.inputs(), rows = rows(m), xs = in + m.offset(), ys = shape.stride() + m.offset();
            Part x = m.room((rows - 1) * xs + in), w = m.matrix(in, shape.outputs()), b = m.padded(shape.outputs());
            for (int r = 0; r < rows; r++) {
                Part row = m.sparse(in);
                System.arraycopy(row.array(), row.at(), x.array(), x.at() + r * xs, in);
            }
            Part y = m.room((rows - 1) * ys + shape.stride());
            int po = m.offset();
            float[] panel = new float[po + Kernels.PANEL + 1];
            panel[po + Kernels.PANEL] = 7f;
            kernels.gemm(
                    x.array(),
                    x.at(),
                    xs,
                    rows,
                    in,
                    w.array(),
                    w.at(),
                    shape.stride(),
                    b.array(),
                    b.at(),
                    y.array(),
                    y.at(),
                    ys,
                    panel,
                    po);
            for (int i = 0; i < po; i++) assertEquals(0f, panel[i], "written before the panel");
            assertEquals(7f, panel[po + Kernels.PANEL], "written behind the panel");
        });
    }

    @Property(tries = TRIES / 2)
    void rowsOverTheirListsBlockByBlockGiveTheBitsOfRowsAlone(@ForAll("deepShapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int in = shape.inputs(), rows = rows(m), xs = in + m.offset(), ys = shape.stride() + m.offset();
            int block = Kernels.blockInputs(in, shape.stride()), blocks = Kernels.blocks(in, shape.stride());
            int eo = m.offset(), po = eo + blocks + 1, ls = blocks + 1 + in + m.offset();
            int[] lists = m.ints(0, rows * ls + 20);
            Part x = m.room((rows - 1) * xs + in), w = m.matrix(in, shape.outputs()), b = m.padded(shape.outputs());
            for (int r = 0; r < rows; r++) {
                Part row = m.sparse(in);
                System.arraycopy(row.array(), row.at(), x.array(), x.at() + r * xs, in);
                int count = m.positions(row, in, lists, po + r * ls);
                Kernels.blockEnds(lists, po + r * ls, count, block, blocks, eo + r * ls);
            }
            Part y = m.room((rows - 1) * ys + shape.stride());
            kernels.gemmListed(
                    x.array(),
                    x.at(),
                    xs,
                    lists,
                    po,
                    eo,
                    ls,
                    rows,
                    in,
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
            Part w = m.matrix(shape.inputs(), shape.outputs()), dy = m.padded(shape.outputs());
            Part dx = m.room(Kernels.padded(shape.inputs()));
            kernels.gemvTransposed(
                    w.array(), w.at(), shape.stride(), shape.inputs(), dy.array(), dy.at(), dx.array(), dx.at());
            assertPadding(dx, 1, shape.inputs());
            for (int i = 0; i < shape.inputs(); i++) {
                float v = dx.array()[dx.at() + i];
                assertTrue(v == 0f ? Float.floatToRawIntBits(v) == 0 : Math.abs(v) >= 1e-25f, "not flushed: " + v);
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

    /** Some rows wait, each with a slot of its own, and only those that x reads are to be done. */
    private void pending(Kernels kernels, Memory m, Shape shape, boolean inOne) {
        int inputs = shape.inputs(), stride = shape.stride(), count = 1 + m.random.nextInt(5);
        Part u = m.row(inputs), d = m.gradients(count, shape.outputs()), x = m.sparse(inputs);
        Part w = m.matrix(inputs, shape.outputs()), b = m.padded(shape.outputs()), y = m.room(stride);
        int so = m.offset(), po = m.offset();
        int[] slots = m.ints(so, inputs), positions = m.ints(po, inputs);
        for (int i = 0; i < inputs; i++)
            slots[so + i] = u.array()[u.at() + i] == 0f || m.random.nextBoolean() ? 0 : 1 + m.random.nextInt(count);
        int nonZeros = m.positions(x, inputs, positions, po);
        if (inOne)
            kernels.gerGemv(
                    u.array(), u.at(), slots, so, d.array(), d.at(), x.array(), x.at(), inputs, positions, po, nonZeros,
                    w.array(), w.at(), stride, b.array(), b.at(), y.array(), y.at());
        else {
            for (int k = po; k < po + nonZeros; k++) {
                int i = positions[k];
                kernels.gerSlots(
                        u.array(),
                        u.at() + i,
                        slots,
                        so + i,
                        d.array(),
                        d.at(),
                        1,
                        w.array(),
                        w.at() + i * stride,
                        stride);
            }
            kernels.gemv(
                    x.array(), x.at(), inputs, positions, po, nonZeros, w.array(), w.at(), stride, b.array(), b.at(),
                    y.array(), y.at());
        }
        assertPadding(w, inputs, shape.outputs());
    }

    @Property(tries = TRIES)
    void rowsThatWaitAreDoneWhenTheyAreRead(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> pending(kernels, m, shape, true));
        same(
                shape,
                (kernels, m) -> pending(kernels, m, shape, true),
                (kernels, m) -> pending(kernels, m, shape, false));
    }

    @Property(tries = TRIES)
    void slotsAreEmptyOnceTheirRowsAreDone(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int inputs = shape.inputs(), so = m.offset();
            Part u = m.row(inputs), d = m.gradients(3, shape.outputs()), w = m.matrix(inputs, shape.outputs());
            int[] slots = m.ints(so, inputs);
            for (int i = 0; i < inputs; i++) slots[so + i] = m.random.nextInt(4);
            kernels.gerSlots(
                    u.array(), u.at(), slots, so, d.array(), d.at(), inputs, w.array(), w.at(), shape.stride());
            for (int i = 0; i < inputs; i++) assertEquals(0, slots[so + i]);
            assertPadding(w, inputs, shape.outputs());
        });
    }
}
