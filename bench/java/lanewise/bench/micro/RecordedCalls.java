package lanewise.bench.micro;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.dynamic.loading.ClassLoadingStrategy;
import net.bytebuddy.implementation.InvocationHandlerAdapter;
import net.bytebuddy.matcher.ElementMatchers;

/**
 * Calls of kernels, by kernel and shape, as they come in a training or a prediction.
 *
 * <p>Kernels are an abstract class, so Byte Buddy makes the subclass that notes each call and hands it on. Noting a call
 * takes longer than many kernels, so nothing is timed while calls are recorded. The scalar kernels do the work, with the same
 * bits, since they are fast without a warm-up; the width that decides which kernels are called is that of the others.
 */
final class RecordedCalls {

    /** Calls of one kernel at one shape. */
    static final class Calls {

        private final Method method;
        private final String shape;
        private long count;
        private Object[] last;

        private Calls(Method method, String shape) {
            this.method = method;
            this.shape = shape;
        }

        /** The kernel's name. */
        String kernel() {
            return method.getName();
        }

        /** The sizes that decide how long it takes. */
        String shape() {
            return shape;
        }

        /** How many there were. */
        long count() {
            return count;
        }

        /**
         * The last of the calls, to be repeated: on the same arrays, with whatever they hold now.
         *
         * @param kernels to call
         */
        Runnable repeated(Kernels kernels) {
            try {
                MethodHandle handle = MethodHandles.lookup().unreflect(method).bindTo(kernels);
                MethodHandle bound = MethodHandles.insertArguments(handle, 0, last);
                MethodHandle call = bound.asType(bound.type().changeReturnType(void.class));
                return () -> {
                    try {
                        call.invokeExact();
                    } catch (Throwable e) {
                        throw new IllegalStateException("a repeated call of " + kernel() + " failed", e);
                    }
                };
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final Kernels kernels;
    private final Kernels recording;
    private final Map<String, Calls> calls = new LinkedHashMap<>();
    private boolean on;

    /**
     * A record without calls.
     *
     * @param kernels whose width decides which calls are made
     */
    RecordedCalls(Kernels kernels) {
        this.kernels = kernels;
        recording = subclass();
    }

    private Kernels subclass() {
        try {
            return new ByteBuddy()
                    .subclass(Kernels.class)
                    .method(ElementMatchers.isAbstract())
                    .intercept(InvocationHandlerAdapter.of((proxy, method, args) -> call(method, args)))
                    .make()
                    .load(
                            Kernels.class.getClassLoader(),
                            ClassLoadingStrategy.UsingLookup.of(
                                    MethodHandles.privateLookupIn(Kernels.class, MethodHandles.lookup())))
                    .getLoaded()
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no subclass of the kernels can be made", e);
        }
    }

    private Object call(Method method, Object[] args) throws Throwable {
        // The families of kernels are interfaces of their package alone.
        method.setAccessible(true);
        boolean width = args == null;
        if (on && !width) {
            String shape = shape(method.getName(), args);
            Calls all = calls.computeIfAbsent(method + shape, key -> new Calls(method, shape));
            all.count++;
            all.last = args;
        }
        try {
            return method.invoke(width ? kernels : Selection.scalar(), args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** The kernels that record. */
    Kernels recording() {
        return recording;
    }

    /** Begins to record, or ends. */
    void record(boolean on) {
        this.on = on;
    }

    /** All calls by kernel and shape, in the order of their first ones. */
    Collection<Calls> all() {
        return calls.values();
    }

    /**
     * The shape of a call, from the numbers among its arguments: inputs and stride of a product's weights, with rows where
     * there are several; for everything else the elements.
     */
    static String shape(String kernel, Object[] args) {
        return switch (kernel) {
            case "gemv" -> args[3] instanceof int[] ? weights(args, 2, 8) + ", listed" : weights(args, 2, 5);
            case "gemm" ->
                args[4] instanceof Integer
                        ? args[3] + " rows, " + weights(args, 4, 7)
                        : Kernels.ROWS + " rows, " + weights(args, 3, 9) + (args[4] == null ? "" : ", listed");
            case "gemmListed" -> args[7] + " rows, " + weights(args, 8, 11);
            case "gemmTransposed" -> (args[7].equals(1) ? "" : args[7] + " rows, ") + weights(args, 3, 2);
            case "ger" -> args[2] instanceof int[] ? args[4] + " inputs, stride " + args[9] : weights(args, 2, 7);
            case "gerRows" -> args[4] + " rows, " + weights(args, 5, 11);
            case "gerGemv" -> args[0] instanceof int[] ? waiting(args) : weights(args, 6, 9);
            case "nonZeros", "copyNonZeros", "exchange", "unpack", "softmax", "sum", "squares" ->
                String.valueOf(args[2]);
            case "nonZerosOfRows" -> Kernels.ROWS + " rows, " + args[3];
            case "values", "derivatives" -> args[0].toString().toLowerCase() + ", " + args[7];
            default -> String.valueOf(args[args.length - 1]);
        };
    }

    private static String weights(Object[] args, int inputs, int stride) {
        return args[inputs] + "x" + args[stride];
    }

    /** A row's list has few of the inputs; that of all that waits when the places for gradients are taken has most. */
    private static String waiting(Object[] args) {
        boolean most = 2 * (int) args[4] > (int) args[6];
        return weights(args, 6, 9) + (most ? ", all that waits" : ", listed");
    }
}
