package lanewise.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import lanewise.bench.program.Depth;
import lanewise.kernel.Selection;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options that choose benchmarks and say how exactly they are measured. */
final class Choice {

    private static final int COMPARED_FORKS = 10;

    @Parameters(
            paramLabel = "WHAT",
            arity = "0..*",
            description = "Groups (roofline, kernels, train, predict, cold, scale, peers) or patterns of benchmarks'"
                    + " names. Default: all groups but scale.")
    private List<String> selection = new ArrayList<>();

    @Option(names = "--quick", description = "A few minutes: 3 forks, short ones. Nothing of it is to be quoted.")
    private boolean quick;

    @Option(names = "--full", description = "Hours: all sizes, all widths and scalar kernels.")
    private boolean full;

    @Option(
            names = "--forks",
            paramLabel = "N",
            description = "Processes for each row. Default: 5, quick 3; in comparisons 10 of each side.")
    private Integer forks;

    @Option(
            names = "--patience",
            paramLabel = "SHARE",
            defaultValue = "0.1",
            description =
                    "Forks that a busy machine disturbed are run again while patience lasts, as a share of the time of"
                            + " all forks. 2 triples the time at most. Default: ${DEFAULT-VALUE}.")
    private double patience;

    @Option(
            names = "--kernels",
            paramLabel = "K,...",
            split = ",",
            description = "scalar, or bits of vectors: 128, 256, 512. Default: the widest; with --full all.")
    private List<String> kernels;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "An .onnx file of a 784-128-64-10 network of sigmoids and a softmax, with whose weights the"
                    + " peers predict. Default: weights that the suite trains for an epoch.")
    private Path model;

    /** The command that has these options. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** How exactly they are measured. */
    Depth depth() {
        if (quick && full) throw misuse("--quick --full: one of them expected");
        return quick ? Depth.QUICK : full ? Depth.FULL : Depth.STANDARD;
    }

    /** Processes for each row. */
    int forks() {
        if (forks == null) return depth().forks();
        if (forks < 1 || forks > 1000) throw misuse("--forks " + forks + ": 1 to 1000 expected");
        return forks;
    }

    /** How long disturbed forks may be run again, as a share of the time of all forks. */
    double patience() {
        if (!(patience >= 0 && patience <= 1000)) throw misuse("--patience " + patience + ": 0 to 1000 expected");
        return patience;
    }

    /** Processes of each side in a comparison: so many as see a change of 4 %. */
    int comparedForks() {
        return forks == null ? Math.max(COMPARED_FORKS, depth().forks()) : forks();
    }

    /** The kernels that are chosen; known after {@link #plan}. */
    List<String> kernels() {
        return kernels;
    }

    /** What was written beside the options. */
    List<String> words() {
        return selection;
    }

    /** The benchmarks that are chosen. */
    Plan plan() {
        Depth depth = depth();
        forks();
        patience();
        int widest = Selection.width();
        List<String> all = new ArrayList<>(List.of("scalar"));
        for (int bits = 128; bits <= widest; bits *= 2) all.add(String.valueOf(bits));
        if (kernels == null) kernels = depth == Depth.FULL ? all : List.of(all.get(all.size() - 1));
        kernels = kernels.stream().distinct().toList();
        for (String each : kernels)
            if (!all.contains(each)) throw misuse("--kernels " + each + ": this machine has " + String.join(", ", all));
        try {
            return new Plan(selection, depth, kernels, model);
        } catch (PatternSyntaxException e) {
            throw misuse("the pattern " + e.getPattern() + " is no regular expression: " + e.getDescription()
                    + " at character " + e.getIndex());
        }
    }

    /** Refuses a choice of nothing. */
    void expectSome(List<?> found) {
        if (found.isEmpty())
            throw misuse("no benchmark matches " + String.join(" ", selection) + "; the command list names all");
    }

    private ParameterException misuse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
