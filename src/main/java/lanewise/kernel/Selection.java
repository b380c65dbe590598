package lanewise.kernel;

/**
 * Which kernels run in this JVM, and why. Decided once; a forced choice that cannot be had is an error at first use.
 *
 * <p>Mentions {@link VectorKernels} only behind the check for its module, so that the scalar path loads no class that
 * needs it.
 */
public final class Selection {

    static final String KERNELS = "lanewise.kernels";
    static final String WIDTH = "lanewise.width";
    private static final int WIDEST = 512;

    private static final Kernels SCALAR = new ScalarKernels();

    /** In a class of its own, because to choose loads the Vector API, which takes longer than many predictions. */
    private static final class Made {
        static final Selection CHOICE = choose(System.getProperty(KERNELS, ""), System.getProperty(WIDTH, ""));
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
        if (Made.CHOICE.kernels == null) throw new IllegalStateException(Made.CHOICE.reason);
        return Made.CHOICE.kernels;
    }

    /** The scalar kernels, which are there always. */
    public static Kernels scalar() {
        return SCALAR;
    }

    /** Whether kernels were asked for by property, which are to run from the first call on. Chooses nothing yet. */
    public static boolean forced() {
        return System.getProperty(KERNELS) != null || System.getProperty(WIDTH) != null;
    }

    /** One sentence that says why these kernels run. */
    public static String reason() {
        return Made.CHOICE.reason;
    }

    /** The width forced by property, 0 if none; read by {@link VectorKernels} when it is loaded. */
    static int forcedWidth() {
        String width = System.getProperty(WIDTH, "").replace("!", "");
        return width.isEmpty() ? 0 : Integer.parseInt(width);
    }

    private static Selection choose(String forced, String width) {
        if (!forced.isEmpty() && !forced.equals("scalar") && !forced.equals("vector"))
            return refused("-D" + KERNELS + "=" + forced + ": scalar or vector expected");
        if (!width.isEmpty() && !width.matches("(128|256|512)!?"))
            return refused("-D" + WIDTH + "=" + width + ": 128, 256 or 512 expected (with ! beyond the CPU's own)");
        if (forced.equals("scalar")) return scalar("asked for by -D" + KERNELS + "=scalar");
        boolean must = forced.equals("vector") || !width.isEmpty();
        String missing = missing();
        if (missing != null)
            return must ? refused("vector kernels were asked for by property, but " + missing) : scalar(missing);
        int widest = Math.min(WIDEST, VectorKernels.widest());
        if (widest < 128) {
            String narrow = "this CPU's vectors have only " + widest + " bit";
            return must && !width.endsWith("!")
                    ? refused("vector kernels were asked for by property, but " + narrow)
                    : scalar(narrow);
        }
        if (width.isEmpty()) return vector("jdk.incubator.vector is there, and " + widest + " bit is this CPU's width");
        int bits = forcedWidth();
        if (bits > widest && !width.endsWith("!"))
            return refused("-D" + WIDTH + "=" + width + ": this CPU's widest is " + widest + " bit (" + bits
                    + "! runs it emulated, very slowly)");
        return vector("the width is asked for by -D" + WIDTH + "=" + width);
    }

    /** What the vector kernels lack in this JVM, null if nothing. */
    private static String missing() {
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
