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
    void onlyRowsOfNonZeroInputsAreMarked(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int n = shape.inputs(), so = m.offset();
            Part x = m.random.nextBoolean() ? m.any(n) : m.sparse(n), u = m.row(n);
            int[] slots = m.ints(so, n);
            kernels.mark(x.array(), x.at(), n, u.array(), u.at(), slots, so, 1 + m.random.nextInt(256));
        });
    }
}
