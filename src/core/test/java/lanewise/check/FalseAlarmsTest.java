package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lanewise.Network;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.RandomSource;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import org.junit.jupiter.api.Test;

/**
 * Checks of layers, losses, activations and networks that are right: not one may find anything wrong. How many, from which
 * seed on, and at which depth, say the properties {@code checks}, {@code seed} and {@code depth}:
 *
 * <pre>
 * mvn -q test -pl src/core -Dtest=FalseAlarmsTest -Dchecks=20000 -Dseed=1 -Ddepth=STANDARD
 * </pre>
 */
class FalseAlarmsTest {

    private static final Integer CHECKS = Integer.getInteger("checks");
    private static final long SEED = Long.getLong("seed", 1);

    /** What a check may say of points at which little can be compared: that, or that a loss overflows there. */
    static final Set<Kind> UNCLEAR = EnumSet.of(Kind.NOT_FINITE);

    static {
        UNCLEAR.addAll(KinksTest.SKIPPED);
    }

    private static final int[] SIZES = {1, 2, 3, 5, 7, 13, 15, 16, 17, 23, 31, 32, 33};

    @Test
    void correctLayersNeverFail() {
        if (CHECKS != null) {
            run(Depth.valueOf(System.getProperty("depth", "QUICK")), CHECKS);
            return;
        }
        run(Depth.QUICK, 400);
        run(Depth.STANDARD, 40);
        run(Depth.THOROUGH, 6);
    }

