package lanewise.check;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.layer.Targets;
import lanewise.memory.Batch;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * The targets and logits at which a loss is checked: targets of the kind that the loss declares, and logits and errors of
 * all sizes from {@link #SMALLEST} to {@link #LARGEST}.
 */
final class LossPoints {

    static final double SMALLEST = 1e-4, LARGEST = 130;

    /** Targets are not much larger, unless they grow with the logits. */
    static final float USUAL = 3;

    /** Rows that tell whether a loss takes targets of a kind, and draws until none of a point's rows is refused. */
    private static final int TRIED = 20, DRAWS = 64;

    private final GradientCheck check;
    private final Loss loss;
    private final int outputs;

    /** The kind for so many columns; null as long as there were none. */
    private Targets kind;

    private int columns;

    LossPoints(GradientCheck check) {
        this.check = check;
        loss = check.loss;
        outputs = check.layer.outputSize();
    }

    /** All numbers of columns to try: those of the usual ones that the loss accepts, or the smallest other one. */
    static List<Integer> columns(Loss loss, int outputs) {
        Set<Integer> usual = new LinkedHashSet<>(List.of(outputs, 1, outputs + 1, 2 * outputs));
        if (outputs % 2 == 0) usual.add(outputs / 2);
        List<Integer> accepted = new ArrayList<>();
        for (int columns : usual) if (loss.accepts(outputs, columns)) accepted.add(columns);
        for (int columns = 1; accepted.isEmpty() && columns <= most(outputs); columns++)
            if (loss.accepts(outputs, columns)) accepted.add(columns);
        return accepted;
    }

    /** The largest number of columns that a loss is asked about. */
    static int most(int outputs) {
        return 4 * outputs + 16;
    }

    /** Fills a matrix with targets: by the user's own draw, or of the loss's kind. */
    void targets(Slice matrix, RandomSource random) {
        if (check.targets != null) {
            Points.fill(matrix, check.targets, random);
            return;
        }
        Targets kind = kind(matrix.columns());
        kind.draw(matrix, outputs, random);
        Slice again = Slice.allocate(1, matrix.columns());
        for (int r = 0; r < matrix.rows(); r++)
            for (int i = 0; i < DRAWS && loss.refusal(matrix, r, outputs) != null; i++) {
                kind.draw(again, outputs, random);
                for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, again.get(0, c));
            }
    }

    /** The kind that the loss declares; if it does not, the widest that it takes. */
    Targets kind(int columns) {
        if (kind == null || this.columns != columns) {
            Targets declared = loss.targets(outputs, columns);
            kind = declared == Targets.ANY ? guess(columns) : declared;
            // Under a network rows of very different weights would hide each other's kinks; the loss alone is tried
            // with them.
            boolean classes = loss.output() == Output.SOFTMAX && columns == outputs && outputs > 1;
            if (kind == Targets.NON_NEGATIVE && classes && !(check.layer instanceof Identity))
                kind = Targets.DISTRIBUTION;
            this.columns = columns;
        }
        return kind;
    }

    private Targets guess(int columns) {
        if (columns == 1 && outputs > 1) return Targets.CLASS;
        Set<Targets> kinds = new LinkedHashSet<>();
        if (loss.output() == Output.SOFTMAX) kinds.addAll(List.of(Targets.NON_NEGATIVE, Targets.DISTRIBUTION));
        if (loss.output() == Output.SIGMOID) kinds.addAll(List.of(Targets.PROBABILITY, Targets.BINARY));
        if (loss.yesAbove() == 0) kinds.add(Targets.SIGN);
        kinds.addAll(List.of(
                Targets.REAL,
                Targets.NON_NEGATIVE,
                Targets.PROBABILITY,
                Targets.DISTRIBUTION,
                Targets.COUNT,
                Targets.BINARY,
                Targets.SIGN));
        for (Targets kind : kinds) if (takes(kind, columns)) return kind;
        return kinds.iterator().next();
    }

    /** Whether the loss refuses no row of this kind, and has a value wherever no target is exactly 0 or 1. */
    private boolean takes(Targets kind, int columns) {
        Slice logits = Slice.allocate(TRIED, outputs), targets = Slice.allocate(TRIED, columns);
        RandomSource random = new RandomSource(1);
        kind.draw(targets, outputs, random);
        Points.normal(logits, random);
        Slice dLogits = Slice.allocate(TRIED, outputs);
        try {
            Pass pass = Batch.forTraining(new Identity(outputs), TRIED).pass();
            for (int r = 0; r < TRIED; r++) {
                if (loss.refusal(targets, r, outputs) != null) return false;
                boolean usual = true;
                for (int c = 0; c < columns; c++) usual &= targets.get(r, c) != 0 && targets.get(r, c) != 1;
                if (Double.isNaN(Harness.loss(loss, pass, r, TRIED, logits, targets, dLogits)) && usual) return false;
            }
        } catch (RuntimeException | AssertionError e) {
            return false;
        }
        return true;
    }

    /** How many points {@link #hard} draws for targets of so many columns. */
    int hardPoints(int columns) {
        int most = switch (check.depth) {
            case QUICK -> 12;
            case STANDARD -> 30;
            case THOROUGH -> 120;
        };
        if (check.inputs != null) most /= 4;
        return hasErrors(columns) ? most + most / 2 : most;
    }

    /** Whether logits are of the targets' kind, so that their difference is an error. */
    boolean hasErrors(int columns) {
        return columns == outputs
                && switch (kind(columns)) {
                    case REAL, NON_NEGATIVE, COUNT -> true;
                    default -> false;
                };
    }

    /**
     * Sets logits of one size and targets, at the hard point with this number of so many; or logits whose distances from
     * their targets are of one size. Rows differ: all above zero or below, both, some exactly zero, or ties.
     *
     * @return the size; 1 if the user draws
     */
    double hard(Subject subject, int number, int of, RandomSource random) {
        Slice z = subject.input, t = subject.targets.slice();
        Subject.Variable logits = subject.variables.get(0);
        targets(t, random);
        boolean errors = hasErrors(t.columns()), near = errors && number % 2 == 1;
        logits.reach = null;
        if (check.inputs != null) {
            Points.fill(z, check.inputs, random);
            return 1;
        }
        // The largest size first, and then one from each of equal shares of the logarithms.
        int place = errors ? number / 2 : number, places = errors ? (of + 1) / 2 : of;
        double share = place == 0 ? 0 : (place - random.uniform()) / (places - 1);
        float size = (float) (LARGEST * StrictMath.pow(SMALLEST / LARGEST, Math.max(0, share)));
        if (errors && !near && check.targets == null && size > USUAL && place % 2 == 1)
            enlarge(t, size / USUAL, random);
        if (near) logits.reach = new float[z.rows() * z.columns()];
        int shift = random.nextInt(6);
        for (int r = 0; r < z.rows(); r++) {
            int manner = (r + shift) % 6;
            float tie = size * (random.nextLong() < 0 ? -1 : 1);
            for (int c = 0; c < z.columns(); c++) {
                float from = 0.25f + 0.75f * random.uniform();
                boolean up = manner == 0 || manner != 1 && random.nextLong() < 0;
                float v = (c == r % z.columns() ? size : size * from) * (up ? 1 : -1);
                if (manner == 3 && random.nextInt(3) == 0) v = up ? 0f : -0f;
                if (manner == 4) v = near ? 0f : tie;
                z.set(r, c, near ? t.get(r, c) + v : v);
                if (near) logits.reach[r * z.columns() + c] = v == 0 ? size : Math.abs(v);
            }
        }
        return size;
    }

    /** Sets logits of the usual size, and targets. */
    void usual(Subject subject, RandomSource random) {
        targets(subject.targets.slice(), random);
        Points.normal(subject.input, random);
    }

    private void enlarge(Slice t, float factor, RandomSource random) {
        float[] before = new float[t.columns()];
        for (int r = 0; r < t.rows(); r++) {
            if (random.nextLong() < 0) continue;
            for (int c = 0; c < before.length; c++) {
                before[c] = t.get(r, c);
                float large = before[c] * factor;
                t.set(r, c, kind == Targets.COUNT ? (float) Math.rint(large) : large);
            }
            if (loss.refusal(t, r, outputs) != null) for (int c = 0; c < before.length; c++) t.set(r, c, before[c]);
        }
    }
}
