package lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lanewise.Lanewise;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.Composition;
import lanewise.bench.report.Table;
import lanewise.bench.report.Table.Column;
import lanewise.bench.report.Table.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows which kernels a training step and a prediction are made of, and the share of the time that each takes. */
@Command(
        name = "steps",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Counts the kernels of one training step (batch 1, 32 and 128) and of one prediction of the network"
                    + " 784-128-64-10, times each by itself at its shapes, and prints its share of the whole.",
            ""
        })
final class Steps implements Callable<Integer> {

    private static final int[] BATCHES = {1, 32, 128};

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "0.5",
            description = "For each kernel and shape. Default: ${DEFAULT-VALUE}, some two minutes for all.")
    private double seconds;

    @Option(names = "--markdown", description = "Prints Markdown instead of aligned columns.")
    private boolean markdown;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!(seconds >= 0.01 && seconds <= 60))
            throw new ParameterException(spec.commandLine(), "--seconds " + seconds + ": 0.01 to 60 expected");
        List<Composition> all = new ArrayList<>();
        for (int batch : BATCHES) all.add(Composition.ofStep(batch, seconds));
        all.add(Composition.ofPrediction(seconds));
        System.out.println(
                "Lanewise " + Lanewise.version() + ", " + Lanewise.kernels() + ": " + Machine.here() + ".\n");
        for (Composition one : all)
            System.out.print(markdown ? table(one).markdown() : table(one).plain());
        return 0;
    }

    /** A composition as a table: kernels, then what is left, then the whole. */
    static Table table(Composition composition) {
        List<List<String>> rows = new ArrayList<>();
        for (Composition.Part part : composition.parts())
            rows.add(List.of(
                    part.kernel(),
                    part.shape(),
                    calls(part.calls()),
                    nanos(part.seconds()),
                    nanos(part.all()),
                    share(part.all(), composition)));
        double rest = composition.rest(), whole = composition.seconds();
        rows.add(List.of("the rest", "", "", "", nanos(rest), share(rest, composition)));
        rows.add(List.of("the whole", "", "", "", nanos(whole), share(whole, composition)));
        return new Table(
                composition.title(),
                List.of(
                        new Column("kernel", Kind.TEXT),
                        new Column("shape", Kind.TEXT),
                        new Column("calls", Kind.NUMBER),
                        new Column("one, ns", Kind.NUMBER),
                        new Column("all, ns", Kind.NUMBER),
                        new Column("share", Kind.NUMBER)),
                rows,
                "");
    }

    private static String calls(double calls) {
        return calls == Math.rint(calls) ? String.valueOf((long) calls) : String.format(Locale.ROOT, "%.3f", calls);
    }

    private static String nanos(double seconds) {
        double nanos = 1e9 * seconds;
        return String.format(Locale.ROOT, Math.abs(nanos) < 100 ? "%.1f" : "%,.0f", nanos);
    }

    private static String share(double seconds, Composition composition) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * seconds / composition.seconds());
    }
}
