package lanewise;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** How many bytes a thread has allocated. */
public final class Allocation {

    /** The management module is not one that this library's module reads, so its method is looked up by name. */
    private static final MethodHandle BYTES = lookUp();

    private Allocation() {}

    private static MethodHandle lookUp() {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            Class<?> factory = Class.forName("java.lang.management.ManagementFactory");
            Class<?> bean = Class.forName("com.sun.management.ThreadMXBean");
            Object threads = factory.getMethod("getThreadMXBean").invoke(null);
            return lookup.findVirtual(bean, "getCurrentThreadAllocatedBytes", MethodType.methodType(long.class))
                    .bindTo(threads);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("this JVM does not count what threads allocate", e);
        }
    }

    /** Bytes that this thread has allocated since it began. Allocates nothing. */
    public static long bytes() {
        try {
            return (long) BYTES.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Bytes that so many calls allocate. */
    public static long of(Runnable call, int calls) {
        bytes();
        long before = bytes();
        for (int i = 0; i < calls; i++) call.run();
        return bytes() - before;
    }
}
