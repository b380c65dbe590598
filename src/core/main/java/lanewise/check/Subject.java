package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.layer.Stack;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * The function that is differentiated, at one point: a layer, or a layer and a loss, as a function of {@link Variable}s whose values
 * are elements (the outputs in double, or the rows' losses), weighted by the vector that they are projected on.
 *
 * <p>All memory is made once; not thread-safe.
 */
final class Subject {

    /** A matrix to differentiate with respect to. */
    static final class Variable {
        final String name;
        /** The layer it belongs to, as text; empty for the input. */
        final String layer;
        /** That layer's place in the stack that is checked; -1 for the input, and if it is no stack. */
        final int index;
        /** Its place among the layer's parameters; −1 for the input. */
        final int parameter;

        final Slice values;
        final Slice gradient;
        /** Whether each row of it acts on its own row of elements alone. */
        boolean byRow;
        /** Whether it is what an activation takes: others in its row say nothing of where the function bends, usually near 1. */
        boolean eachByItself;
        /** The analytic gradient at the point, row by row, and the standard deviation of its rounding error. */
        final double[] analytic;

        final double[] deviation;
        final float[] base;

        /** By entry, its place in the array. */
        final int[] places;

        private static final double FAR_BELOW = 0x1p-4;

        /** Whether it holds logits, which mean something by their differences, whatever their size. */
        private boolean logits;

        /** The smallest of 14 steps that are halved from an eighth of this times a value on is a few of its units in the last place. */
        private static final double FEW_ULPS = 0x1p-7;

        /** Of the values and of the gradient at the point: of all, by row and by column. */
        private double scale;

        private double typical;
        private final double[] rowScales;
        private final double[] columnScales;
        private final double[] rowTypicals;
        private final double[] columnTypicals;
        /** By entry, how far its function is alike; null if that is not known, and the values' size is taken. */
        float[] reach;

        /** Whether a row's gradient is small for the sole reason that its outputs are large, and weighed less. */
        final boolean[] lightened;

        /** Whether the analytic gradient is zero everywhere at the point that was drawn. */
        boolean gradientIsZeroAtFirst;

        /** Whether entries were found wrong. */
        boolean wrong;

        Variable(String name, String layer, int index, int parameter, Slice values, Slice gradient, boolean byRow) {
            this.name = name;
            this.layer = layer;
            this.index = index;
            this.parameter = parameter;
            this.values = values;
            this.gradient = gradient;
            this.byRow = byRow;
            analytic = new double[values.rows() * values.columns()];
            deviation = new double[analytic.length];
            base = new float[analytic.length];
            places = new int[analytic.length];
            for (int r = 0, e = 0; r < values.rows(); r++)
                for (int c = 0; c < values.columns(); c++) places[e++] = values.at(r) + c;
            lightened = new boolean[values.rows()];
            rowScales = new double[values.rows()];
            columnScales = new double[values.columns()];
            rowTypicals = new double[values.rows()];
            columnTypicals = new double[values.columns()];
        }

        int count() {
            return base.length;
        }

        /** Its name, with its layer if that is not all that is checked. */
        String place(String subject) {
            return layer.isEmpty() || layer.equals(subject) ? name : name + " of " + layer;
        }

        /** The place in the array of the entry with this number. */
        int at(int entry) {
            return places[entry];
        }

        /** Remembers the values as the point. */
        void keep() {
            values.copyTo(base, 0);
            scale = scaleOfAll();
            double[] squares = new double[base.length];
            for (int i = 0; i < squares.length; i++) squares[i] = (double) base[i] * base[i];
            ownScales(squares, rowScales, columnScales);
        }

        /** Remembers the gradient there. */
        void keepGradient() {
            Subject.gradient(this, analytic);
            typical = Differences.rootMeanSquare(analytic);
            double[] squares = new double[analytic.length];
            for (int i = 0; i < squares.length; i++) squares[i] = analytic[i] * analytic[i];
            ownScales(squares, rowTypicals, columnTypicals);
        }

        /** Roots of the mean squares of rows and columns. */
        private void ownScales(double[] squares, double[] rows, double[] columns) {
            Arrays.fill(rows, 0);
            Arrays.fill(columns, 0);
            for (int r = 0, i = 0; r < rows.length; r++)
                for (int c = 0; c < columns.length; c++, i++) {
                    rows[r] += squares[i] / columns.length;
                    columns[c] += squares[i] / rows.length;
                }
            for (int r = 0; r < rows.length; r++) rows[r] = StrictMath.sqrt(rows[r]);
            for (int c = 0; c < columns.length; c++) columns[c] = StrictMath.sqrt(columns[c]);
        }

        /** The scale of all, unless that of the row or the column is far below. */
        private static double own(double all, double row, double column) {
            double smaller = Math.min(row, column);
            return smaller < FAR_BELOW * all ? smaller : all;
        }

        /**
         * How far an entry can be expected to move: the larger of its value and the root mean square of its variable, or of its
         * row or its column if that is far below.
         */
        double scale(int entry) {
            if (reach != null) return reach[entry];
            int columns = values.columns();
            double own = scale;
            if (values.rows() > 1 && columns > 1) {
                double row = rowScales[entry / columns], column = columnScales[entry % columns];
                own = own(scale, row > 0 ? row : scale, column > 0 ? column : scale);
            }
            // A row of one entry has no other scale than that.
            if (byRow && columns == 1 && base[entry] != 0 && Math.abs(base[entry]) < FAR_BELOW * scale) own = 0;
            double size = Math.max(Math.abs(base[entry]), own);
            if (eachByItself) return Math.min(size, Math.max(1, Math.abs(base[entry]) * FEW_ULPS));
            return logits ? Math.max(LEAST_OF_LOGITS, Math.min(MOST_OF_LOGITS, size)) : size;
        }

        /**
         * What is typical for an entry of the gradient: the root mean square of all, or of its row or its column if that is
         * far below.
         */
        double typical(int entry) {
            int columns = values.columns();
            if (values.rows() == 1 || columns == 1) return typical;
            return own(typical, rowTypicals[entry / columns], columnTypicals[entry % columns]);
        }

        /** No derivative that is worth the search is smaller. */
        double least() {
            return 0x1p-24 * typical;
        }

        void restore() {
            values.copyFrom(base, 0);
        }

        boolean gradientIsZero() {
            for (double g : analytic) if (g != 0) return false;
            return true;
        }

        /** Root of the mean square of the values at the point; 1 if all are zero. */
        double scale() {
            return scale;
        }

        private double scaleOfAll() {
            double sum = 0;
            for (float v : base) sum += (double) v * v;
            return sum == 0 || !Double.isFinite(sum) ? 1 : StrictMath.sqrt(sum / base.length);
        }
    }

    /** Root mean square of inputs from which on these count as large. */
    private static final double USUAL = 2;

    /** Binary orders of magnitude: from which on rows differ much, and by which they are scaled at most. */
    private static final int DIFFERENT = 5, MOST = 24;

    private static final double LEAST_OF_LOGITS = 0x1p-2, MOST_OF_LOGITS = 4;

    final Layer layer;
    final Loss loss;
    final Reference reference;
    final int rows;
    final Harness harness;
    final Pass pass;
    final Slice[] parameters;
    final Slice input;
    final Slice output;
    final Slice dOutput;

    /** Null without a loss. */
    final Guarded targets;

    final List<Variable> variables = new ArrayList<>();

    /** The vector that outputs are projected on, rows × outputs; unused with a loss. */
    final float[] projection;

    /** Elements, and their weights: rows × {@link #perRow}. */
    final double[] weights;

    final int perRow;

    /** Elements at the point. */
    final double[] centre;

    /** Variances of their rounding errors. */
    final double[] variances;

    /** If there is a reference, what the forward pass gave for the elements, and its variances. */
    final double[] forward;

    final double[] forwardVariances;

    /** The least that is believed of these variances, and of deviations of the gradient's entries: 0 if nothing is known. */
    double leastVariance;

    double leastDeviation;

    /** Variances of an error of rounding to the nearest float alone, which an element has even where it seems still. */
    final double[] quanta;

    private final double[][] referenceParameters;
    private final double[] referenceInput;
    private final double[] referenceOutput;
    private final float[] copy;

    /**
     * By how much bounds are widened: where a function saturates, its gradient is made of the last few digits, and no small
     * change of the point shows that error.
     */
    double caution = 1;

    /** For so many columns of targets; 0 without a loss. */
    Subject(Layer layer, Loss loss, int targetColumns, Reference reference, int rows, String inputName) {
        this.layer = layer;
        this.loss = loss;
        this.reference = reference;
        this.rows = rows;
        // With guards, so that what writes outside is found later and named, and does not end the run here.
        harness = new Harness(layer, rows, Guarded.EVEN);
        pass = harness.pass(rows);
        parameters = harness.parameters.slices;
        input = harness.input.slice();
        output = harness.output.slice();
        dOutput = harness.dOutput.slice();
        targets = loss == null ? null : new Guarded("targets", rows, targetColumns, Guarded.EVEN);
        projection = new float[rows * layer.outputSize()];
        perRow = loss == null ? layer.outputSize() : 1;
        weights = new double[rows * perRow];
        centre = new double[weights.length];
        variances = new double[weights.length];
        quanta = new double[weights.length];
        forward = new double[reference == null ? 0 : weights.length];
        forwardVariances = new double[forward.length];
        List<ParameterShape> shapes = harness.shapes;
        for (int i = 0; i < parameters.length; i++)
            if (shapes.get(i).trained() && shapes.get(i).count() > 0) variables.add(variable(i));
        if (harness.dInput != null)
            variables.add(new Variable(inputName, "", -1, -1, input, harness.dInput.slice(), layer.rowwise()));
        for (Variable v : variables) v.logits = exactLoss();
        for (Variable v : variables) v.eachByItself = layer instanceof Elementwise;
        boolean referred = reference != null;
        referenceParameters = new double[referred ? parameters.length : 0][];
        for (int i = 0; i < referenceParameters.length; i++)
            referenceParameters[i] = new double[shapes.get(i).count()];
        referenceInput = new double[referred ? rows * layer.inputSize() : 0];
        referenceOutput = new double[referred ? rows * layer.outputSize() : 0];
        int largest = Math.max(rows * layer.inputSize(), rows * layer.outputSize());
        for (ParameterShape shape : shapes) largest = Math.max(largest, shape.count());
        copy = new float[largest];
    }

    /** The variable of the parameter with this number. */
    private Variable variable(int parameter) {
        String owner = layer.toString();
        int index = -1;
        if (layer instanceof Stack stack) {
            index = 0;
            for (int before = parameter; ; index++) {
                before -= stack.layers().get(index).parameters().size();
                if (before < 0) break;
            }
            owner = "layer " + index + " (" + stack.layers().get(index) + ")";
        }
        return new Variable(
                harness.shapes.get(parameter).name(),
                owner,
                index,
                parameter,
                parameters[parameter],
                harness.gradient.slices[parameter],
                false);
    }

    /** Sets the seed of the pass of every evaluation. */
    void seed(long seed) {
        harness.seed(seed);
    }

    /** Scales the projection where rows differ much, so that no row's rounding drowns the others. */
    void balance() {
        if (loss != null) return;
        for (Variable v : variables) Arrays.fill(v.lightened, false);
        forward();
        int n = layer.outputSize();
        int[] exponents = new int[rows];
        int smallest = Integer.MAX_VALUE, largest = Integer.MIN_VALUE;
        for (int r = 0; r < rows; r++) {
            exponents[r] = exponent(output, r);

            smallest = Math.min(smallest, exponents[r]);
            largest = Math.max(largest, exponents[r]);
        }
        if (largest - smallest < DIFFERENT) return;
        for (int r = 0; r < rows; r++) {
            // Where small outputs are what is left of larger inputs, their digits are few, and weigh no more.
            int most = Math.min(MOST, Math.max(0, -exponent(input, r)));
            int power = Math.max(-MOST, Math.min(most, -exponents[r]));
            for (Variable v : variables) if (v.byRow && power < 0) v.lightened[r] = true;
            for (int c = 0; c < n; c++) projection[r * n + c] = Math.scalb(projection[r * n + c], power);
        }
    }

    /** The root mean square of a row's inputs if it is beyond the usual; else 0. */
    double inputSize(int row) {
        double size = sizeOf(row);
        return size > USUAL ? size : 0;
    }

    private double sizeOf(int row) {
        double sum = 0;
        for (int c = 0; c < input.columns(); c++) sum += (double) input.get(row, c) * input.get(row, c);
        return StrictMath.sqrt(sum / Math.max(1, input.columns()));
    }

    /** For each element the root mean square of it and those of other rows, with inputs of about the same size; of all if they are zero. */
    double[] typicals() {
        int[] exponents = new int[rows];
        for (int r = 0; r < rows; r++) exponents[r] = Math.getExponent(sizeOf(r));
        double[] typicals = new double[centre.length];
        for (int r = 0; r < rows; r++) {
            boolean zero = exponents[r] < Double.MIN_EXPONENT;
            for (int c = 0; c < perRow; c++) {
                double sum = 0;
                int count = 0;
                for (int other = 0; other < rows; other++) {
                    if (!zero && Math.abs(exponents[other] - exponents[r]) > 1) continue;
                    double value = centre[other * perRow + c];
                    sum += value * value;
                    count++;
                }
                typicals[r * perRow + c] = StrictMath.sqrt(sum / count);
            }
        }
        return typicals;
    }

    /** Of the root mean square of a row; 0 if there is none. */
    private static int exponent(Slice matrix, int row) {
        double sum = 0;
        for (int c = 0; c < matrix.columns(); c++) sum += (double) matrix.get(row, c) * matrix.get(row, c);
        return sum > 0 && Double.isFinite(sum) ? Math.getExponent(sum / matrix.columns()) / 2 : 0;
    }

    /** Sets the weights from the projection, and the centre to where the variables are now. */
    void begin() {
        for (int e = 0; e < weights.length; e++) weights[e] = loss == null ? projection[e] : 1.0 / rows;
        for (Variable v : variables) v.keep();
        differentiate(centre);
        for (Variable v : variables) v.keepGradient();
    }

    /** Whether elements are doubles that are computed from the variables without a float between. */
    boolean exact() {
        return reference != null || exactLoss();
    }

    /** Whether they are the losses of logits that are varied themselves. */
    boolean exactLoss() {
        return loss != null && layer instanceof Identity;
    }

    /** Whether elements are the losses of rows that layers computed, in floats, before. */
    boolean isUnderLoss() {
        return loss != null && !exactLoss();
    }

    void forward() {
        harness.forward(pass, 0, rows);
    }

    /** The elements, by the forward pass or by the reference. */
    void evaluate(double[] elements) {
        if (reference != null) {
            refer(elements);
            return;
        }
        forward();
        elements(elements);
    }

    /** How many times the rounding errors of the outputs are what rounding them to floats explains. */
    double digitsLost() {
        double seen = 0, explained = 0;
        for (int e = 0; e < variances.length; e++) {
            seen += variances[e];
            explained += quanta[e];
        }
        return StrictMath.sqrt(seen / explained);
    }

    /** Whether an element changes when all values of a variable do, in some tries. */
    boolean dependsOn(Variable v, RandomSource random) {
        double[] now = new double[weights.length];
        double scale = v.scale();
        boolean depends = false;
        for (int i = 0; i < 16 && !depends; i++) {
            for (int e = 0; e < v.count(); e++)
                v.values.array()[v.at(e)] = (float) (v.base[e] + (1 << i / 4) * scale * random.normal());
            evaluate(now);
            depends = !Arrays.equals(now, centre);
        }
        v.restore();
        return depends;
    }

    private void elements(double[] elements) {
        if (loss == null) {
            int n = layer.outputSize();
            for (int r = 0, e = 0; r < rows; r++)
                for (int c = 0, at = output.at(r); c < n; c++) elements[e++] = output.array()[at + c];
        } else {
            for (int r = 0; r < rows; r++)
                elements[r] = Harness.loss(loss, pass, r, rows, output, targets.slice(), dOutput);
        }
    }

    private void refer(double[] elements) {
        for (int i = 0; i < parameters.length; i++) widen(parameters[i], referenceParameters[i]);
        widen(input, referenceInput);
        reference.forward(rows, referenceParameters, referenceInput, referenceOutput);
        System.arraycopy(referenceOutput, 0, elements, 0, elements.length);
    }

    private void widen(Slice from, double[] to) {
        from.copyTo(copy, 0);
        for (int i = 0; i < to.length; i++) to[i] = copy[i];
    }

    /** Forward and backward: the elements, and all gradients into their slices. */
    void differentiate(double[] elements) {
        forward();
        elements(elements);
        if (loss == null) dOutput.copyFrom(projection, 0);
        harness.backward(pass, 0, rows);
        harness.gradient.clear();
        harness.parameterGradient(pass, rows, 1f, 0, 1);
        if (reference != null) {
            System.arraycopy(elements, 0, forward, 0, forward.length);
            refer(elements);
        }
    }

    /** Copies a variable's gradient out of its slice. */
    static void gradient(Variable v, double[] to) {
        Slice g = v.gradient;
        for (int r = 0, i = 0; r < g.rows(); r++)
            for (int c = 0, at = g.at(r); c < g.columns(); c++) to[i++] = g.array()[at + c];
    }
}
