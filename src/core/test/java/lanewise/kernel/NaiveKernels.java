package lanewise.kernel;

import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The arithmetic contract of docs/contract.md in the plainest loops, written without a look at the other kernels; a
 * file for each family. It knows nothing of positions: what skips zeros is held against what does not.
 */
final class NaiveKernels extends Kernels
        implements NaiveProducts, NaiveNonZeros, NaiveElementwise, NaiveSums, NaiveUpdates {

    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private final Set<String> called = new TreeSet<>();

    /** Name and type of every kernel that a property called. */
    Set<String> called() {
        return called;
    }

    static String signature(String name, MethodType type) {
        return name + type;
    }

    @Override
    public void note() {
        List<StackWalker.StackFrame> frames =
                WALKER.walk(all -> all.skip(1).limit(2).toList());
        if (KernelCases.class.isAssignableFrom(frames.get(1).getDeclaringClass()))
            called.add(signature(frames.get(0).getMethodName(), frames.get(0).getMethodType()));
    }

    @Override
    public int width() {
        return 0;
    }

    /** Sixteen sums: those 8 apart are added, then 4, 2 and 1. */
    static float pairwise(float[] sums) {
        for (int apart = 8; apart > 0; apart /= 2) for (int k = 0; k < apart; k++) sums[k] += sums[k + apart];
        return sums[0];
    }

    static float flush(float v) {
        return v > -1e-25f && v < 1e-25f ? 0f : v;
    }
}
