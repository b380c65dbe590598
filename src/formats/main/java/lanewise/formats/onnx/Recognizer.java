package lanewise.formats.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.formats.onnx.Live.Operation;
import lanewise.layer.Activation;
import lanewise.layer.BatchNorm;
import lanewise.layer.Embedding;
import lanewise.layer.LayerNorm;

/**
 * Tells what layers a region of a graph is. It is cut where all ways meet. Each block with a single product or
 * normalisation is that layer; runs of blocks of functions are covered by as few layers as possible, whatever spells them;
 * what is left must be a sum with the block's own input, a residual.
 */
final class Recognizer {

    private static final int DEEPEST = 64;

    /** Blocks that may make up one activation or normalisation. */
    private static final int LONGEST = 8;

    private final int depth;

    private Recognizer(int depth) {
        this.depth = depth;
    }

    /** The layers from one value to another. */
    static List<Part> layers(Live source, Live sink) {
        return new Recognizer(0).chain(source, sink);
    }

    private List<Part> chain(Live source, Live sink) {
        if (sink.producer() == source.producer()) return List.of();
        List<Region> blocks = Region.between(source, sink).blocks();
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < blocks.size(); ) {
            int end = i;
            while (end < blocks.size() && functional(blocks.get(end))) end++;
            if (end > i) {
                parts.addAll(functions(blocks.subList(i, end)));
                i = end;
                continue;
            }
            Region block = blocks.get(i++);
            if (!block.single()) {
                parts.addAll(branches(block));
                continue;
            }
            Part linear = layered(block.sink()) ? null : LinearMap.of(block);
            Part part = linear != null ? linear : layer(block.sink());
            if (part.kind() == Part.Kind.DENSE && !part.biased() && i < blocks.size()) {
                float[] bias = bias(blocks.get(i), part.size());
                if (bias != null) part = part.withBias(bias, blocks.get(i++).nodes());
            }
            parts.add(part);
        }
        return Part.merged(parts);
    }

    /** A residual, or branches that are one linear map. */
    private List<Part> branches(Region block) {
        try {
            return residual(block);
        } catch (Refusal refusal) {
            Part linear = LinearMap.of(block);
            if (linear != null) return List.of(linear);
            throw refusal;
        }
    }

    private static boolean functional(Region block) {
        for (Operation operation : block.operations()) {
            Node node = operation.node();
            boolean softmax = node.op().equals("Softmax") || node.op().equals("LogSoftmax");
            if (!Functions.pointwise(node) && !Functions.reduction(node) && !softmax) return false;
        }
        return true;
    }

    /** The row that a block adds to a product, or null if it does something else. */
    private static float[] bias(Region block, int size) {
        Operation add = block.sink();
        if (!block.single() || !add.node().op().equals("Add") || add.lives().size() != 1) return null;
        Constant c = add.constant(add.live(0) == null ? 0 : 1);
        boolean row = c.count() > 1 && c.dims()[c.rank() - 1] == c.count();
        if (add.features() != size || c.count() != size && !row) return null;
        return Steps.floats(Region.row(c, add));
    }

    // Layers of one node.

    /** Whether {@link #layer} knows the operation. */
    private static boolean layered(Operation operation) {
        return switch (operation.node().op()) {
            case "MatMul", "Gemm", "BatchNormalization", "LayerNormalization" -> true;
            case "Gather" -> operation.live(0) == null;
            default -> false;
        };
    }

    private static Part layer(Operation operation) {
        return switch (operation.node().op()) {
            case "MatMul" -> matMul(operation);
            case "Gemm" -> gemm(operation);
            case "BatchNormalization" -> batchNorm(operation);
            case "LayerNormalization" -> layerNorm(operation);
            case "Gather" -> embedding(operation);
            default ->
                throw Refusal.notAnMlp(
                        operation.node(),
                        "it moves numbers of a row, which makes a layer of more than " + Sizes.MOST_REPEATED
                                + " weights");
        };
    }

    private static Part matMul(Operation operation) {
        boolean left = operation.constant(0) != null;
        Constant w = operation.constant(left ? 0 : 1);
        Live x = operation.live(left ? 1 : 0);
        int outputs = left ? w.dims()[0] : w.rank() == 1 ? 1 : w.dims()[w.rank() - 1];
        int inputs = w.count() / outputs;
        return dense(
                operation, x.features(), inputs, outputs, left ? transposed(w, outputs, inputs) : w.toFloats(), null);
    }

    private static Part gemm(Operation operation) {
        Node node = operation.node();
        Constant w = operation.constant(1), c = operation.constant(2);
        boolean transposed = node.integer("transB", 0) != 0;
        int outputs = operation.features(), inputs = operation.live(0).features();
        float[] weights = transposed ? transposed(w, outputs, inputs) : w.toFloats();
        float alpha = node.number("alpha", 1), beta = node.number("beta", 1);
        if (alpha != 1) {
            weights = weights.clone();
            for (int i = 0; i < weights.length; i++) weights[i] *= alpha;
        }
        float[] bias = null;
        if (c != null) {
            double[] row = Region.row(c, operation);
            bias = Steps.floats(row);
            if (beta != 1) for (int i = 0; i < bias.length; i++) bias[i] = (float) (row[i] * beta);
        }
        return dense(operation, inputs, inputs, outputs, weights, bias);
    }

    private static float[] transposed(Constant w, int outputs, int inputs) {
        float[] from = w.toFloats(), to = new float[from.length];
        for (int o = 0; o < outputs; o++) for (int i = 0; i < inputs; i++) to[i * outputs + o] = from[o * inputs + i];
        return to;
    }

    /** A product at each position of a row, where there are several, is written out as one of the whole row. */
    private static Part dense(
            Operation operation, int features, int inputs, int outputs, float[] weights, float[] bias) {
        int positions = features / inputs;
        if (positions == 1)
            return Part.dense(inputs, outputs, weights, bias, operation.node().title());
        long all = (long) features * positions * outputs;
        if (all > Sizes.MOST_REPEATED)
            throw Refusal.notAnMlp(
                    operation.node(),
                    "it multiplies at " + positions + " positions of a row, which would make " + all
                            + " weights; at most " + Sizes.MOST_REPEATED + " are made so");
        float[] repeated = new float[(int) all];
        for (int p = 0; p < positions; p++)
            for (int i = 0; i < inputs; i++)
                System.arraycopy(weights, i * outputs, repeated, ((p * inputs + i) * positions + p) * outputs, outputs);
        return Part.dense(
                features, positions * outputs, repeated, bias, operation.node().title());
    }

    private static Part batchNorm(Operation operation) {
        Node node = operation.node();
        int features = operation.features(), channels = operation.constant(1).count();
        int span = features / channels;
        float[][] rows = new float[4][features];
        for (int p = 0; p < 4; p++) {
            float[] own = operation.constant(p + 1).toFloats();
            for (int i = 0; i < features; i++) rows[p][i] = own[i / span];
        }
        float epsilon = node.number("epsilon", 1e-5f);
        for (int i = 0; i < features; i++)
            if (!(rows[3][i] + (double) epsilon > 0) || rows[3][i] < 0)
                throw Refusal.at(node, "a variance of " + rows[3][i] + " and an epsilon of " + epsilon);
        if (epsilon >= 1e-12f)
            return Part.of(
                    BatchNorm.of(features).withEpsilon(epsilon), node.title(), rows[0], rows[1], rows[2], rows[3]);
        float[] factor = new float[features];
        for (int i = 0; i < features; i++) factor[i] = (float) (rows[0][i] / Math.sqrt(rows[3][i] + (double) epsilon));
        return Part.rescale(rows[2], factor, rows[1], node.title());
    }

    private static Part layerNorm(Operation operation) {
        Node node = operation.node();
        int features = operation.features();
        Live x = operation.live(0);
        int axis = Operators.axis(node, node.integer("axis", -1), x.dims().length, false);
        Operation own = new Operation(node, List.of(), 0, Arrays.copyOfRange(x.dims(), axis, x.dims().length));
        float[] scale = Steps.floats(Region.row(operation.constant(1), own)), shift = new float[features];
        if (operation.constant(2) != null) shift = Steps.floats(Region.row(operation.constant(2), own));
        float epsilon = node.number("epsilon", 1e-5f);
        if (!(epsilon >= 1e-12f && epsilon < 1e30f))
            throw Refusal.notAnMlp(node, "an epsilon of " + epsilon + "; at least 1e-12 expected");
        return Part.of(LayerNorm.of(features).withEpsilon(epsilon), node.title(), scale, shift);
    }

    private static Part embedding(Operation operation) {
        Constant table = operation.constant(0);
        int indices = operation.live(1).features();
        if (table.dims()[0] > 1 << 24 || table.count() == 0)
            throw Refusal.at(operation.node(), "a table of " + table + "; at most " + (1 << 24) + " entries expected");
        return Part.of(
                Embedding.of(indices, table.dims()[0], table.dims()[1]),
                operation.node().title(),
                table.toFloats());
    }

    // Functions.

    /** Layers and how gladly they are taken: their number, and more where constants had to be combined. */
    record Cover(List<Part> parts, double price) {

        static Cover of(Part part, double price) {
            return new Cover(List.of(part), price);
        }

        /**
         * The price of one layer: least for a single block, and so much for each further one that blocks which are layers by
         * themselves stay layers by themselves, although two may be one function, as ReLU after sigmoid is a sigmoid. What is
         * part of one node, such as the steps of a hard sigmoid, is one block. A maximum or minimum is no activation by itself,
         * but mostly one half of a clip.
         */
        static double price(List<Region> blocks) {
            long nodes = blocks.stream()
                    .map(block -> block.sink().node().outputs())
                    .distinct()
                    .count();
            if (nodes > 1) return 1 + 0.5 * (nodes - 1);
            String op = blocks.get(0).sink().node().op();
            return blocks.get(0).single() && (op.equals("Max") || op.equals("Min")) ? 1.1 : ONE_BLOCK;
        }

        static final double ONE_BLOCK = 0.49;
    }

    /** The cheapest way to cover blocks by layers. */
    private List<Part> functions(List<Region> blocks) {
        int n = blocks.size();
        double[] cost = new double[n + 1];
        int[] from = new int[n + 1];
        List<List<Part>> parts = new ArrayList<>();
        Arrays.fill(cost, Double.POSITIVE_INFINITY);
        cost[0] = 0;
        parts.add(List.of());
        Refusal why = null;
        int reached = 0;
        for (int end = 1; end <= n; end++) {
            parts.add(null);
            if (end - reached > LONGEST) break;
            for (int begin = Math.max(0, end - LONGEST); begin < end; begin++) {
                if (Double.isInfinite(cost[begin])) continue;
                List<Region> run = blocks.subList(begin, end);
                Cover cover = match(run);
                if (cover == null && run.size() == 1)
                    try {
                        Part linear = run.get(0).single() ? LinearMap.of(run.get(0)) : null;
                        if (linear != null) cover = Cover.of(linear, 3);
                        else if (!run.get(0).single()) cover = new Cover(branches(run.get(0)), 1.5);
                    } catch (Refusal refusal) {
                        why = refusal;
                    }
                if (cover != null && cost[begin] + cover.price < cost[end]) {
                    cost[end] = cost[begin] + cover.price;
                    from[end] = begin;
                    parts.set(end, cover.parts);
                    reached = end;
                }
            }
        }
        if (Double.isInfinite(cost[n])) throw unknown(blocks.get(reached), why);
        List<Part> all = new ArrayList<>();
        for (int end = n; end > 0; end = from[end]) all.addAll(0, parts.get(end));
        return all;
    }

    private static Refusal unknown(Region block, Refusal why) {
        Operation sink = block.sink();
        if (block.single())
            return Refusal.notAnMlp(
                    sink.node(), "no layer or activation of this library computes this, nor what it is a part of");
        if (why != null && why.getMessage().contains(sink.node().place())) return why;
        return Refusal.notAnMlp(sink.node(), "with " + block.nodes() + " it is no layer or activation of this library");
    }

    /** Layers that a run of blocks is, one or a few; null if it is none. */
    private static Cover match(List<Region> blocks) {
        Cover affine = Steps.match(blocks);
        if (affine != null) return affine;
        Region region = Region.joined(blocks);
        if (region.sink().features() != region.features()) return null;
        boolean rows = region.contains(o -> !Functions.pointwise(o.node()));
        if (rows) return RowFunctions.of(region);
        if (!region.pointwise()) return null;
        if (region.single() && region.sink().node().op().equals("PRelu")) {
            Constant slope = region.sink().constant(1);
            if (slope == null || region.sink().live(0) == null) return null;
            return Cover.of(
                    Part.prelu(Steps.floats(Region.row(slope, region.sink())), region.nodes()), Cover.ONE_BLOCK);
        }
        double[] scalars = region.scalars();
        List<Part> activation = scalars == null ? null : activation(region, scalars);
        if (activation == null) return prelu(region, Cover.price(blocks));
        double computed = activation.size() > 1 ? activation.size() + 0.2 : 0;
        return new Cover(activation, computed + Cover.price(blocks));
    }

    private static List<Part> activation(Region region, double[] scalars) {
        Activations.Match match = Activations.of(region, scalars);
        int size = region.features();
        if (match == null) {
            float limit = Activations.softShrink(region, scalars);
            if (Float.isNaN(limit)) return null;
            Part clip = Part.activation(size, Activation.clip(-limit, limit), region.nodes());
            return List.of(Part.residual(List.of(clip, Part.affine(size, -1, 0, region.nodes())), region.nodes()));
        }
        List<Part> parts = new ArrayList<>();
        if (match.inner() != 1 || match.offset() != 0)
            parts.add(Part.affine(size, match.inner(), match.offset(), region.nodes()));
        if (match.activation() != null) parts.add(Part.activation(size, match.activation(), region.nodes()));
        if (match.scale() != 1 || match.shift() != 0)
            parts.add(Part.affine(size, match.scale(), match.shift(), region.nodes()));
        return parts;
    }

    private static final double[] PROBES = {-50, -7, -1.3, -1, -0.2, -1e-3, 0, 1e-3, 0.3, 1, 2.7, 9, 60};

    /** A line with a bend at zero, of each number's own slope below it. */
    private static Cover prelu(Region region, double price) {
        int size = region.features();
        float[] slopes = null;
        double[] row = new double[size];
        Arrays.fill(row, -1);
        double[] below = region.evaluate(row);
        slopes = new float[size];
        for (int i = 0; i < size; i++) {
            slopes[i] = (float) -below[i];
            if (!Float.isFinite(slopes[i])) return null;
        }
        for (double probe : PROBES) {
            Arrays.fill(row, probe);
            double[] y = region.evaluate(row);
            for (int i = 0; i < size; i++) {
                double expected = probe < 0 ? slopes[i] * probe : probe;
                if (!(Math.abs(y[i] - expected) <= 1e-6 * Math.abs(probe) * (1 + Math.abs(slopes[i])))) return null;
            }
        }
        return Cover.of(Part.prelu(slopes, region.nodes()), price);
    }

    // Residuals.

    /**
     * A sum of a block's input and what a branch makes of it. Where the input goes through a line {@code a x + c}, it is {@code a
     * (x + branch / a) + c}.
     */
    private List<Part> residual(Region block) {
        Operation sink = block.sink();
        Node node = sink.node();
        List<Live> lives = sink.lives();
        boolean difference = node.op().equals("Sub");
        if (!sumOrDifference(node) || lives.size() != 2 || sink.inputs().size() != 2) throw branches(block, node);
        Live input = block.input();
        int size = sink.features();
        for (Live live : lives) if (live.features() != size || input.features() != size) throw branches(block, node);
        int own = lives.get(0).producer() == block.source() ? 0 : 1;
        double[][] line = line(input, lives.get(own));
        if (line == null) line = line(input, lives.get(own = 1 - own));
        if (line == null) throw branches(block, node);
        if (depth == DEEPEST) throw Refusal.notAnMlp(node, "residuals more than " + DEEPEST + " deep");
        List<Part> inner = new ArrayList<>(new Recognizer(depth + 1).chain(input, lives.get(1 - own)));
        if (inner.isEmpty()) throw Refusal.notAnMlp(node, "it adds a value to itself");
        for (Part part : inner)
            if (part.kind() == Part.Kind.LOG_SOFTMAX)
                throw Refusal.notAnMlp(node, "a log-softmax inside of a residual");
        double[] scale = line[0], shift = line[1], factor = new double[size];
        for (int i = 0; i < size; i++) {
            if (difference && own == 1) {
                scale[i] = -scale[i];
                shift[i] = -shift[i];
            }
            factor[i] = (difference && own == 0 ? -1 : 1) / scale[i];
            if (!Float.isFinite((float) factor[i]) || !Float.isFinite((float) scale[i]) || scale[i] == 0)
                throw branches(block, node);
        }
        if (!all(factor, 1)) inner.add(Part.affine(Steps.floats(factor), new float[size], node.title()));
        List<Part> parts = new ArrayList<>();
        parts.add(Part.residual(inner, node.title()));
        if (!all(scale, 1) || !all(shift, 0))
            parts.add(Part.affine(Steps.floats(scale), Steps.floats(shift), node.title()));
        return parts;
    }

    /** Scale and shift, if one value is that of another; or null. */
    private static double[][] line(Live from, Live to) {
        List<Region> blocks = to.producer() == from.producer()
                ? List.of()
                : Region.between(from, to).blocks();
        return Steps.line(blocks, from.features());
    }

    private static boolean all(double[] values, double value) {
        return Arrays.stream(values).allMatch(v -> v == value);
    }

    private static Refusal branches(Region block, Node node) {
        Node gate = gate(block);
        if (normalises(block))
            return Refusal.notAnMlp(
                    node,
                    "it combines numbers with a sum or a mean of their row; of such only softmax and layer normalisation are"
                            + " understood");
        if (block.pointwise())
            return Refusal.notAnMlp(
                    node,
                    "no activation of this library is the function of single numbers that it ends, " + block.nodes());
        if (gate != null)
            return Refusal.notAnMlp(
                    gate,
                    "it multiplies two branches, as a gate does; only a sum with the value that a branch begins at, a"
                            + " residual, is understood");
        String reason = node.op().equals("Concat")
                ? "it joins branches that are not linear, as a network of dense connections does"
                : sumOrDifference(node)
                        ? "it adds two branches, neither of which is the value that they part at, so it is no residual"
                        : "it combines two branches";
        return Refusal.notAnMlp(
                node, reason + "; only a sum with the value that a branch begins at, a residual, is understood");
    }

    /** Whether a block combines a row with sums or the like of its own numbers, and does nothing else. */
    private static boolean normalises(Region block) {
        return functional(block) && block.contains(operation -> Functions.reduction(operation.node()));
    }

    /** The last node of a block that multiplies two branches, or null. */
    private static Node gate(Region block) {
        Node gate = null;
        for (Operation operation : block.operations())
            if (operation.node().op().equals("Mul") && operation.lives().size() > 1) gate = operation.node();
        return gate;
    }

    private static boolean sumOrDifference(Node node) {
        return node.op().equals("Add") || node.op().equals("Sum") || node.op().equals("Sub");
    }
}
