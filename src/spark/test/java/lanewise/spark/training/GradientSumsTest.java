package lanewise.spark.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Test;

/** Sums over tasks, which are threads here, connected as tasks in executors are. */
class GradientSumsTest {

    private static final Random RANDOM = new Random();

    private static Peers.Entry entry(int tasks, int timeoutMillis) {
        String[] hosts = new String[tasks];
        Arrays.fill(hosts, "127.0.0.1");
        int[][] ports = new int[tasks][];
        int[] all = RANDOM.ints(20_000, 32_001).distinct().limit(4L * tasks).toArray();
        for (int i = 0; i < tasks; i++) ports[i] = Arrays.copyOfRange(all, 4 * i, 4 * i + 4);
        return new Peers.Entry(hosts, ports, new byte[16], timeoutMillis, () -> false);
    }

    /** Runs tasks at the same time. Returns what each has returned or thrown. */
    private static <T> List<Object> run(List<Callable<T>> tasks) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        List<Object> results = new ArrayList<>();
        try {
            for (Future<T> each : threads.invokeAll(tasks))
                try {
                    results.add(each.get());
                } catch (ExecutionException e) {
                    results.add(e.getCause());
                }
        } finally {
            threads.shutdown();
        }
        return results;
    }

    private static float[] gradient(int block, int length) {
        RandomSource random = new RandomSource(block);
        float[] gradient = new float[length];
        for (int i = 0; i < length; i++) gradient[i] = random.normal() * (i % 7 == 0 ? 1e6f : 1f);
        return gradient;
    }

    private static double[] losses(int block, int rows) {
        RandomSource random = new RandomSource(1_000 + block);
        double[] losses = new double[rows];
        for (int i = 0; i < rows; i++) losses[i] = random.normal() * 1e9 + 1e-9;
        return losses;
    }

    @Test
    void theSumsAreThoseInTheOrderOfBlocks() throws InterruptedException {
        // Batches of several blocks, and a last one of a single block, of which the samples are sent.
        for (int tasks : new int[] {1, 2, 3, 5})
            for (int length : new int[] {1, 3, 17, 100_003}) {
                Shard.Layout layout = new Shard.Layout(5_300, 1_290, tasks);
                assertEquals(5, layout.steps(0));
                assertEquals(1, layout.blocks(4 * 1_290));
                Peers.Entry entry = entry(tasks, 60_000);
                List<Callable<String>> all = new ArrayList<>();
                for (int self = 0; self < tasks; self++) {
                    int number = self;
                    all.add(() -> task(number, entry, layout, length, 5));
                }
                for (Object each : run(all)) assertEquals("done", each, tasks + " tasks, " + length + " floats");
            }
    }

    /** A task that does some steps of an epoch, and looks at what comes. */
    private static String task(int self, Peers.Entry entry, Shard.Layout layout, int length, int steps)
            throws IOException, InterruptedException {
        try (Peers peers = Peers.connect(self, entry)) {
            // The others expect five steps as well, and end earlier, too.
            GradientSums sums = new GradientSums(peers, layout, length, 0, 5);
            for (int step = 0, at = 0; step < steps; at += layout.batchRows(at), step++) {
                int first = layout.block(at), count = layout.blocks(at);
                if (count == 1) {
                    byte[][] samples = {{1, 2, 3}, {}, {(byte) first}};
                    boolean mine = layout.partition(first) == self;
                    if (mine) sums.send(step, first, samples);
                    else assertArrayEquals(samples, sums.samples());
                    continue;
                }
                float[] expected = new float[length];
                double loss = 0;
                for (int block = first; block < first + count; block++) {
                    float[] gradient = gradient(block, length);
                    double[] losses = losses(block, layout.rows(block));
                    for (int i = 0; i < length; i++) expected[i] += gradient[i];
                    for (double each : losses) loss += each;
                    if (layout.partition(block) == self) sums.add(step, block, shifted(gradient), 2, losses);
                }
                GradientSums.Sum sum = sums.sum();
                assertArrayEquals(expected, sum.gradient());
                assertEquals(loss, sum.loss());
                sums.giveBack(sum);
            }
            long[] others = sums.end(77 + self);
            for (int i = 0; i < others.length; i++) assertEquals(i == self ? 0 : 77 + i, others[i]);
            peers.flush();
            return "done";
        }
    }

    private static float[] shifted(float[] values) {
        float[] shifted = new float[values.length + 3];
        System.arraycopy(values, 0, shifted, 2, values.length);
        return shifted;
    }

    @Test
    void allMayEndBeforeTheirLastStep() throws InterruptedException {
        for (int tasks : new int[] {1, 2, 3})
            for (int steps = 1; steps < 5; steps++) {
                int end = steps;
                Shard.Layout layout = new Shard.Layout(5_300, 1_290, tasks);
                Peers.Entry entry = entry(tasks, 60_000);
                List<Callable<String>> all = new ArrayList<>();
                for (int self = 0; self < tasks; self++) {
                    int number = self;
                    all.add(() -> task(number, entry, layout, 1_000, end));
                }
                for (Object each : run(all)) assertEquals("done", each, tasks + " tasks, " + steps + " steps");
            }
    }

    /** A task that ends, one that says nothing, and one that is not there: the others name it. */
    @Test
    void aPeerThatIsGoneIsNamed() throws InterruptedException {
        Shard.Layout layout = new Shard.Layout(5_300, 1_290, 2);
        Peers.Entry entry = entry(2, 60_000);
        Object closed = run(List.<Callable<String>>of(() -> task(0, entry, layout, 9, 5), () -> {
                    Peers.connect(1, entry).close();
                    return "closed";
                }))
                .get(0);
        String message = ((Exception) closed).getMessage();
        assertTrue(message.startsWith("task 1 on ") || message.contains("cannot send to task 1 on "), message);

        Peers.Entry impatient = entry(2, 15_000);
        CountDownLatch over = new CountDownLatch(1);
        Object silent = run(List.<Callable<String>>of(
                        () -> {
                            try {
                                return task(0, impatient, layout, 9, 5);
                            } finally {
                                over.countDown();
                            }
                        },
                        () -> {
                            try (Peers peers = Peers.connect(1, impatient)) {
                                over.await();
                                return "silent task " + peers.self();
                            }
                        }))
                .get(0);
        assertEquals(
                " has sent nothing to task 0 for 15000 ms; its machine may be gone, or the network",
                ((Exception) silent).getMessage().replaceAll("^task 1 on [^ ]*", ""));

        String above = assertThrows(IOException.class, () -> Peers.connect(0, entry(2, 300)))
                .getMessage();
        assertTrue(above.startsWith("task 1 on 127.0.0.1, ports ["), above);
        assertTrue(
                above.endsWith("has not connected to task 0 for 300 ms; are connections between executors allowed?"));
        String below = assertThrows(IOException.class, () -> Peers.connect(1, entry(2, 300)))
                .getMessage();
        assertTrue(below.startsWith("task 1 could not connect to task 0 on 127.0.0.1, ports ["), below);
    }

    /** Whoever has not the token is turned away, and the tasks find each other nevertheless. */
    @Test
    void strangersAreTurnedAway() throws InterruptedException {
        Shard.Layout layout = new Shard.Layout(5_300, 1_290, 2);
        Peers.Entry right = entry(2, 60_000);
        byte[] other = new byte[16];
        other[15] = 1;
        Peers.Entry wrong = new Peers.Entry(right.hosts(), right.ports(), other, 1_000, () -> false);
        List<Object> results = run(List.<Callable<String>>of(() -> task(0, right, layout, 9, 5), () -> {
            // One with another token, and one that says something else.
            assertThrows(IOException.class, () -> Peers.connect(1, wrong).close());
            for (int port : right.ports()[0])
                try (Socket stranger = new Socket("127.0.0.1", port)) {
                    stranger.getOutputStream().write(new byte[100]);
                    assertEquals(-1, stranger.getInputStream().read());
                } catch (IOException e) {
                    // Nobody listens on the other ports, and a connection may be reset.
                }
            return task(1, right, layout, 9, 5);
        }));
        assertEquals(List.of("done", "done"), results);
    }

    /** A caller that gave up before it was answered calls again, and that connection counts. */
    @Test
    void aCallerThatGaveUpIsWaitedFor() throws InterruptedException {
        Shard.Layout layout = new Shard.Layout(5_300, 1_290, 2);
        Peers.Entry entry = entry(2, 60_000);
        List<Object> results = run(List.<Callable<String>>of(() -> task(0, entry, layout, 9, 5), () -> {
            Socket first = null;
            while (first == null)
                for (int port : entry.ports()[0])
                    try {
                        first = new Socket("127.0.0.1", port);
                        break;
                    } catch (IOException e) {
                        // The other task does not listen yet.
                    }
            first.getOutputStream().write(Peers.hello(1, entry.hello(1, 0)));
            first.close();
            return task(1, entry, layout, 9, 5);
        }));
        assertEquals(List.of("done", "done"), results);
    }

    /** Others may have all ports but the last one. */
    @Test
    void aPortThatIsTakenIsLeftOut() throws Exception {
        Shard.Layout layout = new Shard.Layout(5_300, 1_290, 2);
        Peers.Entry entry = entry(2, 60_000);
        List<ServerSocket> taken = new ArrayList<>();
        try {
            for (int port : IntStream.of(entry.ports()[0]).limit(3).toArray())
                taken.add(new ServerSocket(port, 5, InetAddress.getByName("127.0.0.1")));
            assertEquals(
                    List.of("done", "done"),
                    run(List.<Callable<String>>of(
                            () -> task(0, entry, layout, 9, 5), () -> task(1, entry, layout, 9, 5))));
        } finally {
            for (ServerSocket each : taken) each.close();
        }
    }
}
