package lanewise.spark.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lanewise.train.Step;

/**
 * What steps would take on clusters that are not here, from the constants that {@link StepBench} wrote, and beside what it measured on
 * this machine, whose executors share its two processors.
 *
 * <p>Arguments: {@code --from FILE}, by default those of docs/spark.md; {@code --processors 4} of each executor in what is told of clusters.
 */
final class StepSimulation {

    private static final String LARGE = "784-784-512-10";
    private static final String[] NETWORKS = {"784-128-64-10", LARGE, "784-2560-2560-512-10"};
    private static final int FITTED_ROWS = 8_192;
    private static final double LATENCY = 100e-6;
    private static final SimulatedCluster.Network NONE = new SimulatedCluster.Network(1e12, 0);

    private final Map<String, Double> constants = new LinkedHashMap<>();
    private final List<String[]> measured = new ArrayList<>();

    private StepSimulation(Path file) throws IOException {
        for (String line : Files.readAllLines(file)) {
            String[] cells = line.split(",", -1);
            if (cells[0].equals("constant")) constants.put(cells[1] + " " + cells[2], Double.parseDouble(cells[3]));
            else measured.add(cells);
        }
    }

    public static void main(String[] args) throws IOException {
        Path from = Path.of("src/spark/test/resources/steps.csv");
        int processors = 4;
        for (int i = 0; i < args.length; i += 2)
            switch (args[i]) {
                case "--from" -> from = Path.of(args[i + 1]);
                case "--processors" -> processors = Integer.parseInt(args[i + 1]);
                default -> throw new IllegalArgumentException(args[i] + ": --from or --processors expected");
            }
        StepSimulation simulation = new StepSimulation(from);
        simulation.check();
        simulation.pays();
        simulation.clusters(processors);
    }

    private double constant(String name) {
        Double value = constants.get(name);
        if (value == null)
            throw new IllegalStateException("no constant " + name + "; was the file written by StepBench?");
        return value;
    }

    /** A sample's decoding and gradient: in the barrier steps of one executor, if they were measured, else by itself. */
    private double row(String network) {
        for (String[] row : measured)
            if (fitted(row) && row[3].equals("barrier") && row[4].equals(network))
                return 1e-3 * (part(row, "decode") + part(row, "gradient")) / FITTED_ROWS;
        return constant("gradientOfRow " + network) + constant("decodeRow " + network);
    }

    /** A byte of a task's result: what a large job of one executor took beyond its task, and beyond an empty job. */
    private double resultByte() {
        for (String[] row : measured)
            if (fitted(row) && row[3].equals("steps") && row[4].equals(LARGE)) {
                double task =
                        part(row, "parameters") + part(row, "decode") + part(row, "gradient") + part(row, "hand_over");
                double bytes = 4 * floats(LARGE) * FITTED_ROWS / Step.BLOCK;
                return (1e-3 * (part(row, "job") - task) - constant("job 1 executors 1 tasks")) / bytes;
            }
        throw new IllegalStateException("the steps of one executor with " + LARGE + " are missing");
    }

    /** Whether constants are taken from a measured step, which so is no check of them. */
    private static boolean fitted(String[] row) {
        return row[1].equals("local-cluster") && row[2].equals("1") && row[5].equals(String.valueOf(FITTED_ROWS));
    }

    private static double part(String[] row, String name) {
        for (String part : row[10].split(";"))
            if (part.startsWith(name + "=")) return Double.parseDouble(part.substring(name.length() + 1));
        throw new IllegalStateException(String.join(",", row) + ": no " + name);
    }

    private double floats(String network) {
        return constant("floats " + network);
    }

    /** Two points of a line: what comes for each unit of x. */
    private static double slope(double x0, double y0, double x1, double y1) {
        return (y1 - y0) / (x1 - x0);
    }

    private SimulatedStep.Costs costs(String network) {
        // Two tasks, 16 blocks: each block's frame goes to the other task, and two sums.
        String small = "exchangeProcessor 2 tasks 16 blocks 64 floats",
                large = "exchangeProcessor 2 tasks 16 blocks 1000000 floats";
        double frames = 18, bytes = 4 * 500_000 * frames;
        double frame = constant(small) / frames / 2;
        double copied = 16 * 1e6 * (constant("copyFloat 784-784-512-10") / 2 + constant("addFloat 784-784-512-10"));
        double frameByte = (constant(large) - constant(small) - copied) / bytes / 2;
        double job = constant("job 1 executors 1 tasks");
        double round = slope(1, job, 8, constant("job 1 executors 8 tasks"));
        double given = slope(
                110_000,
                constant("jobWithBroadcast 1 executors 110000 floats"),
                1_000_000,
                constant("jobWithBroadcast 1 executors 1000000 floats"));
        return new SimulatedStep.Costs(
                row(network),
                constant("copyFloat " + network),
                constant("addFloat " + network),
                constant("updateOfFloat " + network),
                frame,
                frameByte,
                20e-6,
                job - round,
                round / 2,
                round / 2,
                given / 4 / 2,
                resultByte() / 2);
    }

