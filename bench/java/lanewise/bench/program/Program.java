package lanewise.bench.program;

import java.io.IOException;
import java.util.List;
import lanewise.bench.result.Subject;

/**
 * Something that measures in a process of its own, once for each fork.
 *
 * <p>The suite runs its programs in turn, fork by fork, so that all of them meet the same states of the machine.
 */
public interface Program {

    /** What it measures, for progress and errors; unique. */
    String name();

    /** Seconds that one run takes, by estimate. */
    double seconds();

    /**
     * Whose calibration loop it reads: speeds of one loop can be compared. In programs of another kind it is compiled
     * otherwise, and its best speed is another.
     */
    default String loop() {
        return name();
    }

    /**
     * Runs it once. Results of the same keys must come at each run.
     *
     * @return what it measured
     * @throws IOException if it fails; the message is one line
     * @throws InterruptedException if the thread is interrupted; the process is ended then
     */
    Output run() throws IOException, InterruptedException;

    /**
     * What one run measured. This is also, as one line of JSON with these names, what programs of ours print last.
     *
     * @param subject who did the work
     * @param arguments of the JVM or the program
     * @param figures at least one
     */
    record Output(Subject subject, List<String> arguments, List<Figure> figures) {}

    /**
     * One row's part of a run.
     *
     * @param benchmark as in {@link lanewise.bench.result.Key}
     * @param params as there
     * @param mode as in {@link lanewise.bench.result.Row}
     * @param unit as there
     * @param still whether 0 bytes an operation are promised
     * @param values one for each iteration; empty if there is a histogram
     * @param histogram pairs of value and count, ascending; null if there is none
     * @param allocated bytes an operation; null if not measured
     * @param kernels that did run; null if not known
     * @param clocks of each window the speed of the calibration loop around it, the lower one of before and after; null if
     *     it was not measured in windows. There are as many values as windows, or a histogram of the calls in those windows
     *     that were as quiet as the process's best
     */
    record Figure(
            String benchmark,
            java.util.Map<String, String> params,
            String mode,
            String unit,
            boolean still,
            List<Double> values,
            List<double[]> histogram,
            Double allocated,
            String kernels,
            List<Double> clocks) {

        /** A figure that was not measured in windows. */
        public Figure(
                String benchmark,
                java.util.Map<String, String> params,
                String mode,
                String unit,
                boolean still,
                List<Double> values,
                List<double[]> histogram,
                Double allocated,
                String kernels) {
            this(benchmark, params, mode, unit, still, values, histogram, allocated, kernels, null);
        }
    }
}
