package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.AccessControlContext;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import lanewise.kernel.Selection;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class WarmUpTest {

    private static Model model(Activation activation) {
        return model(activation, Loss.SOFTMAX_CROSS_ENTROPY);
    }

    private static Model model(Activation activation, Loss loss) {
        // Wide enough for vectors of 128 bit to be faster than plain loops beyond doubt.
        Network network = Network.builder(50)
                .dense(160, activation)
                .dense(7, Activation.IDENTITY)
                .build(3);
        return Model.of(network, loss);
    }

    private static float[] predict(Predictor predictor) {
        float[] input = new float[50], prediction = new float[7];
        for (int i = 0; i < input.length; i += 2) input[i] = 1f / (1 + i);
        predictor.predict(input, 0, prediction, 0);
        return prediction;
    }

    @Test
    void aModelBeginsOnScalarKernelsAndPredictsTheSameOnTheOthers() {
        Assumptions.assumeFalse(Selection.forced(), "forced kernels run from the first call on");
        Model model = model(Activation.GELU_TANH);
        assertSame(Selection.scalar(), model.warmUpState().kernels(1));
        assertEquals(Model.Readiness.COLD, model.readiness());
        assertTrue(model.toString().endsWith("scalar kernels, not asked to warm up"), model.toString());
        Predictor predictor = model.predictorOn(Selection.scalar(), 1), changing = model.predictor();
        float[] before = predict(predictor);
        model.warmUp();
        assertSame(Selection.kernels(), model.warmUpState().kernels(1));
        assertTrue(model.warm());
        if (Selection.kernels() != Selection.scalar()) {
            assertEquals(Model.Readiness.WARM, model.readiness());
            assertTrue(model.toString().endsWith(Lanewise.kernels()), model.toString());
        } else assertEquals(Model.Readiness.SCALAR, model.readiness());
        assertEquals(Lanewise.kernelsReason(), model.kernelsReason());
        assertArrayEquals(before, predict(changing));
        assertArrayEquals(before, predict(model.predictor()));
    }

    /**
     * Vector code that is not compiled yet makes objects. Of what callers see first HotSpot may not have compiled all, as
     * what is compiled into its callers is not compiled by itself; that ends soon, without a further warm-up.
     */
    @Test
    void aWarmModelIsWarmForBatchesAndBytesToo() {
        Assumptions.assumeFalse(Selection.forced(), "forced kernels run cold");
        Model model = model(Activation.SIGMOID);
        model.warmUp();
        Predictor one = model.predictor(), several = model.predictor(16);
        byte[] bytes = new byte[16 * 50];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i % 3);
        float[] floats = new float[16 * 50], predictions = new float[16 * 7];
        Runnable calls = () -> {
            one.predict(bytes, 0, predictions, 0);
            several.predict(bytes, 0, predictions, 0, 16);
            several.predict(floats, 0, predictions, 0, 16);
        };
        int rounds = 1;
        while (Allocation.of(calls, 200) > 0) assertTrue(rounds++ < 5_000, "a million calls, and they still allocate");
    }

    @Test
    void forcedKernelsRunFromTheFirstCallOn() {
        Assumptions.assumeTrue(Selection.forced());
        Model model = model(Activation.SIGMOID);
        assertSame(Selection.kernels(), model.warmUpState().kernels(1));
        assertTrue(model.warm());
        assertEquals(Lanewise.kernelsReason(), model.kernelsReason());
        model.warmUp();
        assertSame(Selection.kernels(), model.warmUpState().kernels(1));
    }

    /** Who waits is not told that all is warm where the thread was ended before it had begun. */
    @Test
    void workThatWasStoppedIsNotDone() throws InterruptedException {
        Assumptions.assumeTrue(!Selection.forced() && Selection.kernels() != Selection.scalar());
        Lanewise.warmUp();
        Model model = model(Activation.TANH);
        model.predictor();
        Lanewise.close();
        assertFalse(Lanewise.warmUp(Duration.ofSeconds(1)));
        assertEquals(Model.Readiness.COLD, model.readiness());
        model.beginWarmUp();
        assertTrue(Lanewise.warmUp(Duration.ofMinutes(5)));
        assertTrue(model.warm());
    }

    @Test
    void theBackgroundThreadIsADaemonThatEnds() throws InterruptedException {
        Assumptions.assumeFalse(Selection.forced());
        Model model = model(Activation.TANH);
        model.predictor();
        Thread[] threads = new Thread[Thread.activeCount() + 10];
        for (int i = Thread.enumerate(threads) - 1; i >= 0; i--)
            if (threads[i].getName().equals("lanewise-warm-up")) assertTrue(threads[i].isDaemon());
        Lanewise.warmUp();
        assertTrue(model.warm());
        assertSame(Selection.kernels(), model.warmUpState().kernels(1));
    }

    @Test
    void kernelsThatGiveOtherBitsAreNotUsed() {
        Assumptions.assumeTrue(!Selection.forced() && Selection.kernels() != Selection.scalar());
        AtomicInteger calls = new AtomicInteger();
        Model model = model(
                new Activation("unsteady") {
                    @Override
                    public float value(float x) {
                        return x + calls.incrementAndGet();
                    }

                    @Override
                    public float derivative(float x, float y) {
                        return 1f;
                    }
                },
                Loss.MEAN_SQUARED_ERROR);
        model.warmUp();
        assertSame(Selection.scalar(), model.warmUpState().kernels(1));
        assertTrue(model.toString().contains("other bits"), model.toString());
    }

    /** A fault that shows in batches alone is one of this JVM all the same. */
    @Test
    void kernelsThatFailForSeveralRowsAreNotUsedForOneEither() {
        Assumptions.assumeTrue(!Selection.forced() && Selection.kernels() != Selection.scalar());
        AtomicInteger calls = new AtomicInteger();
        Layer dense = Dense.of(50, 200, Activation.IDENTITY);
        Layer layer = new Layer() {
            @Override
            public int inputSize() {
                return 50;
            }

            @Override
            public int outputSize() {
                return dense.outputSize();
            }

            @Override
            public List<ParameterShape> parameters() {
                return dense.parameters();
            }

            @Override
            public List<Layer> children() {
                return List.of(dense);
            }

            @Override
            public void initialize(Parameters parameters, RandomSource random) {
                dense.initialize(parameters, random);
            }

            @Override
            public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
                dense.forward(pass.child(0), from, to, parameters, input, output);
                if (to - from > 1) output.set(from, 0, calls.incrementAndGet());
            }

            @Override
            public void backward(
                    Pass pass,
                    int from,
                    int to,
                    Parameters parameters,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    Slice dInput) {}

            @Override
            public void parameterGradient(
                    Pass pass,
                    int from,
                    int to,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    float scale,
                    Parameters target,
                    int part,
                    int parts) {}
        };
        Model model = Model.of(Network.builder(50).add(layer).build(1), Loss.MEAN_SQUARED_ERROR);
        model.warmUp();
        assertSame(Selection.scalar(), model.warmUpState().kernels(1));
        assertSame(Selection.scalar(), model.warmUpState().kernels(4));
        assertTrue(
                model.toString().contains("scalar kernels, because the vector kernels gave other bits"),
                model.toString());
    }

    /** An activation that does something, on the thread that warms a model up, at its first call and at every one. */
    private static Model doing(Runnable what) {
        return model(
                new Activation("doing") {
                    @Override
                    public float value(float x) {
                        what.run();
                        return x;
                    }

                    @Override
                    public float derivative(float x, float y) {
                        return 1f;
                    }
                },
                Loss.MEAN_SQUARED_ERROR);
    }

    private static Model failing(Error error) {
        return doing(() -> {
            throw error;
        });
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void assumeThereIsAWarmUp() {
        Assumptions.assumeTrue(!Selection.forced() && Selection.kernels() != Selection.scalar());
    }

    @Test
    void whateverALayerThrowsLeavesItsModelOnScalarKernelsAndTheNextHasItsTurn() throws InterruptedException {
        assumeThereIsAWarmUp();
        List<Error> errors = List.of(
                new AssertionError("planted\nin two lines"),
                new StackOverflowError("planted"),
                new OutOfMemoryError("planted"),
                new NoClassDefFoundError("planted"),
                new AssertionError() {
                    private static final long serialVersionUID = 1;

                    @Override
                    public String toString() {
                        throw new IllegalStateException("planted");
                    }
                });
        List<Model> broken = errors.stream().map(WarmUpTest::failing).toList();
        broken.forEach(Model::predictor);
        Model next = model(Activation.RELU);
        next.predictor();
        Lanewise.warmUp();
        assertTrue(next.warm());
        for (int i = 0; i < broken.size(); i++) {
            Model model = broken.get(i), here = failing(errors.get(i));
            here.warmUp();
            for (Model one : List.of(model, here)) {
                assertEquals(Model.Readiness.SCALAR, one.readiness());
                assertTrue(one.warm());
                assertSame(Selection.scalar(), one.warmUpState().kernels(4));
                String said = one.kernelsReason();
                assertTrue(
                        said.startsWith("its warm-up failed: ")
                                && said.contains(
                                        i < 4 ? errors.get(i).getClass().getName() : "WarmUpTest$"),
                        said);
                assertTrue(one.toString().endsWith("scalar kernels, because " + said), one.toString());
                assertEquals(1, one.toString().lines().count());
            }
        }
    }

    /** The thread is held in a layer, so that nothing here depends on time. */
    @Test
    void aModelThatIsHeldUpHoldsNoOtherUp() throws InterruptedException {
        assumeThereIsAWarmUp();
        CountDownLatch inside = new CountDownLatch(1), go = new CountDownLatch(1);
        Model held = doing(() -> {
                    inside.countDown();
                    await(go);
                })
                .beginWarmUp();
        try {
            inside.await();
            assertEquals(Model.Readiness.WARMING_UP, held.readiness());
            assertTrue(held.toString().endsWith("scalar kernels, warming up"), held.toString());
            assertEquals("warming up", held.kernelsReason());
            Model waiting = model(Activation.RELU).beginWarmUp(), other = model(Activation.RELU);
            assertSame(waiting, waiting.beginWarmUp());
            assertEquals(Model.Readiness.WAITING, waiting.readiness());
            assertTrue(waiting.toString().endsWith("scalar kernels, waiting to be warmed up"), waiting.toString());
            assertFalse(held.warmUp(Duration.ofMillis(1)));
            assertFalse(held.warmUp(Duration.ZERO));
            assertFalse(held.warmUp(Duration.ofSeconds(Long.MIN_VALUE)));
            assertFalse(Lanewise.warmUp(Duration.ofMillis(1)));
            assertTrue(other.warmUp(Duration.ofSeconds(Long.MAX_VALUE)));
            assertTrue(waiting.warmUp(Duration.ofDays(1)));
            assertInterrupted(() -> held.warmUp(Duration.ofDays(1)));
            assertInterrupted(Lanewise::warmUp);
            assertInterrupted(() -> Lanewise.warmUp(Duration.ofDays(1)));
            assertInterrupted(() -> {
                held.warmUp();
                if (Thread.interrupted()) throw new InterruptedException();
            });
            assertEquals(Model.Readiness.WARMING_UP, held.readiness());
        } finally {
            go.countDown();
        }
        assertTrue(Lanewise.warmUp(Duration.ofDays(1)));
        assertTrue(held.warmUp(Duration.ZERO));
    }

    /** Whether it waits already when it is interrupted or not. */
    private static void assertInterrupted(Executable call) throws InterruptedException {
        boolean[] interrupted = {false};
        Thread thread = new Thread(() -> {
            assertThrows(InterruptedException.class, call);
            interrupted[0] = true;
        });
        thread.start();
        thread.interrupt();
        thread.join();
        assertTrue(interrupted[0]);
    }

    @Test
    void aCallersWarmUpEndsSoonWhenItIsInterruptedAndCanBeAskedForAgain() throws InterruptedException {
        assumeThereIsAWarmUp();
        AtomicInteger values = new AtomicInteger(), after = new AtomicInteger();
        Model model = doing(() -> {
            if (values.incrementAndGet() == 400_000) Thread.currentThread().interrupt();
            if (values.get() > 400_000) after.incrementAndGet();
        });
        assertThrows(InterruptedException.class, () -> model.warmUp(Duration.ofDays(1)));
        assertFalse(Thread.currentThread().isInterrupted());
        assertTrue(after.get() <= 250 * 40, after + " values were computed after the interrupt");
        assertEquals(Model.Readiness.COLD, model.readiness());
        assertEquals("its warm-up was interrupted", model.kernelsReason());
        values.set(0);
        model.warmUp();
        assertTrue(Thread.interrupted());
        assertFalse(model.warm());
        model.warmUp();
        assertTrue(model.warm());
        Thread.currentThread().interrupt();
        assertTrue(model.warmUp(Duration.ZERO));
        model.warmUp();
        assertTrue(Thread.interrupted());
    }

    @Test
    void aCallersWarmUpEndsAtItsLimitAndGoesBackToWhereItWas() throws InterruptedException {
        assumeThereIsAWarmUp();
        AtomicInteger calls = new AtomicInteger();
        long limit = Duration.ofMillis(20).toNanos();
        Model model = doing(() -> {
            // the first call takes until the limit has passed, and then not all the others take place
            if (calls.incrementAndGet() > 1) return;
            for (long start = System.nanoTime(); System.nanoTime() - start < limit; ) Thread.onSpinWait();
        });
        assertFalse(model.warmUp(Duration.ofNanos(limit)));
        assertEquals(Model.Readiness.COLD, model.readiness());
        assertEquals("its warm-up was not done within its time limit", model.kernelsReason());
        assertTrue(calls.get() <= 250 * 40, calls + " values were computed");

        CountDownLatch inside = new CountDownLatch(1), go = new CountDownLatch(1);
        Model asked = doing(() -> {
            inside.countDown();
            await(go);
        });
        boolean[] done = {true};
        Thread caller = new Thread(() -> {
            try {
                done[0] = asked.warmUp(Duration.ofMillis(1));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        caller.start();
        // Either the limit passes before it begins, or it is held inside.
        while (caller.isAlive() && inside.getCount() > 0) Thread.onSpinWait();
        asked.predictor();
        go.countDown();
        caller.join();
        Lanewise.warmUp();
        assertFalse(done[0]);
        assertTrue(asked.warm());
    }

    @Test
    void manyCallersOfOneModelAndOfSeveralAllFindThemWarm() throws Exception {
        assumeThereIsAWarmUp();
        List<Model> models = List.of(model(Activation.RELU), model(Activation.RELU), model(Activation.RELU));
        AtomicInteger warm = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 9; t++) {
            int first = t;
            threads.add(new Thread(() -> {
                for (int i = 0; i < 3; i++) {
                    Model model = models.get((first + i) % 3);
                    if (first % 2 == 0) model.predictor();
                    model.warmUp();
                    if (model.warm()) warm.incrementAndGet();
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) thread.join();
        assertEquals(27, warm.get());
    }

    @Test
    void aLayerThatWaitsForAWarmUpIsToldSo() {
        assumeThereIsAWarmUp();
        Model other = model(Activation.RELU);
        Model[] self = {null};
        for (Runnable wait : List.<Runnable>of(() -> self[0].warmUp(), other::warmUp)) {
            self[0] = doing(wait);
            self[0].warmUp();
            assertEquals(Model.Readiness.SCALAR, self[0].readiness());
            assertTrue(self[0].kernelsReason().contains("a layer waits for a warm-up"), self[0].kernelsReason());
        }
        assertEquals(Model.Readiness.COLD, other.readiness());
    }

    private static final List<String> VECTOR = List.of("--add-modules", "jdk.incubator.vector");

    private static String child(Class<?> main, String... options) throws Exception {
        List<String> all = new ArrayList<>(VECTOR);
        all.addAll(List.of(options));
        String printed = ChildJvm.run(all, main);
        assertTrue(printed.endsWith("exit 0"), printed);
        return printed;
    }

    @Test
    void withoutBackgroundWorkTheScalarKernelsStayUntilTheCallerWarmsUp() throws Exception {
        String printed = child(Threads.class, "-Dlanewise.warmUp=off");
        assertTrue(printed.contains("0 threads, scalar kernels, not asked to warm up"), printed);
    }

    @Test
    void aProbeBecomesTrueWhetherPredictorsAreMadeOrNotAndWithoutBackgroundWork() throws Exception {
        for (String setting : List.of("off", "", "86400000")) {
            String printed = child(Probe.class, "-Dlanewise.warmUp=" + setting);
            assertTrue(printed.contains("ready, scalar kernels before"), printed);
        }
        String printed = ChildJvm.run(List.of(), Probe.class);
        assertTrue(printed.contains("ready, scalar kernels before, SCALAR: the module jdk.incubator.vector"), printed);
    }

    @Test
    void theThreadEndsWhenItIsToldToAndBeginsAnewWhenItIsAsked() throws Exception {
        String printed = child(Stopped.class);
        assertTrue(printed.contains("all as it should be"), printed);
    }

    @Test
    void theThreadKeepsNothingOfTheOneThatAsked() throws Exception {
        String printed = child(Inherited.class);
        assertTrue(printed.contains("nothing is inherited"), printed);
    }

    /** Before the thread has begun, and after a warm-up by it and by a caller. */
    @Test
    void anApplicationThatClosesTheLibraryCanBeUnloaded() throws Exception {
        for (Class<?> use : List.of(Start.class, Use.class)) {
            String printed = ChildJvm.run(
                    List.of("--add-modules", "jdk.incubator.vector", "-Dlanewise.warmUp=86400000"),
                    Unloaded.class,
                    use.getName());
            assertTrue(printed.contains("unloaded") && printed.endsWith("exit 0"), use + ": " + printed);
        }
    }

    @Test
    void aClosedClassLoaderIsNotComplainedAbout() throws Exception {
        for (String setting : List.of("0", "500")) {
            String printed = child(Closed.class, "-Dlanewise.warmUp=" + setting);
            assertTrue(printed.contains("the thread has ended"), printed);
            assertFalse(printed.contains("Exception"), printed);
            assertFalse(printed.contains("Error"), printed);
        }
    }

    @Test
    void whoWaitsForTheThreadNeedNotWaitForItsBeginning() throws Exception {
        List<String> options = List.of("--add-modules", "jdk.incubator.vector", "-Dlanewise.warmUp=86400000");
        String printed = ChildJvm.run(options, Waiting.class);
        assertTrue(printed.contains("warm: true"), printed);
    }

    @Test
    void aSettingThatIsNoneIsRefusedByName() throws Exception {
        List<String> options = List.of("--add-modules", "jdk.incubator.vector", "-Dlanewise.warmUp=soon");
        String printed = ChildJvm.run(options, Refused.class);
        assertTrue(printed.contains("-Dlanewise.warmUp=soon: off, or milliseconds"), printed);
    }

    /** A service whose predictors are made on demand, and whose traffic comes once its probe is true. */
    static final class Probe {
        public static void main(String[] args) throws InterruptedException {
            Model model = model(Activation.SIGMOID).beginWarmUp();
            String before = Lanewise.nameOf(model.warmUpState().kernels(1));
            while (!model.warm()) Thread.onSpinWait();
            predict(model.predictor());
            System.out.println("ready, " + before + " before, " + model.readiness() + ": " + model.kernelsReason());
        }
    }

    private static Thread background() {
        for (Thread thread : Thread.getAllStackTraces().keySet())
            if (thread.getName().equals("lanewise-warm-up")) return thread;
        throw new AssertionError("there is no thread");
    }

    private static boolean isThereABackground() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("lanewise-warm-up"));
    }

    private static void check(boolean expected, Object found) {
        if (!expected) throw new AssertionError(found);
    }

    /** Ends the thread before it begins, in a call of a model, and by an interrupt. */
    static final class Stopped {
        public static void main(String[] args) throws InterruptedException {
            Model early = model(Activation.TANH);
            early.predictor();
            Thread thread = background();
            check(early.readiness() == Model.Readiness.WAITING, early);
            Lanewise.close();
            check(!thread.isAlive(), thread);
            check(early.readiness() == Model.Readiness.COLD, early);
            check(early.toString().endsWith("scalar kernels, Lanewise.close() ended its warm-up"), early);
            // a service that ends does not begin it anew by predictors made on demand, of whichever model
            early.predictor();
            Model late = model(Activation.TANH);
            Lanewise.close();
            late.predictor();
            check(!isThereABackground(), "a thread was begun after the end");
            check(late.kernelsReason().equals("not asked to warm up since Lanewise.close()"), late);

            CountDownLatch inside = new CountDownLatch(1), told = new CountDownLatch(1);
            Model running = doing(() -> {
                inside.countDown();
                WarmUpTest.await(told);
            });
            running.beginWarmUp();
            early.beginWarmUp();
            thread = background();
            inside.await();
            Thread closing = new Thread(Lanewise::close);
            closing.start();
            while (early.readiness() != Model.Readiness.COLD) Thread.onSpinWait();
            check(thread.isAlive(), thread);
            told.countDown();
            closing.join();
            check(!thread.isAlive(), thread);
            check(running.kernelsReason().equals("Lanewise.close() ended its warm-up"), running);
            check(!Lanewise.warmUp(Duration.ofDays(1)), "it returns at once, but the work is not done");

            Model two = model(Activation.TANH).beginWarmUp();
            thread = background();
            thread.interrupt();
            thread.join();
            check(two.kernelsReason().equals("its warm-up was interrupted"), two);

            Thread.currentThread().interrupt();
            two.beginWarmUp();
            thread = background();
            Lanewise.close();
            check(Thread.interrupted(), "the interrupt status is kept");
            thread.join();
            check(!two.warm(), two);

            early.beginWarmUp();
            two.beginWarmUp();
            Lanewise.warmUp();
            check(two.warm() && early.warm(), two);
            // and first predictors ask again
            Model last = model(Activation.TANH);
            last.predictor();
            check(last.readiness() == Model.Readiness.WAITING, last);
            System.out.println("all as it should be");
        }
    }

    /** Asks from a thread that has much to inherit. */
    @SuppressWarnings("removal")
    static final class Inherited {
        public static void main(String[] args) throws Exception {
            Object[] seen = new Object[3];
            CountDownLatch inside = new CountDownLatch(1);
            InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
            Model model = doing(() -> {
                if (inside.getCount() == 0) return;
                seen[0] = local.get();
                seen[1] = Thread.currentThread().getContextClassLoader();
                seen[2] = AccessController.getContext().getDomainCombiner();
                inside.countDown();
            });
            ThreadGroup group = new ThreadGroup("of the application");
            ClassLoader loader = new URLClassLoader(new URL[0]);
            Thread asking = new Thread(group, () -> {
                local.set("inherited");
                Thread.currentThread().setContextClassLoader(loader);
                AccessController.doPrivileged(
                        (PrivilegedAction<Model>) model::beginWarmUp,
                        new AccessControlContext(AccessController.getContext(), (one, other) -> other));
                check(background().getThreadGroup() != group, background());
            });
            asking.start();
            asking.join();
            inside.await();
            check(seen[0] == null, seen[0]);
            check(seen[1] == Model.class.getClassLoader(), seen[1]);
            check(seen[2] == null, seen[2]);
            check(background().isDaemon(), background());
            System.out.println("nothing is inherited");
        }
    }

    /** Uses a library whose classes cannot be had any more once its thread needs them. */
    static final class Closed {
        public static void main(String[] args) throws Exception {
            start(Start.class.getName()).close();
            for (Thread thread : Thread.getAllStackTraces().keySet())
                if (thread.getName().equals("lanewise-warm-up")) thread.join();
            System.out.println("the thread has ended");
        }
    }

    /** Lets the class loader of a library go that was used as the argument does. */
    static final class Unloaded {
        public static void main(String[] args) throws Exception {
            WeakReference<ClassLoader> gone = usedAndClosed(args[0]);
            // HotSpot's compilers hold the classes of what they are still at
            for (int i = 0; i < 5_000 && gone.get() != null; i++) System.gc();
            check(!isThereABackground(), "the thread has not ended");
            System.out.println(gone.get() == null ? "unloaded" : "kept");
        }

        private static WeakReference<ClassLoader> usedAndClosed(String use) throws Exception {
            try (URLClassLoader loader = start(use)) {
                loader.loadClass(Lanewise.class.getName()).getMethod("close").invoke(null);
                return new WeakReference<>(loader);
            }
        }
    }

    /** A class loader of the library's own in which it has been used so. */
    private static URLClassLoader start(String use) throws Exception {
        URL classes = Model.class.getProtectionDomain().getCodeSource().getLocation();
        URL own = WarmUpTest.class.getProtectionDomain().getCodeSource().getLocation();
        URLClassLoader loader = new URLClassLoader(new URL[] {classes, own}, ClassLoader.getPlatformClassLoader());
        Constructor<?> start = loader.loadClass(use).getDeclaredConstructor();
        start.setAccessible(true);
        ((Runnable) start.newInstance()).run();
        return loader;
    }

    /** Makes a predictor; without the test's own class, which needs more. */
    static final class Start implements Runnable {
        @Override
        public void run() {
            Network network = Network.builder(5).dense(4, Activation.TANH).build(3);
            Model.of(network, Loss.MEAN_SQUARED_ERROR).predictor();
        }
    }

    /** Warms a model up in the background, lends predictors, and begins to warm another one up. */
    static final class Use implements Runnable {
        @Override
        public void run() {
            Network network = Network.builder(5).dense(4, Activation.TANH).build(3);
            Model model = Model.of(network, Loss.MEAN_SQUARED_ERROR).beginWarmUp();
            while (!model.warm()) Thread.onSpinWait();
            Predictors.of(model).predict(new float[5], 0, new float[4], 0);
            model.aligned().beginWarmUp();
        }
    }

    /** Waits for a thread that would begin tomorrow. */
    static final class Waiting {
        public static void main(String[] args) throws InterruptedException {
            Model model = model(Activation.SIGMOID);
            predict(model.predictor());
            Lanewise.warmUp();
            System.out.println("warm: " + model.warm());
        }
    }

    /** Makes a predictor with a wrong setting. */
    static final class Refused {
        public static void main(String[] args) {
            try {
                model(Activation.SIGMOID).predictor();
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** Makes a predictor in a JVM of its own and looks for the thread. */
    static final class Threads {
        public static void main(String[] args) {
            Model model = model(Activation.SIGMOID);
            predict(model.predictor());
            Thread[] threads = new Thread[1000];
            int ours = 0;
            for (int i = Thread.enumerate(threads) - 1; i >= 0; i--)
                if (threads[i].getName().startsWith("lanewise")) ours++;
            System.out.println(ours + " threads, " + model.toString().replaceFirst(".*, (.* kernels)", "$1"));
        }
    }
}
