package lanewise.check;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * What the wrong entries of a loss's gradient have in common and the right ones have not, in words: "only where the target
 * is exactly 0", "only where |logit - target| exceeds 8".
 *
 * <p>Each candidate holds at all wrong entries. The one is taken at which the fewest right ones hold as well, if these are
 * fewer than the wrong ones; an exact one (equal to a number) before a range that is not much better.
 */
final class LossCondition {

    /** Share of wrong entries where a candidate holds, at least, and the least share of all that it excludes. */
    private static final double LEAST_WRONG = 0.5, LEAST_EXCLUDED = 0.1;

    /** How much better a range must be than an exact candidate, and how much better a range with two ends. */
    private static final double BONUS = 0.3, TWO_ENDS = 0.03;

    /** How much a right entry counts whose gradient is zero. */
    private static final double LITTLE = 0.1;

    /** A range's end is rounded by this share, or to 0 by that of the largest number in the range. */
    private static final double ROUNDED = 0x1p-7, NOTHING = 1e-4;

    /**
     * An entry of a row.
     *
     * @param zero whether its gradient is zero, so that it tells little
     * @param column the entry's
     * @param logits the row
     * @param targets the row
     */
    record Sample(boolean wrong, boolean zero, int column, float[] logits, float[] targets) {

        boolean hasClass() {
            return targets.length == 1 && logits.length > 1;
        }

        float logit() {
            return logits[column];
        }

        /** Its own target; of a class's index, the one-hot row's. */
        float target() {
            if (hasClass()) return targets[0] == column ? 1 : 0;
            return targets[Math.min(column, targets.length - 1)];
        }

        double error() {
            return (double) logit() - target();
        }

        double sum() {
            double sum = 0;
            for (float t : targets) sum += t;
            return sum;
        }

        double belowLargest() {
            float largest = Float.NEGATIVE_INFINITY;
            for (float z : logits) largest = Math.max(largest, z);
            return (double) logit() - largest;
        }

        /** The same with another logit or, where it is a feature of the target, another target. */
        Sample with(boolean target, double value) {
            float[] z = logits.clone(), t = targets.clone();
            (target ? t : z)[column] = (float) value;
            return new Sample(wrong, zero, column, z, t);
        }
    }

    private record Exact(String text, Predicate<Sample> holds) {}

    /** A number of an entry; {@code target} tells whether it is the target's own. */
    private record Feature(String text, boolean target, ToDoubleFunction<Sample> of) {}

    private static final List<Exact> EXACT = List.of(
            new Exact("only where the target is exactly 0", s -> !s.hasClass() && s.target() == 0),
            new Exact("only where the target is exactly 1", s -> !s.hasClass() && s.target() == 1),
            new Exact("only where the target is exactly -1", s -> !s.hasClass() && s.target() == -1),
            new Exact("only where the target is neither 0 nor 1", s -> s.target() != 0 && s.target() != 1),
            new Exact("only where the target is not an integer", s -> s.target() != Math.rint(s.target())),
            new Exact("only where the logit is exactly 0", s -> s.logit() == 0),
            new Exact("only where the logit equals the target", s -> !s.hasClass() && s.error() == 0),
            new Exact("only at the target's class", s -> s.hasClass() && s.target() == 1),
            new Exact("only at other classes than the target's", s -> s.hasClass() && s.target() == 0),
            new Exact(
                    "only where the target is the first class, at its logit",
                    s -> s.hasClass() && s.targets[0] == 0 && s.column == 0),
            new Exact(
                    "only where the target is the last class, at its logit",
                    s -> s.hasClass() && s.targets[0] == s.logits.length - 1 && s.column == s.logits.length - 1),
            new Exact("only where the target is the first class", s -> s.hasClass() && s.targets[0] == 0),
            new Exact(
                    "only where the target is the last class",
                    s -> s.hasClass() && s.targets[0] == s.logits.length - 1),
            new Exact(
                    "only for targets that do not sum to 1", s -> s.targets.length > 1 && Math.abs(s.sum() - 1) > 1e-5),
            new Exact(
                    "only where logit and target have opposite signs",
                    s -> !s.hasClass() && s.logit() * s.target() < 0),
            new Exact("only where logits of the row are tied", LossCondition::tied));

    private static final List<Feature> FEATURES = List.of(
            new Feature("the target", true, Sample::target),
            new Feature("|target|", true, s -> Math.abs(s.target())),
            new Feature("|logit - target|", false, s -> Math.abs(s.error())),
            new Feature("|logit|", false, s -> Math.abs(s.logit())),
            new Feature("the logit", false, Sample::logit),
            new Feature("logit - target", false, Sample::error),
            new Feature("target * logit", false, s -> (double) s.target() * s.logit()),
            new Feature("the logit less the row's largest", false, Sample::belowLargest),
            new Feature("the targets' sum", false, Sample::sum));

    private final List<Sample> wrong = new ArrayList<>();
    private final List<Sample> right = new ArrayList<>();

    void add(Sample sample) {
        (sample.wrong ? wrong : right).add(sample);
    }

    private static boolean tied(Sample s) {
        for (int c = 0; c < s.logits.length; c++) if (c != s.column && s.logits[c] == s.logit()) return true;
        return false;
    }

    /** The share of wrong entries among those where it holds, if it holds at all wrong ones and excludes enough; else 0. */
    private double score(Predicate<Sample> holds) {
        for (Sample s : wrong) if (!holds.test(s)) return 0;
        double also = 0;
        int excluded = 0, informative = wrong.size();
        for (Sample s : right) {
            if (holds.test(s)) also += s.zero ? LITTLE : 1;
            else if (!s.zero) excluded++;
            if (!s.zero) informative++;
        }
        double share = wrong.size() / (wrong.size() + also);
        return share < LEAST_WRONG || excluded < LEAST_EXCLUDED * informative ? 0 : share;
    }

