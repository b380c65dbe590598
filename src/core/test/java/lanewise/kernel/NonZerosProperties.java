package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import lanewise.memory.Memory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** {@link NonZeros} to the bit. */
@Tag("bits")
class NonZerosProperties extends KernelCases {

    @Property(tries = TRIES)
    void positionsOfNonZerosAscend(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int n = shape.inputs(), po = m.offset();
            Part x = m.random.nextBoolean() ? m.any(n) : m.sparse(n);
            int[] found = new int[po + n + Kernels.BLOCK + 5], kept = m.ints(po, n);
            Arrays.fill(found, Memory.CANARY);
            int count = kernels.nonZeros(x.array(), x.at(), n, found, po);
            m.results.add((float) count);
            System.arraycopy(found, po, kept, po, count);
            for (int i = 0; i < found.length; i++)
                if (i < po || i >= po + n + Kernels.BLOCK) assertEquals(Memory.CANARY, found[i], "written outside");
        });
    }

    @Property(tries = TRIES)
    void positionsOfCopiesAndOfSeveralRowsAscendToo(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int n = shape.inputs(), po = m.offset(), xs = n + m.offset();
            Part x = m.room(3 * xs + n), y = m.room(n);
            for (int r = 0; r < Kernels.ROWS; r++) {
                Part row = m.random.nextBoolean() ? m.any(n) : m.sparse(n);
                System.arraycopy(row.array(), row.at(), x.array(), x.at() + r * xs, n);
            }
            int[] found = new int[po + n + Kernels.BLOCK], kept = m.ints(po, n), keptOfRows = m.ints(po, n);
            int count = kernels.copyNonZeros(x.array(), x.at(), n, y.array(), y.at(), found, po);
            System.arraycopy(found, po, kept, po, count);
            m.results.add((float) count);
            count = kernels.nonZerosOfRows(x.array(), x.at(), xs, n, found, po);
            System.arraycopy(found, po, keptOfRows, po, count);
            m.results.add((float) count);
        });
    }

    @Property(tries = TRIES)
    void nonZeroInputsTakeThePlacesOfThoseThatWaited(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int n = shape.inputs(), room = n + Kernels.BLOCK;
            Part x = m.random.nextBoolean() ? m.any(n) : m.sparse(n);
            int[] waiting = m.ints(0, n), rows = new int[room], updates = new int[room];
            for (int i = 0; i < n; i++) waiting[i] = m.random.nextInt();
            float[] u = new float[n], inputs = new float[room], factors = new float[room];
            Part before = m.row(n), after = m.room(n), listed = m.room(n), taken = m.room(n);
            System.arraycopy(before.array(), before.at(), u, 0, n);
            int wo = m.offset();
            int count = kernels.exchange(
                    x.array(),
                    x.at(),
                    n,
                    wo,
                    shape.stride(),
                    waiting,
                    u,
                    m.random.nextInt(),
                    rows,
                    updates,
                    inputs,
                    factors);
            m.results.add((float) count);
            System.arraycopy(u, 0, after.array(), after.at(), n);
            System.arraycopy(inputs, 0, listed.array(), listed.at(), count);
            System.arraycopy(factors, 0, taken.array(), taken.at(), count);
            System.arraycopy(rows, 0, m.ints(0, n), 0, count);
            System.arraycopy(updates, 0, m.ints(0, n), 0, count);
        });
    }
}