    private static void run(Depth depth, int checks) {
        List<String> alarms = new ArrayList<>();
        Map<Status, Long> counts = new EnumMap<>(Status.class);
        long entries = 0;
        for (int i = 0; i < checks; i++) {
            GradientReport report = check(SEED, i).depth(depth).run();
            for (GradientReport.Entry entry : report.entries()) {
                counts.merge(entry.status(), 1L, Long::sum);
                entries++;
            }
            boolean hard = hard(SEED, i);
            if (report.findings().stream().anyMatch(f -> !hard || !UNCLEAR.contains(f.kind()))) {
                alarms.add("check " + i + " of seed " + SEED + ": " + report);
                if (CHECKS != null) System.out.println(alarms.get(alarms.size() - 1));
            }
        }
        if (CHECKS != null)
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d checks from seed %d, %d entries: %s; %d false alarms%n",
                    depth,
                    checks,
                    SEED,
                    entries,
                    counts,
                    alarms.size());
        assertEquals(List.of(), alarms);
        long skipped = entries - counts.getOrDefault(Status.CORRECT, 0L);
        // Functions are flat, drowned or bent at points that are not usual.
        assertTrue(skipped < entries / 8, () -> "entries by status: " + counts);
    }

    @Test
    void atUsualPointsNearlyAllEntriesAreCompared() {
        Map<Status, Long> counts = new EnumMap<>(Status.class);
        long entries = 0;
        for (int i = 0; i < 150; i++)
            for (GradientReport.Entry entry : normal(SEED, i).points(2).run().entries()) {
                counts.merge(entry.status(), 1L, Long::sum);
                entries++;
            }
        assertTrue(counts.get(Status.CORRECT) > 0.99 * entries, () -> "entries by status: " + counts);
    }

    /**
     * The check with this number: a layer, a network, a loss or an activation of random kind and size. In a third of those with
     * inputs that may be anything, these have zeros, ties or scales; little can be compared at some of these points, but
     * nothing may be wrong.
     */
    static GradientCheck check(long seed, int number) {
        GradientCheck check = normal(seed, number);
        KinksTest.Draw draw = draw(seed, number);
        return draw == null || check.inputs != null ? check : check.inputs(draw);
    }

    /** Whether so little may be comparable at the points of a check that it fails. */
    static boolean hard(long seed, int number) {
        return draw(seed, number) != null;
    }

    private static KinksTest.Draw draw(long seed, int number) {
        RandomSource random = new RandomSource(~seed, number);
        KinksTest.Draw[] all = KinksTest.Draw.values();
        return random.nextInt(3) > 0 ? null : all[random.nextInt(all.length)];
    }

    private static GradientCheck normal(long seed, int number) {
        RandomSource random = new RandomSource(seed, number);
        long own = random.nextLong();
        int rows = 1 + random.nextInt(7);
        switch (random.nextInt(10)) {
            case 0 -> {
                Activation activation = activation(random);
                return GradientCheck.of(activation).seed(own);
            }
            case 1, 2 -> {
                return loss(random, size(random), rows).rows(rows).seed(own);
            }
            case 3 -> {
                Network.Builder builder = Network.builder(size(random));
                int depth = random.nextInt(3);
                for (int d = 0; d < depth; d++) builder.dense(size(random), activation(random));
                Network network = builder.dense(2 + random.nextInt(9), Activation.IDENTITY)
                        .build(own);
                // As after some training: biases are no longer zero.
                float[] parameters = network.copyParameters();
                for (int i = 0; i < parameters.length; i++) parameters[i] += 0.1f * random.normal();
                network.setParameters(parameters);
                Loss loss = random.nextInt(2) == 0 ? Loss.SOFTMAX_CROSS_ENTROPY : Loss.MEAN_SQUARED_ERROR;
                return GradientCheck.of(network, loss).rows(rows).seed(own);
            }
            case 4 -> {
                int vocabulary = 1 + random.nextInt(9);
                return GradientCheck.of(Embedding.of(1 + random.nextInt(3), vocabulary, size(random)))
                        .inputs((indices, r) -> {
                            for (int i = 0; i < indices.rows(); i++)
                                for (int k = 0; k < indices.columns(); k++) indices.set(i, k, r.nextInt(vocabulary));
                        })
                        .rows(rows)
                        .seed(own);
            }
            default -> {
                int depth = 1 + random.nextInt(4), width = size(random) + (depth > 1 ? 1 : 0);
                List<Layer> layers = new ArrayList<>();
                boolean wholeBatch = false;
                for (int d = 0; d < depth; d++) {
                    Layer layer = layer(random, width, layers.isEmpty() ? null : layers.get(d - 1));
                    wholeBatch |= !layer.rowwise();
                    layers.add(layer);
                    width = layer.outputSize();
                }
                Layer layer = layers.size() == 1 ? layers.get(0) : new Stack(layers);
                // Of two rows the normalised values are nearly ±1, whatever the input.
                return GradientCheck.of(layer)
                        .rows(wholeBatch ? rows + 3 : rows)
                        .seed(own);
            }
        }
    }

    private static int size(RandomSource random) {
        return SIZES[random.nextInt(SIZES.length)];
    }

    private static Activation activation(RandomSource random) {
        List<Activation> all = Activation.all();
        return all.get(random.nextInt(all.size()));
    }

    /**
     * A layer of this input after that one (null: none). Left out is what would be constant, or nearly: a slope below zero
     * where nothing is below zero, a normalisation that takes the bias before it away, a normalisation or softmax of so
     * few values that they do not depend on the input.
     */
    private static Layer layer(RandomSource random, int width, Layer before) {
        boolean first = before == null;
        boolean signed = first
                || before instanceof Dense dense
                        && (dense.activation() == Activation.IDENTITY || dense.activation() == Activation.TANH);
        int kind = random.nextInt(14);
        if (kind == 0 && signed) return PRelu.of(width);
        if (kind == 1) return Dropout.of(width, 0.3);
        if (kind == 2 && width > 2) return LayerNorm.of(width);
        if (kind == 3 && first) return BatchNorm.of(width);
        if (kind == 4 && width > 1 && !(before instanceof Softmax)) return Softmax.of(width);
        if (kind == 5)
            return Residual.of(Dense.of(width, 7, activation(random)), Dense.of(7, width, Activation.IDENTITY));
        if (kind == 6) return Affine.of(width);
        if (kind == 7 && signed) return Pointwise.of(width, activation(random));
        Dense dense = Dense.of(width, size(random), activation(random));
        return random.nextInt(4) == 0 && width > 1 ? dense.withoutBias() : dense;
    }

    private static GradientCheck loss(RandomSource random, int outputs, int rows) {
        List<Loss> all = new ArrayList<>(Loss.all());
        all.addAll(PlantedTargets.right());
        Loss loss = all.get(random.nextInt(all.size()));
        // Softmaxes of one output are constant, and half of them are means, half variances, of some.
        if (!all.subList(1, 6).contains(loss)) outputs += 1 + (outputs + 1) % 2;
        return GradientCheck.of(loss, outputs);
    }
}
