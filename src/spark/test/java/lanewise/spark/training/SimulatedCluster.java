package lanewise.spark.training;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;

/**
 * Machines with processors and a network, in simulated time: things happen one after the other, in the order of their times. Whatever
 * computes on a machine shares its processors evenly, as threads do; what goes through a connection to the network goes one after the
 * other.
 */
final class SimulatedCluster {

    /** Bytes of frames, with the headers of Ethernet, IP and TCP, for each byte sent. */
    private static final double HEADERS = 1538.0 / 1448;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Machine[] machines;
    private final Network network;
    private double now;
    private long happened;

    private record Event(double time, long number, Runnable what) implements Comparable<Event> {

        @Override
        public int compareTo(Event other) {
            int order = Double.compare(time, other.time);
            return order != 0 ? order : Long.compare(number, other.number);
        }
    }

    /**
     * A network in which each machine has one connection, both ways at once, to a switch that holds nobody up.
     *
     * @param bitsPerSecond of a connection, each way
     * @param latency from machine to machine, in seconds
     */
    record Network(double bitsPerSecond, double latency) {

        double seconds(double bytes) {
            return 8 * HEADERS * bytes / bitsPerSecond;
        }
    }

    private SimulatedCluster(int count, Network network) {
        machines = new Machine[count];
        this.network = network;
    }

    /** Machines alike, each with so many processors. */
    static SimulatedCluster of(int count, int processors, Network network) {
        SimulatedCluster cluster = new SimulatedCluster(count, network);
        for (int i = 0; i < count; i++)
            cluster.machines[i] = cluster.new Machine(cluster.new Processors(processors, 1));
        return cluster;
    }

    /**
     * Machines that share some processors, as network namespaces of one machine do.
     *
     * @param slowdown of each processor when others are busy, too; 1 for none
     */
    static SimulatedCluster shared(int count, int processors, double slowdown, Network network) {
        SimulatedCluster cluster = new SimulatedCluster(count, network);
        Processors all = cluster.new Processors(processors, slowdown);
        for (int i = 0; i < count; i++) cluster.machines[i] = cluster.new Machine(all);
        return cluster;
    }

    /** Lets everything happen. Returns the time of the last. */
    double run() {
        for (Event next; (next = events.poll()) != null; next.what.run()) now = next.time;
        return now;
    }

    void at(double time, Runnable what) {
        events.add(new Event(time, happened++, what));
    }

    double now() {
        return now;
    }

    Machine machine(int number) {
        return machines[number % machines.length];
    }

    /** Processors, which share evenly what there is to compute. */
    private final class Processors {

        private final PriorityQueue<Event> running = new PriorityQueue<>();
        private final int count;
        private final double slowdown;
        /** What a thread that began at 0 would have computed by {@link #since}, in seconds of a processor. */
        private double computed;

        private double since;
        private long plan;

        Processors(int count, double slowdown) {
            this.count = count;
            this.slowdown = slowdown;
        }

        void compute(double seconds, Runnable then) {
            advance();
            running.add(new Event(computed + seconds, happened++, then));
            plan();
        }

        private double speed() {
            int threads = running.size();
            return threads < 2 ? 1 : Math.min(1, (double) count / threads) / (count > 1 ? slowdown : 1);
        }

        private void advance() {
            computed += (now - since) * speed();
            since = now;
        }

        private void plan() {
            if (running.isEmpty()) return;
            long current = ++plan;
            at(now + Math.max(0, running.peek().time - computed) / speed(), () -> {
                if (current != plan) return;
                advance();
                Event done = running.poll();
                plan();
                done.what.run();
            });
        }
    }

    /** A machine: its processors and its connection. */
    final class Machine {

        private final Processors processors;
        private double outFree, inFree;

        Machine(Processors processors) {
            this.processors = processors;
        }

        /** Has a thread compute for so many seconds of a processor, then do something. */
        void compute(double seconds, Runnable then) {
            processors.compute(seconds, then);
        }

        /**
         * Sends bytes to another machine, after those before; at once if it is this one.
         *
         * @param sent is called when they have left
         * @param come is called when they are there
         */
        void send(Machine to, double bytes, Runnable sent, Runnable come) {
            if (to == this) {
                sent.run();
                at(now, come);
                return;
            }
            double time = network.seconds(bytes), begin = Math.max(now, outFree);
            outFree = begin + time;
            at(outFree, sent);
            at(begin + network.latency, () -> {
                to.inFree = Math.max(now, to.inFree) + time;
                at(to.inFree, come);
            });
        }
    }

    /** A thread of a machine, which does one thing after the other. */
    static final class Worker {

        private final Deque<Step> waiting = new ArrayDeque<>();
        private boolean busy;

        /** Something that takes time; calls what it is given when it is over. */
        interface Step {
            void begin(Runnable over);
        }

        void add(Step step) {
            waiting.add(step);
            if (!busy) next();
        }

        private void next() {
            Step step = waiting.poll();
            busy = step != null;
            if (busy) step.begin(this::next);
        }
    }
}
