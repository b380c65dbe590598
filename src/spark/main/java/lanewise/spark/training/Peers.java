package lanewise.spark.training;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The connections of one task of a barrier stage to all others, by which frames go both ways: an int of the payload's length, an
 * int of the step and one of the block that it is for, then the payload, little-endian.
 *
 * <p>Of each two tasks the one with the higher number connects, to a port that the driver chose, and presents a digest of a token
 * that the driver made for the job; Spark's own way to exchange addresses takes a second. The other one answers with a digest of
 * its own, and takes the connection for the one that counts when the caller has confirmed that: a caller that had no answer in
 * time tries again. Frames are written by a thread for each peer, so that no task waits for its own frames while others wait
 * for it. Whatever fails, on whichever thread, fails all that wait here, and closing the sockets fails the peers: the job is then
 * repeated. A peer that neither sends nor ends is given up after a time.
 *
 * <p>Frames to a peer may come from any threads, those from it go to one.
 */
final class Peers implements AutoCloseable {

    private static final int MAGIC = 0x4c574e50;

    /** Frames that wait for one peer's socket. */
    private static final int WAITING = 3;

    private static final int HEADER = 12, DIGEST_BYTES = 32, BUFFER = 1 << 16;

    /** What a caller says to an answer. */
    private static final int CONFIRMED = 1;

    /** In place of a block's number, in the last frame of a task. */
    static final int END_OF_TASK = -2;

    /** Between two tries to connect: peers begin at different times. */
    private static final int PAUSE_MILLIS = 5;

    /** Between two looks whether something has failed. */
    private static final long LOOK_MILLIS = 100;

    /** For those who connect and say nothing; peers say their name at once. */
    private static final int HELLO_MILLIS = 2_000;

    private static final ByteBuffer END = ByteBuffer.allocate(0);

    private final int self, timeoutMillis;
    private final BooleanSupplier killed;
    private final Link[] links;
    private volatile Throwable failure;
    private volatile boolean closed;

    private Peers(int self, int count, int timeoutMillis, BooleanSupplier killed) {
        this.self = self;
        this.timeoutMillis = timeoutMillis;
        this.killed = killed;
        links = new Link[count];
    }

    /**
     * Where a task waits for others, and what they present: a digest of the token and of both tasks' numbers.
     *
     * @param hosts of the tasks, by their numbers
     * @param ports of the tasks, several for each; it listens on the first that is free
     * @param token of the attempt at a job; the same for all tasks
     * @param timeoutMillis after which a peer that says nothing is given up
     * @param killed whether this task is to end
     */
    record Entry(String[] hosts, int[][] ports, byte[] token, int timeoutMillis, BooleanSupplier killed) {

