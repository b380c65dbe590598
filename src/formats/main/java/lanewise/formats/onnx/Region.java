package lanewise.formats.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lanewise.formats.onnx.Live.Operation;

/**
 * What lies between two values: all operations on a way from the one to the other, in their order.
 *
 * @param source the operation whose result is the only thing that they read; null for the graph's input
 * @param operations the last makes the result
 * @param features numbers in a row of the source
 * @param type of the source's elements
 */
record Region(Operation source, List<Operation> operations, int features, DataType type) {

    /**
     * The region between two values.
     *
     * @throws Refusal if the second also depends on values from before the first
     */
    static Region between(Live source, Live sink) {
        Set<Operation> found = new HashSet<>();
        Deque<Operation> open = new ArrayDeque<>();
        if (sink.producer() != source.producer()) open.add(found(found, sink.producer(), source, sink));
        while (!open.isEmpty())
            for (Live live : open.pop().lives())
                if (live.producer() != source.producer() && !found.contains(live.producer()))
                    open.add(found(found, live.producer(), source, sink));
        List<Operation> operations = new ArrayList<>(found);
        operations.sort(Comparator.comparingInt(Operation::number));
        return new Region(source.producer(), operations, source.features(), source.type());
    }

    private static Operation found(Set<Operation> found, Operation operation, Live source, Live sink) {
        if (operation == null || operation.number() < source.number())
            throw Refusal.notAnMlp(
                    sink.producer() == null
                            ? source.producer().node()
                            : sink.producer().node(),
                    "it joins branches that part in different places");
        found.add(operation);
        return operation;
    }

    /** The value that the operations begin at, in one of the shapes that they read it in. */
    Live input() {
        for (Operation operation : operations)
            for (Live live : operation.lives()) if (live.producer() == source) return live;
        throw new IllegalStateException(nodes());
    }

    Operation sink() {
        return operations.get(operations.size() - 1);
    }

    /** The nodes, for tables and messages. */
    String nodes() {
        Set<String> titles = new java.util.LinkedHashSet<>();
        for (Operation operation : operations) titles.add(operation.node().title());
        return String.join(", ", titles);
    }

    boolean contains(java.util.function.Predicate<Operation> what) {
        return operations.stream().anyMatch(what);
    }

    /** The parts that follow one another: cut at each operation that all ways lead through. */
    List<Region> blocks() {
        Map<Operation, Integer> position = new HashMap<>();
        for (int i = 0; i < operations.size(); i++) position.put(operations.get(i), i + 1);
        int[] farthest = new int[operations.size() + 1];
        for (Operation operation : operations)
            for (Live live : operation.lives()) {
                int from = live.producer() == source ? 0 : position.get(live.producer());
                farthest[from] = Math.max(farthest[from], position.get(operation));
            }
        List<Region> blocks = new ArrayList<>();
        Operation before = source;
        int features = this.features, begin = 0, reach = farthest[0];
        for (int i = 1; i <= operations.size(); i++) {
            if (reach <= i) {
                blocks.add(new Region(before, operations.subList(begin, i), features, type));
                before = operations.get(i - 1);
                features = before.features();
                begin = i;
            }
            reach = Math.max(reach, farthest[i]);
        }
        return blocks;
    }

    /** Regions that follow one another, as one. */
    static Region joined(List<Region> blocks) {
        if (blocks.size() == 1) return blocks.get(0);
        List<Operation> operations = new ArrayList<>();
        for (Region block : blocks) operations.addAll(block.operations);
        Region first = blocks.get(0);
        return new Region(first.source, operations, first.features, first.type);
    }

    /** The result for one row of the source, in double precision. */
    double[] evaluate(double[] row) {
        Operators operators = new Operators(Long.MAX_VALUE / 2);
        Map<Operation, double[]> results = new HashMap<>();
        double[] last = row;
        for (Operation operation : operations) {
            List<Constant> in = new ArrayList<>();
            for (Value value : operation.inputs())
                in.add(
                        value instanceof Live live
                                ? Constant.of(
                                        live.type().integer() ? live.type() : DataType.DOUBLE,
                                        live.dimsOfOne(),
                                        live.producer() == source ? row : results.get(live.producer()))
                                : (Constant) value);
            last = operators.evaluate(operation.node(), in).toDoubles();
            results.put(operation, last);
        }
        return last;
    }

    /** Whether each number of a row goes its own way: functions of single numbers and constants, of one width. */
    boolean pointwise() {
        for (Operation operation : operations)
            if (!Functions.pointwise(operation.node()) || operation.features() != features) return false;
        return true;
    }

    /** The constants' values if each constant is the same for all of a row; null otherwise. */
    double[] scalars() {
        Set<Double> values = new TreeSet<>();
        for (Operation operation : operations) {
            for (Value value : operation.inputs())
                if (value instanceof Constant c) {
                    if (!c.uniform()) return null;
                    values.add(c.at(0));
                }
            for (String attribute : List.of("alpha", "beta", "gamma", "min", "max", "lambd", "bias"))
                if (operation.node().has(attribute))
                    values.add((double) operation.node().number(attribute, 0));
        }
        return values.stream().mapToDouble(d -> d).toArray();
    }

    /** The results for these numbers, of a region that is pointwise with scalar constants. */
    double[] evaluatePointwise(double[] xs) {
        Operators operators = new Operators(Long.MAX_VALUE / 2);
        int[] dims = {xs.length};
        Map<Operation, double[]> results = new HashMap<>();
        double[] last = xs;
        for (Operation operation : operations) {
            List<Constant> in = new ArrayList<>();
            for (Value value : operation.inputs())
                in.add(
                        value instanceof Live live
                                ? Constant.of(
                                        DataType.DOUBLE,
                                        dims,
                                        live.producer() == source ? xs : results.get(live.producer()))
                                : value instanceof Constant c ? Constant.scalar(DataType.DOUBLE, c.at(0)) : null);
            last = operators.evaluate(operation.node(), in).toDoubles();
            if (last.length != xs.length) {
                double only = last[0];
                last = new double[xs.length];
                Arrays.fill(last, only);
            }
            results.put(operation, last);
        }
        return last;
    }

    /** A constant's value for each number of a row of an operation's result. */
    static double[] row(Constant c, Operation operation) {
        int[] dims = operation.dims().clone();
        for (int i = 0; i < dims.length; i++) if (dims[i] == Value.BATCH) dims[i] = 1;
        int features = operation.features();
        int[] indices = Operators.indices(c.dims(), dims, features);
        double[] row = new double[features];
        for (int i = 0; i < features; i++) row[i] = c.at(indices == null ? i : indices[i]);
        return row;
    }

    /** A region of one operation. */
    boolean single() {
        return operations.size() == 1;
    }
}
