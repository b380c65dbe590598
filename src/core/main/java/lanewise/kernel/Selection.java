package lanewise.kernel;

import java.util.Locale;

/**
 * Which kernels run in this JVM, and why. Chosen once; a forced choice that cannot be had is an error at first use.
 *
 * <p>What no property of the JVM tells, whether its compiler compiles vectors, a trial finds out: models compare times
 * before they exchange their kernels, and training, which begins on the chosen kernels, asks for a {@link #trial} on its
 * way. Vector kernels that fail it are given up for the scalar ones, once and for all.
 *
 * <p>Mentions {@link VectorKernels} and {@link VectorLanes} only behind the check for its module, so that the scalar path loads no class that
 * needs it.
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

    private static final Trial TRIAL = new Trial();

    /** In a class of its own, because to choose loads the Vector API, which takes longer than many predictions. */
    private static final class Made {
        static final Selection CHOICE = choose(property(KERNELS), property(WIDTH));
    }

    private final Kernels kernels;
    private final String reason;

    private Selection(Kernels kernels, String reason) {
        this.kernels = kernels;
        this.reason = reason;
    }

    /**
     * The kernels to use.
     *
     * @throws IllegalStateException if a system property forces a choice that this JVM or CPU cannot give
     */
    public static Kernels kernels() {
        if (TRIAL.verdict() != null) return SCALAR;
        if (Made.CHOICE.kernels == null) throw new IllegalStateException(Made.CHOICE.reason);
        return Made.CHOICE.kernels;
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
        String verdict = TRIAL.verdict();
        return verdict != null ? verdict : Made.CHOICE.reason;
    }

    /**
     * The kernels that a training is to go on with, asked for at every step. After two seconds of training, once in a
     * JVM, this takes the time that a {@link Trial} takes; else it compares two numbers.
     *
     * @param kernels those that it runs on
     * @return the same; the scalar ones if they are vector kernels that this JVM does not compile and nobody forced
     */
    public static Kernels trial(Kernels kernels) {
        if (kernels.width() == 0 || FORCED) return kernels;
        if (!TRIAL.isOver()) TRIAL.step();
        return TRIAL.verdict() == null ? kernels : SCALAR;
    }

    /** Whether a training has run for long enough to have had its trial. */
    static boolean tried() {
        return TRIAL.isOver();
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
        int widest = Math.min(WIDEST, VectorLanes.widest());
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
        return new Selection(SCALAR, reason);
    }

    private static Selection vector(String reason) {
        return new Selection(VectorKernels.create(), reason);
    }

    private static Selection refused(String reason) {
        return new Selection(null, reason);
    }
}
