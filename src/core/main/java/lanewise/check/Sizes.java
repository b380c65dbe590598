package lanewise.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Entry;

/** A check of one kind of layer at many sizes. */
final class Sizes {

    private static final int[][] SOME = {
        {1, 1}, {2, 3}, {3, 2}, {15, 33}, {16, 16}, {17, 31}, {31, 1}, {33, 17}, {1, 65}, {65, 64}
    };

    private static final int[] EACH = {1, 2, 3, 15, 16, 17, 31, 32, 33, 65};

    /** Inputs and outputs of a layer; or the width of a network, twice. */
    private record Size(int inputs, int outputs, String text) {

        static Size of(GradientCheck sized, int[] asked) {
            if (sized.networkParameters != null) return new Size(asked[0], asked[0], "" + asked[0]);
            int inputs = sized.layer.inputSize(), outputs = sized.layer.outputSize();
            return new Size(inputs, outputs, inputs + "->" + outputs);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** A condition on sizes in words. */
    private record Condition(String text, BiPredicate<Integer, Integer> holds) {}

    private final GradientCheck check;

    /** By size, the check of it; sizes that the layer cannot have are not there. */
    private final Map<Size, GradientCheck> checks = new LinkedHashMap<>();

    private final boolean networks;

    Sizes(GradientCheck check) {
        this.check = check;
        networks = check.networkParameters != null;
        for (int[] size : check.depth == Depth.THOROUGH ? pairs() : SOME) {
            GradientCheck sized = check.sized(size[0], size[1]);
            checks.putIfAbsent(Size.of(sized, size), sized);
        }
    }

    private static int[][] pairs() {
        int[][] pairs = new int[EACH.length * EACH.length][];
        for (int i = 0; i < pairs.length; i++) pairs[i] = new int[] {EACH[i / EACH.length], EACH[i % EACH.length]};
        return pairs;
    }

    GradientReport run() {
        List<GradientReport> passed = new ArrayList<>();
        for (GradientCheck sized : checks.values()) {
            GradientReport report = sized.run();
            if (!report.passed()) return failed(sized, report);
            passed.add(report);
        }
        List<Entry> entries = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        long leftOut = 0;
        for (GradientReport report : passed) {
            entries.addAll(report.entries());
            for (String remark : report.remarks()) if (!remarks.contains(remark)) remarks.add(remark);
            leftOut += report.leftOut();
        }
        String text = check.subject + " and " + (passed.size() - 1) + " other sizes";
        return new GradientReport(text, passed.get(0).settings(), check.seed, leftOut, List.of(), remarks, entries);
    }

    /** The report of the first size at which something is wrong, with a remark about the other sizes. */
    private GradientReport failed(GradientCheck failed, GradientReport report) {
        List<Size> wrong = new ArrayList<>(), right = new ArrayList<>();
        checks.forEach((size, sized) -> (sized == failed || !sized.run().passed() ? wrong : right).add(size));
        List<String> remarks = new ArrayList<>(report.remarks());
        remarks.add(sentence(wrong, right));
        return new GradientReport(
                report.subject(),
                report.settings(),
                report.seed(),
                report.leftOut(),
                report.findings(),
                remarks,
                report.entries());
    }

    private String sentence(List<Size> wrong, List<Size> right) {
        if (right.isEmpty()) return "something is wrong at all " + wrong.size() + " sizes that were tried";
        for (Condition condition : conditions(wrong))
            if (wrong.stream().allMatch(size -> condition.holds.test(size.inputs, size.outputs))
                    && right.stream().noneMatch(size -> condition.holds.test(size.inputs, size.outputs)))
                return "only " + condition.text + ": wrong are the sizes " + list(wrong) + ", right are " + list(right);
        return "only at some sizes: wrong are " + list(wrong) + ", right are " + list(right);
    }

    private static String list(List<Size> sizes) {
        StringBuilder text = new StringBuilder();
        for (Size size : sizes.subList(0, Math.min(sizes.size(), 10)))
            text.append(text.isEmpty() ? "" : ", ").append(size);
        return text + (sizes.size() > 10 ? " and " + (sizes.size() - 10) + " more" : "");
    }

    /** What the sizes that are wrong may have in common, the simplest first. */
    private List<Condition> conditions(List<Size> wrong) {
        int inputs = wrong.stream().mapToInt(Size::inputs).min().orElseThrow();
        int outputs = wrong.stream().mapToInt(Size::outputs).min().orElseThrow();
        int mostInputs = wrong.stream().mapToInt(Size::inputs).max().orElseThrow();
        int mostOutputs = wrong.stream().mapToInt(Size::outputs).max().orElseThrow();
        int larger = wrong.stream()
                .mapToInt(size -> Math.max(size.inputs, size.outputs))
                .min()
                .orElseThrow();
        if (networks)
            return List.of(
                    new Condition("from a width of " + inputs + " on", (i, o) -> i >= inputs),
                    new Condition("up to a width of " + mostInputs, (i, o) -> i <= mostInputs),
                    new Condition("where 16 does not divide the width", (i, o) -> i % 16 != 0),
                    new Condition("where 16 divides the width", (i, o) -> i % 16 == 0),
                    new Condition("where the width is an odd number", (i, o) -> i % 2 != 0));
        return List.of(
                new Condition("where inputs and outputs are not equally many", (i, o) -> !i.equals(o)),
                new Condition("where inputs and outputs are equally many", Integer::equals),
                new Condition("from " + outputs + " outputs on", (i, o) -> o >= outputs),
                new Condition("from " + inputs + " inputs on", (i, o) -> i >= inputs),
                new Condition(
                        "where inputs or outputs are " + larger + " at least", (i, o) -> Math.max(i, o) >= larger),
                new Condition("up to " + mostOutputs + " outputs", (i, o) -> o <= mostOutputs),
                new Condition("up to " + mostInputs + " inputs", (i, o) -> i <= mostInputs),
                new Condition("where there are more outputs than inputs", (i, o) -> o > i),
                new Condition("where there are more inputs than outputs", (i, o) -> o < i),
                new Condition("where 16 does not divide the outputs", (i, o) -> o % 16 != 0),
                new Condition("where 16 does not divide the inputs", (i, o) -> i % 16 != 0),
                new Condition("where 16 divides the outputs", (i, o) -> o % 16 == 0),
                new Condition("where 16 divides the inputs", (i, o) -> i % 16 == 0),
                new Condition("where the outputs are an odd number", (i, o) -> o % 2 != 0),
                new Condition("where the inputs are an odd number", (i, o) -> i % 2 != 0));
    }
}
