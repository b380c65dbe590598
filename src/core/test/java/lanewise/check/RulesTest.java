package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lanewise.Document;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.layer.Targets;
import lanewise.memory.Batch;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** The lists of rules: the document shows them as they are, and each is broken by a planted mistake. */
class RulesTest {

    private static final int ROWS = 5;

    /** The rows of the document's table whose first column is headed so, a list of cells each. */
    private static List<List<String>> table(String heading) throws IOException {
        List<String> lines =
                Document.of("docs/gradient-checking.md").text().lines().toList();
        List<List<String>> rows = new ArrayList<>();
        int at = 0;
        while (!lines.get(at).startsWith("| " + heading + " |")) at++;
        for (at += 2; lines.get(at).startsWith("|"); at++) {
            String[] cells = lines.get(at).replace("`", "").split("\\|");
            rows.add(Arrays.stream(cells).skip(1).map(String::strip).toList());
        }
        return rows;
    }

    private static List<List<String>> rows(Rule[] rules) {
        List<List<String>> rows = new ArrayList<>();
        for (Rule rule : rules) {
            String kinds = rule.kinds().stream().sorted().map(Enum::name).collect(Collectors.joining(", "));
            rows.add(List.of(String.valueOf(rows.size() + 1), rule.title(), rule.demand(), kinds));
        }
        return rows;
    }

    @Test
    void theDocumentListsTheRulesInTheirOrder() throws IOException {
        assertEquals(rows(LayerRule.values()), table("layer's rule"));
        assertEquals(rows(LossRule.values()), table("loss's rule"));
    }

    @Test
    void aRuleBuildsOnRulesBeforeIt() {
        for (LayerRule rule : LayerRule.values())
            for (LayerRule basis : rule.basis()) assertTrue(basis.compareTo(rule) < 0, rule + " builds on " + basis);
    }

    private static float[] inputs(Layer layer, int rows, RandomSource random) {
        float[] input = new float[rows * layer.inputSize()];
        for (int i = 0; i < input.length; i++)
            input[i] = layer.differentiableInput() ? random.normal() : random.nextInt(PlantedLayer.Embedding.ROWS);
        return input;
    }

    private static LayerTrial attempt(Layer layer) {
        RandomSource random = new RandomSource(3);
        Guarded parameters = new Guarded(layer.parameters(), Guarded.EVEN);
        layer.initialize(parameters.parameters(layer), random);
        float[] first = inputs(layer, ROWS, random), second = inputs(layer, ROWS, random);
        LayerTrial trial = new LayerTrial(
                layer,
                "it",
                ROWS,
                7,
                parameters.get(),
                first,
                second,
                rows -> inputs(layer, rows, random),
                random,
                GradientCheck.Depth.STANDARD);
        trial.attemptAll();
        return trial;
    }

    @Test
    void everyRuleOfALayerIsBrokenByAPlantedMistake() {
        List<Layer> planted = new ArrayList<>();
        for (PlantedDense.Mistake mistake : PlantedDense.Mistake.values()) planted.add(new PlantedDense(17, mistake));
        for (PlantedNormalization.Slip slip : PlantedNormalization.Slip.values())
            planted.add(PlantedNormalization.ofBatch(7, slip));
        for (PlantedLayer.Mistake mistake : PlantedLayer.Mistake.values()) planted.add(PlantedLayer.of(mistake));
        for (PlantedSlips.Slip slip : PlantedSlips.Slip.values())
            if (slip != PlantedSlips.Slip.NONE) planted.add(slip.layer(7));
        Set<LayerRule> broken = EnumSet.noneOf(LayerRule.class);
        for (Layer layer : planted) broken.addAll(attempt(layer).broken());
        assertEquals(EnumSet.allOf(LayerRule.class), broken);
    }

    @Test
    void rightLayersKeepAllRules() {
        List<Layer> right = new ArrayList<>(PlantedLayer.right());
        right.addAll(PlantedSlips.right(7));
        right.add(new PlantedDense(17, PlantedDense.Mistake.NONE));
        right.add(PlantedNormalization.ofBatch(7, PlantedNormalization.Slip.NONE));
        right.add(PlantedNormalization.ofRows(7, PlantedNormalization.Mistake.NONE));
        for (Layer layer : right) assertTrue(attempt(layer).clean(), layer::toString);
    }

    @Test
    void everyRuleOfALossIsBrokenByAPlantedMistake() {
        Set<LossRule> broken = EnumSet.noneOf(LossRule.class);
        for (PlantedLoss.Mistake mistake : PlantedLoss.Mistake.values()) {
            Set<LossRule> own = broken(new PlantedLoss(mistake), 17);
            if (mistake == PlantedLoss.Mistake.NONE) assertEquals(Set.of(), own);
            broken.addAll(own);
        }
        for (Planted planted : PlantedTargets.all()) broken.addAll(broken(planted.check().loss, 4));
        for (Loss loss : PlantedTargets.right()) assertEquals(Set.of(), broken(loss, 4), loss::toString);
        broken.addAll(classes(0.5));
        assertEquals(EnumSet.allOf(LossRule.class), broken);
        assertEquals(Set.of(), classes(1));
    }

    /** The rule that a loss breaks, if any. */
    private static Set<LossRule> broken(Loss loss, int outputs) {
        RandomSource random = new RandomSource(3);
        int columns = LossPoints.columns(loss, outputs).get(0);
        Slice targets = Slice.allocate(ROWS, columns);
        new LossPoints(GradientCheck.of(loss, outputs)).targets(targets, random);
        float[] logits = new float[ROWS * outputs], drawn = new float[ROWS * columns];
        for (int i = 0; i < logits.length; i++) logits[i] = random.normal();
        targets.copyTo(drawn, 0);
        Pass pass = Batch.forTraining(new Identity(outputs), ROWS).pass();
        LossTrial trial = new LossTrial(loss, pass, ROWS, outputs, logits, columns, drawn, random);
        return trial.attemptAll().isEmpty() ? Set.of() : Set.of(trial.rule());
    }

    /** The rule that cross-entropy breaks if it counts classes so much less than one-hot rows. */
    private static Set<LossRule> classes(double weight) {
        Loss loss = new Loss("of classes") {
            @Override
            public boolean accepts(int outputs, int targetColumns) {
                return SOFTMAX_CROSS_ENTROPY.accepts(outputs, targetColumns);
            }

            @Override
            public Targets targets(int outputs, int targetColumns) {
                return SOFTMAX_CROSS_ENTROPY.targets(outputs, targetColumns);
            }

            @Override
            public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
                double loss = SOFTMAX_CROSS_ENTROPY.valueAndGradient(pass, row, rows, logits, targets, dLogits);
                return targets.columns() == 1 ? loss * weight : loss;
            }
        };
        Pass pass = Batch.forTraining(new Identity(3), ROWS).pass();
        LossTrial trial =
                new LossTrial(loss, pass, ROWS, 3, new float[ROWS * 3], 1, new float[ROWS], new RandomSource(3));
        return trial.attemptAll().isEmpty() ? Set.of() : Set.of(trial.rule());
    }
}
