package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkersTest {

    /** Workers on threads of their own and on an executor with too few, enough, or too many of them. */
    private static void withEach(Use use) throws Exception {
        for (int count : new int[] {1, 2, 3, 7})
            try (Workers workers = Workers.of(count)) {
                assertEquals(count, workers.count());
                use.of(workers);
            }
        for (int threads : new int[] {1, 2, 5}) {
            ExecutorService executor = Executors.newFixedThreadPool(threads);
            try (Workers workers = Workers.on(executor, 3)) {
                use.of(workers);
            } finally {
                executor.shutdown();
            }
        }
    }

    private interface Use {
        void of(Workers workers) throws Exception;
    }

    /** Has each of some items counted. */
    private static final class Count implements Workers.Task {
        final AtomicIntegerArray done;
        final AtomicInteger shares = new AtomicInteger();
        final AtomicIntegerArray inside = new AtomicIntegerArray(8);
        final AtomicInteger clashes = new AtomicInteger();

        Count(int items) {
            done = new AtomicIntegerArray(items);
        }

        @Override
        public void run(int worker, int from, int to) {
            shares.incrementAndGet();
            if (inside.incrementAndGet(worker) != 1) clashes.incrementAndGet();
            for (int i = from; i < to; i++) done.incrementAndGet(i);
            inside.decrementAndGet(worker);
        }

        /** Each item once; what the workers did can be seen without any more ado. */
        void check() {
            for (int i = 0; i < done.length(); i++) assertEquals(1, done.getPlain(i), "item " + i);
        }
    }

    @Test
    void everyItemIsDoneOnceWhateverTheShares() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        withEach(workers -> {
            for (int round = 0; round < 2_000; round++) {
                int items = random.nextInt(round % 10 == 0 ? 1_000 : 20), grain = 1 + random.nextInt(9);
                Count count = new Count(items);
                workers.run(items, grain, (worker, from, to) -> {
                    assertEquals(0, from % grain);
                    assertTrue(to % grain == 0 || to == items);
                    count.run(worker, from, to);
                });
                count.check();
            }
        });
    }

    /** Very short rounds, one upon the other, in which late workers come into the next round. */
    @Test
    void aWorkerDoesOneShareAtATime() throws Exception {
        withEach(workers -> {
            Count count = new Count(64);
            for (int round = 1; round <= 20_000; round++) {
                workers.run(64, 1 + round % 7, count);
                if (round % 1_000 != 0) continue;
                for (int i = 0; i < 64; i++) assertEquals(round, count.done.getPlain(i), "item " + i);
            }
            assertEquals(0, count.clashes.get());
        });
    }

    /** Plain fields that one round writes are what the next one reads, on whatever worker. */
    @Test
    void aRoundSeesAllThatTheRoundsBeforeHaveWritten() throws Exception {
        withEach(workers -> {
            long[] values = new long[300];
            for (int round = 0; round < 5_000; round++)
                workers.run(values.length, 4, (worker, from, to) -> {
                    for (int i = from; i < to; i++) values[i]++;
                });
            long[] expected = new long[300];
            Arrays.fill(expected, 5_000);
            assertEquals(Arrays.toString(expected), Arrays.toString(values));
            long[] sums = new long[2];
            for (int round = 0; round < 5_000; round++) {
                int now = round & 1;
                // alternately on any worker and on the caller
                workers.run(2, 1, (worker, from, to) -> {
                    if (from <= now && now < to) sums[now] = sums[1 - now] + 1;
                });
            }
            assertEquals(5_000, sums[1]);
        });
    }

    @Test
    void allWorkersTakeShares() throws Exception {
        for (int count : new int[] {2, 3, 7})
            try (Workers workers = Workers.of(count)) {
                // each waits for all others, so a worker that takes no share would be missed for ever
                CountDownLatch all = new CountDownLatch(count);
                AtomicIntegerArray seen = new AtomicIntegerArray(count);
                List<String> names = new ArrayList<>();
                workers.run(count, 1, (worker, from, to) -> {
                    seen.incrementAndGet(worker);
                    synchronized (names) {
                        names.add(Thread.currentThread().getName());
                        assertTrue(worker == 0 || Thread.currentThread().isDaemon());
                    }
                    all.countDown();
                    uninterrupted(all);
                });
                for (int worker = 0; worker < count; worker++) {
                    assertEquals(1, seen.get(worker), "worker " + worker);
                    assertTrue(worker == 0 || names.contains("lanewise-worker-" + worker), names.toString());
                }
            }
    }

    private static void uninterrupted(CountDownLatch latch) {
        for (; ; )
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // go on
            }
    }

    // What goes wrong

    @Test
    void whatAShareThrowsReachesTheCallerOnce() throws Exception {
        withEach(workers -> {
            for (int round = 0; round < 500; round++) {
                int lowest = round % 40;
                List<Throwable> thrown = new ArrayList<>();
                Workers.Task task = (worker, from, to) -> {
                    for (int i = from; i < to; i++)
                        if (i >= lowest) {
                            Throwable e =
                                    i % 2 == 0 ? new IllegalStateException("" + i) : new StackOverflowError("" + i);
                            synchronized (thrown) {
                                thrown.add(e);
                            }
                            if (e instanceof Error error) throw error;
                            throw (IllegalStateException) e;
                        }
                };
                Throwable e = assertThrows(Throwable.class, () -> workers.run(50, 1, task));
                assertEquals("" + lowest, e.getMessage(), "the lowest, as on one thread");
                List<Throwable> told = new ArrayList<>(List.of(e));
                collect(e, told);
                assertEquals(thrown.size(), told.size());
                assertTrue(told.containsAll(thrown));
                Count count = new Count(50);
                workers.run(50, 1, count);
                count.check();
            }
        });
    }

    private static void collect(Throwable e, List<Throwable> all) {
        for (Throwable suppressed : e.getSuppressed()) {
            all.add(suppressed);
            collect(suppressed, all);
        }
    }

    /** As the JVM's own exceptions may be. */
    @Test
    void oneExceptionThrownByManySharesIsThrown() throws Exception {
        IllegalStateException e = new IllegalStateException();
        withEach(workers -> assertSame(
                e,
                assertThrows(
                        IllegalStateException.class,
                        () -> workers.run(50, 1, (worker, from, to) -> {
                            throw e;
                        }))));
        assertEquals(0, e.getSuppressed().length);
    }

    @Test
    void anInterruptDisturbsNothing() throws Exception {
        withEach(workers -> {
            for (int round = 0; round < 200; round++) {
                Thread.currentThread().interrupt();
                Count count = new Count(100);
                workers.run(100, 1, (worker, from, to) -> {
                    if (worker != 0) Thread.currentThread().interrupt();
                    count.run(worker, from, to);
                });
                count.check();
                assertTrue(Thread.interrupted(), "still interrupted");
            }
        });
    }

    /** The caller sleeps for lack of shares while a worker is at its last one. */
    @Test
    void aCallerThatWaitsForAWorkerSleepsAndIsWokenUp() throws Exception {
        try (Workers workers = Workers.of(2)) {
            Thread caller = Thread.currentThread();
            for (int round = 0; round < 20; round++) {
                boolean interrupt = round % 2 == 1;
                CountDownLatch taken = new CountDownLatch(2);
                AtomicBoolean left = new AtomicBoolean();
                workers.run(2, 1, (worker, from, to) -> {
                    taken.countDown();
                    uninterrupted(taken);
                    if (worker == 0) {
                        left.set(true);
                        return;
                    }
                    while (!left.get()) Thread.onSpinWait();
                    while (caller.getState() != Thread.State.WAITING) Thread.onSpinWait();
                    if (interrupt) {
                        caller.interrupt();
                        for (int i = 0; i < 1_000; i++) Thread.yield();
                    }
                });
                assertEquals(interrupt, Thread.interrupted());
            }
        }
    }

    @Test
    void anExecutorThatDoesNotHelpIsDoneWithout() {
        ArrayDeque<Runnable> kept = new ArrayDeque<>();
        AtomicInteger asked = new AtomicInteger();
        List<Executor> executors = List.of(
                work -> {}, // drops it
                kept::add, // runs it later
                Runnable::run, // on the calling thread
                work -> {
                    asked.incrementAndGet();
                    throw new RejectedExecutionException();
                },
                work -> {
                    throw new OutOfMemoryError("unable to create native thread");
                });
        for (Executor executor : executors)
            try (Workers workers = Workers.on(executor, 3)) {
                for (int round = 0; round < 100; round++) {
                    Count count = new Count(100);
                    workers.run(100, 1, count);
                    count.check();
                    assertEquals(0, count.clashes.get());
                }
            }
        assertEquals(2, asked.get(), "one that refuses is not asked all the time");
        assertEquals(2, kept.size());
        kept.forEach(Runnable::run); // what comes after the end ends at once
        try (Workers workers = Workers.on(
                work -> {
                    throw new UnsupportedOperationException("broken");
                },
                3)) {
            Count count = new Count(100);
            assertThrows(UnsupportedOperationException.class, () -> workers.run(100, 1, count));
            count.check();
        }
    }

    /** A task that an executor runs goes back to it when there is no work. */
    @Test
    void anExecutorGetsItsThreadBack() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        try (Workers workers = Workers.on(executor, 2)) {
            for (int round = 0; round < 20; round++) {
                Count count = new Count(100);
                workers.run(100, 1, count);
                count.check();
                assertEquals("other work", executor.submit(() -> "other work").get());
            }
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void aThreadThatCannotBeStartedIsDoneWithout() {
        AtomicInteger made = new AtomicInteger();
        try (Workers workers = Workers.of(5, work -> new Thread(work) {
            @Override
            public void start() {
                if (made.incrementAndGet() > 2)
                    throw new OutOfMemoryError("unable to create native thread: possibly out of memory");
                setDaemon(true);
                super.start();
            }
        })) {
            assertEquals(3, workers.count());
            assertEquals(
                    "3 of 5 workers, because a thread could not be started: unable to create native thread: possibly"
                            + " out of memory",
                    workers.toString());
            Count count = new Count(100);
            workers.run(100, 1, count);
            count.check();
        }
    }

    @Test
    void whileOneCallIsUnderWayOthersDoTheirWorkAlone() throws Exception {
        try (Workers workers = Workers.of(3)) {
            Count outer = new Count(50), inner = new Count(50 * 20);
            workers.run(50, 1, (worker, from, to) -> {
                for (int i = from; i < to; i++) {
                    int base = 20 * i;
                    workers.run(20, 1, (alone, first, end) -> {
                        assertEquals(0, alone);
                        assertEquals(20, end - first);
                        for (int k = first; k < end; k++) inner.done.incrementAndGet(base + k);
                    });
                }
                outer.run(worker, from, to);
            });
            outer.check();
            inner.check();
            List<Thread> threads = new ArrayList<>();
            List<Throwable> failures = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                Thread thread = new Thread(() -> {
                    for (int round = 0; round < 2_000; round++) {
                        Count count = new Count(40);
                        workers.run(40, 1, count);
                        count.check();
                    }
                });
                thread.setUncaughtExceptionHandler((t2, e) -> {
                    synchronized (failures) {
                        failures.add(e);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) thread.join();
            assertEquals(List.of(), failures);
        }
    }

    // Begin and end

    private static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("lanewise-worker-"))
                .toList();
    }

    @Test
    void closeEndsTheThreads() {
        Workers workers = Workers.of(4);
        List<Thread> started = threads();
        assertTrue(started.size() >= 3, started.toString());
        assertFalse(workers.closed());
        workers.close();
        workers.close();
        assertTrue(workers.closed());
        assertEquals(List.of(), started.stream().filter(t -> t.isAlive()).toList());
        assertEquals(
                "these workers are closed, and their threads have ended",
                assertThrows(IllegalStateException.class, () -> workers.run(1, 1, new Count(1)))
                        .getMessage());
        Workers one = Workers.one();
        one.close();
        assertThrows(IllegalStateException.class, () -> one.run(1, 1, new Count(1)));
    }

    @Test
    void closeDuringARunLeavesNothingUndone() {
        for (int round = 0; round < 50; round++) {
            Workers workers = Workers.of(3);
            Count count = new Count(100);
            int closing = 2 * round;
            workers.run(100, 1, (worker, from, to) -> {
                count.run(worker, from, to);
                if (from <= closing && closing < to) workers.close(); // by a worker, perhaps
            });
            count.check();
            workers.close();
            assertThrows(IllegalStateException.class, () -> workers.run(1, 1, count));
        }
    }

    @Test
    void anInterruptedCloseKeepsTheInterrupt() {
        Workers workers = Workers.of(3);
        Thread.currentThread().interrupt();
        workers.close();
        assertTrue(Thread.interrupted());
        workers.close();
    }

    @Test
    void whatIsNoNumberOfWorkersIsRefused() {
        for (int count : new int[] {-1, 0, 32_769}) {
            assertThrows(IllegalArgumentException.class, () -> Workers.of(count));
            assertThrows(IllegalArgumentException.class, () -> Workers.on(Runnable::run, count));
        }
        assertThrows(NullPointerException.class, () -> Workers.on(null, 2));
        try (Workers workers = Workers.of(2)) {
            assertThrows(IllegalArgumentException.class, () -> workers.run(1, 0, new Count(1)));
            workers.run(0, 1, (worker, from, to) -> {
                throw new AssertionError("nothing to do");
            });
            assertEquals("2 workers", workers.toString());
            assertEquals("1 worker", Workers.one().toString());
        }
    }

    /** Nothing of the thread that made them. */
    @Test
    void theThreadsInheritNothing() throws Exception {
        InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
        local.set("inherited");
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(new ClassLoader() {});
        try (Workers workers = Workers.of(2)) {
            CountDownLatch both = new CountDownLatch(2);
            workers.run(2, 1, (worker, from, to) -> {
                both.countDown();
                uninterrupted(both);
                if (worker == 0) return;
                assertEquals(null, local.get());
                assertSame(
                        Workers.class.getClassLoader(), Thread.currentThread().getContextClassLoader());
            });
        } finally {
            local.remove();
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    // What it costs

    @Test
    void aRunAllocatesNothing() {
        try (Workers workers = Workers.of(3)) {
            int[] done = new int[3 * 16];
            Workers.Task task = (worker, from, to) -> done[16 * worker] += to - from;
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 20; i++) least = Math.min(least, Allocation.of(() -> workers.run(100, 1, task), 1_000));
            assertEquals(0, least);
        }
    }

    /** In a JVM of its own, which nothing else keeps busy. */
    @Test
    void idleWorkersSleep() throws Exception {
        String printed = ChildJvm.run(List.of("-Xint"), Idle.class);
        assertTrue(printed.endsWith("asleep" + System.lineSeparator() + "exit 0"), printed);
    }

    static final class Idle {
        public static void main(String[] args) throws Exception {
            try (Workers workers = Workers.of(3)) {
                workers.run(100, 1, (worker, from, to) -> {});
                List<Thread> threads = threads();
                for (Thread thread : threads) while (thread.getState() != Thread.State.WAITING) Thread.onSpinWait();
                // A thread that waits may have some microseconds to go to its sleep; one that looks for work never
                // sleeps.
                boolean asleep = false;
                for (int look = 0; look < 100 && !asleep; look++) {
                    List<Long> before = threads.stream().map(t -> nanos(t)).toList();
                    for (int i = 0; i < 100_000; i++) Thread.yield();
                    asleep = before.equals(threads.stream().map(t -> nanos(t)).toList());
                }
                System.out.println(asleep && threads.size() == 2 ? "asleep" : "at work: " + threads);
            }
        }

        /** Processor time; the management module is not one that this library's module reads. */
        private static long nanos(Thread thread) {
            try {
                Object bean = Class.forName("java.lang.management.ManagementFactory")
                        .getMethod("getThreadMXBean")
                        .invoke(null);
                return (long) Class.forName("java.lang.management.ThreadMXBean")
                        .getMethod("getThreadCpuTime", long.class)
                        .invoke(bean, thread.getId());
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
    }
}
