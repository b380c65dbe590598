package lanewise.kernel;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Which kernels run in this JVM, and why. Chosen once; a forced choice that cannot be had is an error at first use.
 *
 * <p>What no property of the JVM tells, whether its compiler compiles vectors, is found out by those who begin on the scalar
 * kernels and change over when the vector kernels are faster, see {@code Changeover} and {@code WarmUp}. Where they find that
 * vectors are not compiled, {@link #giveUp} leaves the scalar kernels.
 *
 * <p>Mentions {@link VectorKernels} and {@link VectorWidth} only behind the check for its module, so that the scalar path loads no class that
 * needs it. To know the width does not load the vector kernels, which takes longer than many trainings.
 */
public final class Selection {

    static final String KERNELS = "lanewise.kernels";
    static final String WIDTH = "lanewise.width";
    private static final int WIDEST = 512;

    private static final String WITHOUT_FMA =
            "this CPU has no fused multiply-add, or the JVM was told not to use it " + "(-XX:-UseFMA, -XX:UseAVX=0)";
    private static final String IN_SOFTWARE =
            ": it is done in software, about three times slower than by scalar kernels with it";

    private static final Kernels SCALAR = Fma.IN_HARDWARE ? new ScalarKernels() : new SoftwareFmaKernels();

    private static final boolean FORCED =
            !property(KERNELS).isEmpty() || !property(WIDTH).isEmpty();

    /** What was found to speak against the vector kernels, null if nothing. */
    private static final AtomicReference<String> OBJECTION = new AtomicReference<>();

    /** Whether vector kernels were found to be compiled. */
    private static final AtomicBoolean PROVEN = new AtomicBoolean();

    /** In a class of its own, because to choose takes longer than many predictions. */
    private static final class Made {
        static final Selection CHOICE = choose(property(KERNELS), property(WIDTH));
    }

    /** In a class of its own, because it loads the Vector API. */
    private static final class Vectors {
        static final Kernels KERNELS = VectorKernels.create();
    }

    /** Of the vector kernels in bits; 0 for the scalar kernels, -1 for a choice that was refused. */
    private final int width;

    private final String reason;

    private Selection(int width, String reason) {
        this.width = width;
        this.reason = reason;
    }

    /**
     * The kernels to use, once they are compiled.
     *
     * @throws IllegalStateException if a system property forces a choice that this JVM or CPU cannot give
     */
    public static Kernels kernels() {
        return width() == 0 ? SCALAR : Vectors.KERNELS;
    }

    /**
     * The width in bits of the kernels to use, 0 for the scalar ones. Does not load them.
     *
     * @throws IllegalStateException if a system property forces a choice that this JVM or CPU cannot give
     */
    public static int width() {
        if (OBJECTION.get() != null) return 0;
        if (Made.CHOICE.width < 0) throw new IllegalStateException(Made.CHOICE.reason);
        return Made.CHOICE.width;
    }

    /** Kernels of a width, in words. */
    public static String nameOf(int width) {
        return width == 0 ? "scalar kernels" : "vector kernels " + width + " bit";
    }

    /** The kernels to begin with where nobody looks whether others are faster: the scalar ones until vector kernels are proven. */
    public static Kernels current() {
        return FORCED || PROVEN.get() ? kernels() : SCALAR;
    }

    /** The scalar kernels, which are there always. */
    public static Kernels scalar() {
        return SCALAR;
    }

    /** Whether kernels were asked for by property, which are to run from the first call on. Chooses nothing yet. */
    public static boolean forced() {
        return FORCED;
    }

    /** A property as all of them are read: without spaces around it, in lower case, empty if it is not set. */
    public static String property(String name) {
        return System.getProperty(name, "").strip().toLowerCase(Locale.ROOT);
    }

    /** One sentence that says why these kernels run. */
    public static String reason() {
        String found = OBJECTION.get();
        return found != null ? found : Made.CHOICE.reason;
    }

    /** Vector kernels were found to be faster than scalar ones: this JVM compiles them. */
    public static void proven() {
        PROVEN.set(true);
        OBJECTION.set(null);
    }

    /** Whether vector kernels were found to be faster than scalar ones. */
    public static boolean isProven() {
        return PROVEN.get();
    }

    /** Gives the vector kernels up, until they are proven, for a reason in one sentence; forced and proven ones stay. */
    public static void giveUp(String reason) {
        if (!FORCED && !PROVEN.get()) OBJECTION.set(reason);
    }

    /** The width forced by property, 0 if none; read by {@link VectorKernels} when it is loaded. */
    static int forcedWidth() {
        String width = property(WIDTH).replace("!", "");
        return width.isEmpty() ? 0 : Integer.parseInt(width);
    }

    private static Selection choose(String forced, String width) {
        if (!forced.isEmpty() && !forced.equals("scalar") && !forced.equals("vector"))
            return refused("-D" + KERNELS + "=" + forced + ": scalar or vector expected");
        if (!width.isEmpty() && !width.matches("(128|256|512)!?"))
            return refused("-D" + WIDTH + "=" + width + ": 128, 256 or 512 expected (with ! beyond the CPU's own)");
        if (forced.equals("scalar"))
            return scalar("asked for by -D" + KERNELS + "=scalar"
                    + (Fma.IN_HARDWARE ? "" : "; " + WITHOUT_FMA + IN_SOFTWARE));
        boolean must = forced.equals("vector") || !width.isEmpty();
        String missing = missing();
        if (missing != null)
            return must
                    ? refused("vector kernels were asked for by property, but " + missing)
                    : scalar(Fma.IN_HARDWARE ? missing : missing + IN_SOFTWARE);
        if (!must && System.getProperty("java.vm.version", "").contains("jvmci"))
            return scalar("this JVM's compiler is Graal (JVMCI), with which the Vector API was not tried: " + "-D"
                    + KERNELS + "=vector tries it");
        int widest = Math.min(WIDEST, VectorWidth.widest());
        if (widest < 128) {
            String narrow = "this CPU's vectors have only " + widest + " bit";
            return must && !width.endsWith("!")
                    ? refused("vector kernels were asked for by property, but " + narrow)
                    : scalar(narrow);
        }
        if (width.isEmpty())
            return vector(
                    "jdk.incubator.vector is there, and " + widest + " bit is the widest that this CPU and JVM have");
        int bits = forcedWidth();
        if (bits > widest && !width.endsWith("!"))
            return refused("-D" + WIDTH + "=" + width + ": this CPU's widest is " + widest + " bit (" + bits
                    + "! runs it emulated, very slowly)");
        return vector("the width is asked for by -D" + WIDTH + "=" + width);
    }

    /** What the vector kernels lack in this JVM, null if nothing. */
    private static String missing() {
        if (!Fma.IN_HARDWARE) return WITHOUT_FMA;
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty())
            return "the module jdk.incubator.vector is not there: start java with --add-modules jdk.incubator.vector";
        String name = System.getProperty("java.vm.name", ""), info = System.getProperty("java.vm.info", "");
        if (!name.contains("HotSpot") && !name.contains("OpenJDK"))
            return "the Vector API is fast only on HotSpot, and this JVM is " + name;
        if (info.contains("interpreted")) return "this JVM only interprets (-Xint)";
        if (info.contains("emulated-client")) return "this JVM compiles with C1 alone (TieredStopAtLevel)";
        return null;
    }

    private static Selection scalar(String reason) {
        return new Selection(0, reason);
    }

    private static Selection vector(String reason) {
        return new Selection(VectorWidth.bits(), reason);
    }

    private static Selection refused(String reason) {
        return new Selection(-1, reason);
    }
}