    /** Whether logits and targets can be subtracted: not where targets stand for yes and no. */
    private boolean hasErrors() {
        for (Sample s : wrong) if (!s.hasClass() && s.target() * s.target() * s.target() != s.target()) return true;
        for (Sample s : right) if (!s.hasClass() && s.target() * s.target() * s.target() != s.target()) return true;
        return false;
    }

    private boolean hasSoftTargets() {
        return wrong.stream().anyMatch(s -> s.target() > 0 && s.target() < 1);
    }

    /**
     * The condition in words.
     *
     * @param isWrong whether the gradient is wrong at a sample that was not compared yet, to narrow a range down; null if that
     *     cannot be told
     * @return null if there is none
     */
    String text(Function<Sample, Boolean> isWrong) {
        if (wrong.isEmpty() || right.isEmpty()) return null;
        String best = null;
        double score = 0;
        boolean errors = hasErrors(), soft = hasSoftTargets();
        for (Exact e : EXACT) {
            if (e.text.contains("neither") && !soft) continue;
            double own = score(e.holds);
            if (own > score) {
                score = own;
                best = e.text;
            }
        }
        if (score > 0) score += BONUS;
        Feature feature = null;
        boolean above = true, below = true;
        double low = 0, high = 0;
        for (Feature f : FEATURES) {
            if (f.text.contains("- target") && !errors) continue;
            double least = wrong.stream().mapToDouble(f.of).min().orElseThrow(),
                    most = wrong.stream().mapToDouble(f.of).max().orElseThrow();
            double[] scores = {
                score(s -> f.of.applyAsDouble(s) >= least),
                score(s -> f.of.applyAsDouble(s) <= most),
                score(s -> f.of.applyAsDouble(s) >= least && f.of.applyAsDouble(s) <= most) - TWO_ENDS
            };
            for (int i = 0; i < 3; i++)
                if (scores[i] > score + 1e-3) {
                    score = scores[i];
                    feature = f;
                    above = i != 1;
                    below = i != 0;
                    low = least;
                    high = most;
                }
        }
        if (feature == null) return best;
        String text = "only where " + feature.text;
        if (above && below) {
            String from = number(edge(feature, low, true, isWrong)), to = number(edge(feature, high, false, isWrong));
            boolean all = from.equals("0") && feature.text.startsWith("|");
            return text + (all ? " is below " : " is between " + from + " and ") + to;
        }
        return text + (above ? " exceeds " : " is below ") + number(edge(feature, above ? low : high, above, isWrong));
    }

    private static final int HALVINGS = 10;

    /** The numbers that a range's end lies between: halved as long as that can be tried. */
    private double[] edge(Feature feature, double wrongEnd, boolean lower, Function<Sample, Boolean> isWrong) {
        double outside = lower ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY, largest = 0;
        for (Sample s : wrong) largest = Math.max(largest, Math.abs(feature.of.applyAsDouble(s)));
        for (Sample s : right) {
            double f = feature.of.applyAsDouble(s);
            if (lower && f < wrongEnd) outside = Math.max(outside, f);
            if (!lower && f > wrongEnd) outside = Math.min(outside, f);
        }
        if (Double.isInfinite(outside)) outside = wrongEnd;
        double inside = wrongEnd;
        Sample at = wrong.stream()
                .filter(s -> feature.of.applyAsDouble(s) == wrongEnd)
                .findFirst()
                .orElseThrow();
        for (int i = 0; i < HALVINGS && outside != inside; i++) {
            Sample moved = moved(feature, at, wrongEnd, (inside + outside) / 2);
            if (moved == null) break;
            double middle = feature.of.applyAsDouble(moved);
            if (middle <= Math.min(inside, outside) || middle >= Math.max(inside, outside)) break;
            Boolean isWrongThere = isWrong.apply(moved);
            if (isWrongThere == null) break;
            if (isWrongThere) inside = middle;
            else outside = middle;
        }
        double low = Math.min(inside, outside), high = Math.max(inside, outside);
        if (Math.min(Math.abs(low), Math.abs(high)) <= NOTHING * largest) return new double[] {0, 0};
        return new double[] {low - ROUNDED * Math.abs(low), high + ROUNDED * Math.abs(high)};
    }

    /** The sample with another logit or target, so that its feature has this value; null if that is not simple. */
    private static Sample moved(Feature feature, Sample s, double from, double to) {
        if (feature.target) {
            if (s.hasClass() || s.column >= s.targets.length) return null;
            return s.with(true, s.target() < 0 && from > 0 ? -to : to);
        }
        // Features are a logit's function, and linear but for the sign.
        float z = s.logit();
        for (double moved : new double[] {z + (to - from), z - (to - from), from == 0 ? 0 : z * to / from}) {
            Sample other = s.with(false, moved);
            if (Math.abs(feature.of.applyAsDouble(other) - to) <= 0x1p-7 * Math.abs(to)) return other;
        }
        return null;
    }

    /** The shortest number in [low, high). */
    static String number(double[] edges) {
        double low = edges[0], high = edges[1];
        if (low <= 0 && high > 0 || low == 0) return "0";
        for (int digits = 1; digits < 5; digits++) {
            MathContext context = new MathContext(digits, RoundingMode.CEILING);
            BigDecimal rounded = new BigDecimal(low).round(context);
            if (rounded.doubleValue() <= high)
                return rounded.stripTrailingZeros().toPlainString();
        }
        return String.format(Locale.ROOT, "%.4g", (low + high) / 2);
    }
}
