package lanewise.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A contest of programs that run in turn, round by round, so that all of them meet the same state of the machine. Gives
 * each figure's median and, of two figures, the median of the ratios of each round.
 */
final class Contest {

    /** A figure's name, the same for all rounds, and its unit. */
    record Quantity(String name, String unit) {}

    /** A program that measures once. */
    interface Program {

        /**
         * Runs the program once.
         *
         * @return its figures, the same quantities at each run
         * @throws IOException if it fails; the message is one line
         * @throws InterruptedException if the thread is interrupted
         */
        Map<Quantity, Double> run() throws IOException, InterruptedException;
    }

    /** Values of all rounds, with their median, smallest and largest. */
    record Figure(String name, String unit, double median, double min, double max, List<Double> rounds) {

        static Figure of(String name, String unit, List<Double> rounds) {
            double[] sorted =
                    rounds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            int n = sorted.length;
            double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
            return new Figure(name, unit, median, sorted[0], sorted[n - 1], List.copyOf(rounds));
        }
    }

    /**
     * What a contest has found.
     *
     * @param figures in the order of the programs
     * @param ratios of figures, in the order in which they were asked for
     * @param failures one line for each program that failed
     */
    record Outcome(List<Figure> figures, List<Figure> ratios, List<String> failures) {}

    private record Comparison(String name, Quantity a, Quantity b) {}

    private final Map<String, Program> programs = new LinkedHashMap<>();
    private final List<Comparison> comparisons = new ArrayList<>();

    /** Lets a program take part, after those that do already. */
    void add(String name, Program program) {
        if (programs.put(name, program) != null)
            throw new IllegalArgumentException("two programs are named " + name + "; another name expected");
    }

    /** Whether a program of this name takes part. */
    boolean has(String name) {
        return programs.containsKey(name);
    }

    /** Asks for the ratio a / b of each round; left out where either has no figure. */
    void compare(String name, Quantity a, Quantity b) {
        comparisons.add(new Comparison(name, a, b));
    }

    /**
     * Runs the programs in turn. A program that fails takes no further part, and has no figures.
     *
     * @param rounds at least 1
     * @param progress told in words before each run
     * @return figures, ratios, failures
     * @throws InterruptedException if the thread is interrupted
     */
    Outcome run(int rounds, Consumer<String> progress) throws InterruptedException {
        Map<String, Map<Quantity, List<Double>>> results = new LinkedHashMap<>();
        programs.keySet().forEach(name -> results.put(name, new LinkedHashMap<>()));
        List<String> failures = new ArrayList<>();
        for (int round = 1; round <= rounds; round++)
            for (String name : List.copyOf(results.keySet())) {
                progress.accept("round " + round + " of " + rounds + ": " + name);
                try {
                    Map<Quantity, List<Double>> own = results.get(name);
                    programs.get(name)
                            .run()
                            .forEach((quantity, value) -> own.computeIfAbsent(quantity, q -> new ArrayList<>())
                                    .add(value));
                } catch (IOException e) {
                    results.remove(name);
                    failures.add(name + ": " + e.getMessage());
                }
            }
        Map<Quantity, List<Double>> all = new LinkedHashMap<>();
        results.values().forEach(all::putAll);
        List<Figure> figures = new ArrayList<>();
        all.forEach((quantity, values) -> figures.add(Figure.of(quantity.name, quantity.unit, values)));
        List<Figure> ratios = new ArrayList<>();
        for (Comparison c : comparisons) {
            List<Double> a = all.get(c.a), b = all.get(c.b);
            if (a == null || b == null) continue;
            Double[] quotients = new Double[Math.min(a.size(), b.size())];
            Arrays.setAll(quotients, i -> a.get(i) / b.get(i));
            ratios.add(Figure.of(c.name, "ratio", List.of(quotients)));
        }
        return new Outcome(figures, ratios, failures);
    }
}
