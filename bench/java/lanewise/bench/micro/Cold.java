package lanewise.bench.micro;

import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.bench.machine.Command;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.result.Subject;
import lanewise.io.ModelFile;
import lanewise.layer.Loss;

/**
 * The first predictions of a process: from its start to the first one, measured from outside, and the time of the 1st, 10th,
 * 100th, 1,000th and 10,000th call, measured inside.
 *
 * <p>The process reads a model from a file and predicts without a pause, on the kernels that a program gets without asking:
 * scalar ones first. It measures each of these calls once, so a figure needs many forks.
 *
 * @param jvm name of the JVM's settings, which is a parameter of the rows
 * @param options of the JVM
 * @param classpath that has this class
 * @param model a file with a model for digits
 */
public record Cold(String jvm, List<String> options, String classpath, Path model) implements Program {

    /** The calls that are told, counted from 1. */
    private static final List<Integer> CALLS = List.of(1, 10, 100, 1000, 10_000);

    private static final double ZEROS = 0.81;

    /** What the process prints after its first prediction. */
    private static final String PREDICTED = "predicted";

    /** The program that measures on a JVM with some settings. */
    public static Cold of(String jvm, String classpath, Path model, String... settings) {
        return new Cold(jvm, JavaProgram.options("", settings), classpath, model);
    }

    /** Writes the model that the processes read. */
    public static void writeModel(Path file) throws IOException {
        ModelFile.save(Model.of(Digits.network(128, 64), Loss.SOFTMAX_CROSS_ENTROPY), file);
    }

    @Override
    public String name() {
        return "the first calls, " + jvm;
    }

    @Override
    public double seconds() {
        return 2;
    }

    /** The command of the process. */
    Command command() {
        return Command.of(JavaProgram.java(), options, "-cp", classpath, Cold.class.getName(), model);
    }

    @Override
    public Output run() throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command().words()).start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            process.getOutputStream().close();
            String first = lines.readLine();
            double seconds = (System.nanoTime() - start) * 1e-9;
            String last = lines.readLine();
            String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0 || !PREDICTED.equals(first))
                throw new IOException(name() + ": ended with status " + status + ": "
                        + Command.complaint(errors + "\n" + (first == null ? "" : first)));
            Output inside = JavaProgram.output(name(), last == null ? "" : last, options);
            List<Figure> figures = new ArrayList<>();
            figures.add(figure("cold.start", Map.of("jvm", jvm), "s", seconds));
            for (Figure call : inside.figures())
                figures.add(figure(
                        call.benchmark(),
                        Map.of("jvm", jvm, "call", call.params().get("call")),
                        call.unit(),
                        call.values().get(0)));
            return new Output(inside.subject(), options, figures);
        } finally {
            process.destroy();
        }
    }

    private static Figure figure(String benchmark, Map<String, String> params, String unit, double value) {
        return new Figure(benchmark, params, "ss", unit, false, List.of(value), null, null, null);
    }

    /**
     * Predicts, prints a line after the first prediction, and then the times as {@link Output}.
     *
     * @param args the model's file
     * @throws IOException if it cannot be read
     */
    public static void main(String[] args) throws IOException {
        Predictor predictor = ModelFile.load(Path.of(args[0])).predictor();
        Digits digits = Digits.of(ZEROS);
        float[] pixels = digits.floats(), prediction = new float[Digits.CLASSES];
        int last = CALLS.get(CALLS.size() - 1);
        long[] nanos = new long[last + 1];
        for (int i = 1; i <= last; i++) {
            long before = System.nanoTime();
            predictor.predict(pixels, i % Digits.SAMPLES * Digits.PIXELS, prediction, 0);
            nanos[i] = System.nanoTime() - before;
            if (i == 1) System.out.println(PREDICTED);
        }
        List<Figure> figures = new ArrayList<>();
        for (int call : CALLS)
            figures.add(figure("cold.calls", Map.of("call", String.valueOf(call)), "us/op", 1e-3 * nanos[call]));
        System.out.println(new Gson()
                .toJson(new Output(
                        new Subject(
                                "Lanewise", Lanewise.version(), "784-128-64-10 from a file, no warm-up asked for", ""),
                        List.of(),
                        figures)));
        System.exit(0);
    }
}