        byte[] hello(int from, int to) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(token);
                return digest.digest(ByteBuffer.allocate(12)
                        .putInt(MAGIC)
                        .putInt(from)
                        .putInt(to)
                        .array());
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every JDK has SHA-256", e);
            }
        }

        private String address(int task) {
            return hosts[task] + ", ports " + Arrays.toString(ports[task]);
        }
    }

    /**
     * Connects a task with the others; returns when all connections are there.
     *
     * @param self number of the task
     * @throws IOException if a peer cannot be reached, or has not come in time; the message names it
     */
    static Peers connect(int self, Entry entry) throws IOException, InterruptedException {
        Peers peers = new Peers(self, entry.hosts.length, entry.timeoutMillis, entry.killed);
        try (ServerSocket server = listen(entry.hosts[self], entry.ports[self], entry.hosts.length + 16)) {
            for (int peer = 0; peer < self; peer++) peers.reach(peer, entry);
            peers.await(server, entry);
            return peers;
        } catch (IOException | InterruptedException | RuntimeException e) {
            peers.close();
            throw e;
        }
    }

    private static ServerSocket listen(String host, int[] ports, int backlog) throws IOException {
        // Last on all addresses: the name by which others reach this machine may be none of its own.
        for (InetAddress address : new InetAddress[] {InetAddress.getByName(host), null})
            for (int port : ports)
                try {
                    return new ServerSocket(port, backlog, address);
                } catch (BindException e) {
                    // The next one may be free.
                }
        throw new BindException("on " + host + " none of the ports " + Arrays.toString(ports) + " is free; "
                + PortRange.SETTING + " sets the range of which they are");
    }

    /** Tries the ports until the peer listens on one of them and answers. */
    private void reach(int peer, Entry entry) throws IOException, InterruptedException {
        IOException last = null;
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        for (; System.nanoTime() < end; Thread.sleep(PAUSE_MILLIS))
            for (int port : entry.ports[peer]) {
                check();
                Socket socket = new Socket();
                try {
                    socket.connect(new InetSocketAddress(entry.hosts[peer], port), HELLO_MILLIS);
                    socket.getOutputStream().write(hello(self, entry.hello(self, peer)));
                    int answer = answer(socket, entry.hello(peer, self));
                    if (answer != peer) throw new ConnectException("somebody else listens on port " + port);
                    socket.getOutputStream().write(CONFIRMED);
                    links[peer] = new Link(peer, entry.hosts[peer] + ":" + port, socket);
                    return;
                } catch (IOException e) {
                    last = e;
                    socket.close();
                }
            }
        throw new ConnectException(
                "task " + self + " could not connect to task " + peer + " on " + entry.address(peer) + " for "
                        + timeoutMillis + " ms: " + last.getMessage() + "; are connections between executors allowed?");
    }

    /** What a task says first: its number and a digest of {@link Entry}. */
    static byte[] hello(int number, byte[] digest) {
        return ByteBuffer.allocate(Integer.BYTES + digest.length)
                .putInt(number)
                .put(digest)
                .array();
    }

    /** Takes the connections of those with higher numbers, and turns all others away. */
    private void await(ServerSocket server, Entry entry) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        server.setSoTimeout((int) LOOK_MILLIS);
        for (int missing = links.length - 1 - self; missing > 0; ) {
            check();
            Socket socket;
            try {
                socket = server.accept();
            } catch (SocketTimeoutException e) {
                if (System.nanoTime() < end) continue;
                int peer = self + 1;
                while (links[peer] != null) peer++;
                throw new ConnectException("task " + peer + " on " + entry.address(peer) + " has not connected to task "
                        + self + " for " + timeoutMillis + " ms; are connections between executors allowed?");
            }
            int peer = caller(socket, entry);
            if (peer < 0) {
                socket.close();
                continue;
            }
            links[peer] = new Link(peer, String.valueOf(socket.getRemoteSocketAddress()), socket);
            missing--;
        }
    }

    /** Answers the task that connected. Returns its number; −1 if it is none that is missing, or does not stay. */
    private int caller(Socket socket, Entry entry) {
        try {
            socket.setSoTimeout(HELLO_MILLIS);
            byte[] given = new byte[Integer.BYTES + DIGEST_BYTES];
            new DataInputStream(socket.getInputStream()).readFully(given);
            int number = ByteBuffer.wrap(given).getInt();
            boolean right = number > self
                    && number < links.length
                    && links[number] == null
                    && MessageDigest.isEqual(given, hello(number, entry.hello(number, self)));
            if (!right) return -1;
            socket.getOutputStream().write(hello(self, entry.hello(self, number)));
            return socket.getInputStream().read() == CONFIRMED ? number : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    /** The number in an answer to a hello; −1 if it is none. */
    private static int answer(Socket socket, byte[] digest) throws IOException {
        socket.setSoTimeout(HELLO_MILLIS);
        byte[] given = new byte[Integer.BYTES + DIGEST_BYTES];
        new DataInputStream(socket.getInputStream()).readFully(given);
        int number = ByteBuffer.wrap(given).getInt();
        return MessageDigest.isEqual(given, hello(number, digest)) ? number : -1;
    }

    /** One connection and the thread that writes to it. */
    private final class Link {

        private final int peer;
        private final String address;
        private final Socket socket;
        private final DataInputStream in;
        private final OutputStream out;
        private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(WAITING);
        private final BlockingQueue<ByteBuffer> full = new ArrayBlockingQueue<>(WAITING + 1);
        private final Thread writer;
        private ByteBuffer received = END;
        private boolean ended;

        Link(int peer, String address, Socket socket) throws IOException {
            this.peer = peer;
            this.address = address;
            this.socket = socket;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(timeoutMillis);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER));
            out = socket.getOutputStream();
            for (int i = 0; i < WAITING; i++) free.add(END);
            writer = new Thread(this::write, "lanewise to task " + peer);
            writer.setDaemon(true);
            writer.start();
        }

        private void write() {
            try {
                for (ByteBuffer next; (next = full.take()) != END; free.add(next))
                    out.write(next.array(), 0, next.limit());
            } catch (IOException | InterruptedException e) {
                fail(new IOException("task " + self + " cannot send to " + this + ": " + e.getMessage(), e));
            }
        }

        @Override
        public String toString() {
            return "task " + peer + " on " + address;
        }
    }

    /** The number of this task. */
    int self() {
        return self;
    }

    /** The number of all tasks, this one included. */
    int count() {
        return links.length;
    }

    /**
     * A frame to be filled and given to {@link #send}. Waits while too many are on their way to that peer.
     *
     * @param bytes of the payload
     * @return little-endian, at the payload's begin
     */
    ByteBuffer frame(int peer, int step, int block, int bytes) throws IOException, InterruptedException {
        ByteBuffer frame = take(links[peer].free);
        if (frame.capacity() < HEADER + bytes) frame = ByteBuffer.allocate(HEADER + bytes);
        frame.clear();
        frame.order(ByteOrder.BIG_ENDIAN);
        frame.putInt(bytes).putInt(step).putInt(block);
        return frame.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Sends a frame, soon. */
    void send(int peer, ByteBuffer frame) {
        links[peer].full.add(frame.flip());
    }

    /**
     * Waits for the next frame of a peer.
     *
     * @return its payload, little-endian; valid until the peer's next one; null if the peer has come to its end
     * @throws IOException if none comes, or one that is for something else; the message names the peer
     */
    ByteBuffer receive(int peer, int step, int block) throws IOException {
        Link link = links[peer];
        if (link.ended) return null;
        try {
            int length = link.in.readInt(), forStep = link.in.readInt(), forBlock = link.in.readInt();
            link.ended = forBlock == END_OF_TASK;
            if (length < 0 || !link.ended && (forStep != step || forBlock != block))
                throw new IOException(link + " sent " + length + " bytes for step " + forStep + ", block " + forBlock
                        + "; step " + step + ", block " + block + " expected");
            if (link.received.capacity() < length) link.received = ByteBuffer.allocate(length);
            link.received.clear().limit(length).order(ByteOrder.LITTLE_ENDIAN);
            link.in.readFully(link.received.array(), 0, length);
            return link.ended ? null : link.received;
        } catch (SocketTimeoutException e) {
            throw new IOException(
                    link + " has sent nothing to task " + self + " for " + timeoutMillis
                            + " ms; its machine may be gone, or the network",
                    e);
        } catch (EOFException e) {
            throw new IOException(link + " has closed its connection to task " + self + "; it has failed itself", e);
        } catch (java.net.SocketException e) {
            throw new IOException(
                    link + " is gone (" + e.getMessage() + "), seen by task " + self + "; has its executor ended?", e);
        }
    }

    /**
     * Waits for the last frame of a peer.
     *
     * @return its payload
     * @throws IOException as {@link #receive}
     */
    ByteBuffer end(int peer) throws IOException {
        if (receive(peer, 0, END_OF_TASK) != null)
            throw new IOException(links[peer] + " has not ended where others did");
        return links[peer].received;
    }

    /** Takes from a queue, unless something fails before. */
    <T> T take(BlockingQueue<T> queue) throws IOException, InterruptedException {
        for (T item; ; check()) if ((item = queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS)) != null) return item;
    }

    /** Puts into a queue, unless something fails before. */
    <T> void put(BlockingQueue<T> queue, T item) throws IOException, InterruptedException {
        while (!queue.offer(item, LOOK_MILLIS, TimeUnit.MILLISECONDS)) check();
    }

    /**
     * Looks whether something has failed.
     *
     * @throws IOException if so
     */
    void check() throws IOException {
        Throwable failed = failure;
        if (failed != null) throw new IOException(failed.getMessage(), failed);
        if (closed) throw new IOException("the connections of task " + self + " are closed");
        if (killed.getAsBoolean()) throw new IOException("task " + self + " is to end");
    }

    /** Says that something has failed: the first one counts. */
    void fail(Throwable cause) {
        synchronized (this) {
            if (failure == null && !closed) failure = cause;
        }
        disconnect();
    }

    /** Closes the sockets, as if the network failed. */
    void disconnect() {
        for (Link link : links) {
            if (link == null) continue;
            try {
                link.socket.close();
            } catch (IOException e) {
                // It is gone in any case.
            }
        }
    }

    /** Waits until all frames have gone to their sockets: the last thing after a success, when all peers have ended. */
    void flush() throws InterruptedException {
        for (Link link : links) if (link != null) link.full.add(END);
        for (Link link : links) if (link != null) link.writer.join();
    }

    /** Closes all connections. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        for (Link link : links) if (link != null) link.full.offer(END);
        disconnect();
    }
}