    /** Of a network's name, such as 100mbit. */
    private static double bits(String name) {
        double number = Double.parseDouble(name.replaceAll("[a-z].*", ""));
        return number * (name.endsWith("gbit") ? 1e9 : 1e6);
    }

    private void check() {
        System.out.printf("%-60s %10s %10s %8s%n", "", "measured", "predicted", "error");
        for (String[] row : measured) {
            String where = row[1], way = row[3], network = row[4];
            int tasks = Integer.parseInt(row[2]), rows = Integer.parseInt(row[5]);
            double found = Double.parseDouble(row[6]), slowdown = Math.max(1, constant("bothProcessors " + network));
            SimulatedStep step = new SimulatedStep(costs(network), floats(network), rows, tasks, tasks);
            boolean apart = where.endsWith("bit");
            SimulatedCluster machine = SimulatedCluster.shared(
                    apart ? tasks : 1, 2, slowdown, apart ? new SimulatedCluster.Network(bits(where), 50e-6) : NONE);
            double predicted = 1e3
                    * switch (way) {
                        case "alone" -> step.alone(tasks, slowdown);
                        case "steps" -> step.job(machine, 1);
                        case "barrier" -> step.barrier(machine);
                        default -> throw new IllegalStateException(way);
                    };
            System.out.printf(
                    Locale.ROOT,
                    "%-60s %10.2f %10.2f %7.0f%%%s%n",
                    where + " " + tasks + " " + way + " " + network + " " + rows,
                    found,
                    predicted,
                    100 * (predicted / found - 1),
                    fitted(row) && (way.equals("barrier") || network.equals(LARGE)) ? " (fitted)" : "");
        }
    }

    /** The smallest batch, by doubling, whose step two machines do sooner than one process on one of them. */
    private void pays() {
        System.out.println("two machines pay from so many rows on, barrier jobs");
        for (String network : NETWORKS)
            for (int processors : new int[] {1, 4})
                for (double gigabits : new double[] {1, 10}) {
                    int rows = 512;
                    for (; rows <= 262_144; rows *= 2) {
                        int tasks = Math.min(2 * processors, rows / Step.BLOCK);
                        SimulatedStep step = new SimulatedStep(costs(network), floats(network), rows, tasks, 2);
                        SimulatedCluster.Network net = new SimulatedCluster.Network(1e9 * gigabits, LATENCY);
                        if (step.barrier(SimulatedCluster.of(2, processors, net)) < step.alone(processors, 1)) break;
                    }
                    System.out.printf(
                            Locale.ROOT,
                            "%-22s %d processors %3.0f Gbit/s  %s%n",
                            network,
                            processors,
                            gigabits,
                            rows > 262_144 ? "never" : rows);
                }
    }

    private void clusters(int processors) {
        int[] executors = {1, 2, 4, 10, 100, 1_000};
        for (String network : NETWORKS)
            for (double gigabits : new double[] {1, 10, 100})
                for (int rows : new int[] {1_024, 8_192, 65_536, 262_144})
                    for (String way : new String[] {"steps", "barrier"}) {
                        System.out.printf(
                                Locale.ROOT, "%-22s %5.0f Gbit/s %7d rows %-8s", network, gigabits, rows, way);
                        for (int each : executors) {
                            SimulatedStep step = new SimulatedStep(
                                    costs(network),
                                    floats(network),
                                    rows,
                                    Math.min(each * processors, (rows + 255) / 256),
                                    each);
                            SimulatedCluster.Network net = new SimulatedCluster.Network(1e9 * gigabits, LATENCY);
                            double alone = step.alone(processors, 1);
                            double time = way.equals("steps")
                                    ? step.job(SimulatedCluster.of(each + 1, processors, net), processors)
                                    : step.barrier(SimulatedCluster.of(each, processors, net));
                            System.out.printf(Locale.ROOT, " %9.1f (%5.2f)", 1e3 * time, alone / time);
                        }
                        System.out.println();
                    }
    }
}
