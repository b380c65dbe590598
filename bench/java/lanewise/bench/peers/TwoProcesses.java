package lanewise.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import lanewise.bench.program.Program;

/**
 * A program of rates, run twice at the same time: the sums tell what the machine gives to two that share nothing. Its rows
 * have the parameter {@code processes} beside those of one.
 *
 * @param program that is run
 */
record TwoProcesses(Program program) implements Program {

    @Override
    public String name() {
        return program.name() + ", two processes";
    }

    @Override
    public String loop() {
        return program.loop();
    }

    @Override
    public double seconds() {
        return program.seconds();
    }

    @Override
    public Output run() throws IOException, InterruptedException {
        CompletableFuture<Output> other = CompletableFuture.supplyAsync(() -> {
            try {
                return program.run();
            } catch (IOException | InterruptedException e) {
                throw new CompletionException(e);
            }
        });
        Output first;
        try {
            first = program.run();
        } catch (IOException | InterruptedException e) {
            other.handle((output, failure) -> output).join();
            throw e;
        }
        try {
            return sum(first, other.join());
        } catch (CompletionException e) {
            throw new IOException(e.getCause().getMessage(), e);
        }
    }

    private static Output sum(Output a, Output b) {
        List<Figure> figures = new ArrayList<>();
        for (int i = 0; i < a.figures().size(); i++) {
            Figure one = a.figures().get(i), two = b.figures().get(i);
            // Their windows do not begin at the same moments, but side by side.
            int windows = Math.min(one.values().size(), two.values().size());
            List<Double> values = new ArrayList<>(), clocks = new ArrayList<>();
            for (int k = 0; k < windows; k++) {
                values.add(one.values().get(k) + two.values().get(k));
                clocks.add(Math.min(one.clocks().get(k), two.clocks().get(k)));
            }
            Map<String, String> params = new TreeMap<>(one.params());
            params.put("processes", "2");
            figures.add(new Figure(
                    one.benchmark(),
                    params,
                    one.mode(),
                    one.unit(),
                    one.still(),
                    values,
                    null,
                    one.allocated(),
                    one.kernels(),
                    clocks));
        }
        return new Output(a.subject(), a.arguments(), figures);
    }
}
