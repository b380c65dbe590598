package lanewise.train;

import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Loss;
import lanewise.layer.Task;
import lanewise.memory.Batch;
import lanewise.memory.Slice;

/** Looks at data for what keeps a network from learning them. */
final class DataCheck {

    /** Inputs and targets beyond this are named where a training diverges. */
    private static final float LARGE = 10f;

    private DataCheck() {}

    /** What makes data unfit for a network and a loss, to train or to evaluate; looks at every sample. */
    static void check(Network network, Loss loss, Dataset data) {
        int outputs = network.outputSize();
        loss.check(network.stack());
        if (data.size() == 0) throw new IllegalArgumentException("the data set has no samples");
        if (data.inputSize() != network.inputSize())
            throw new IllegalArgumentException("samples of " + data.inputSize() + " values, but the network has "
                    + network.inputSize() + " inputs");
        if (!loss.accepts(outputs, data.targetSize()))
            throw new IllegalArgumentException(
                    "targets of " + data.targetSize() + " values do not fit " + outputs + " outputs with " + loss);
        if (outputs > 1 && data.classes() > outputs)
            throw new IllegalArgumentException(
                    data.classes() + " classes, but the network has " + outputs + " outputs");
        Slice target = Slice.allocate(1, data.targetSize());
        // Only layers without a gradient with respect to their input are particular about it.
        Batch batch = network.stack().differentiableInput()
                ? null
                : Batch.forPrediction(network.stack().forPrediction(), 1);
        for (int sample = 0; sample < data.size(); sample++) {
            data.target(sample, target, 0);
            String why = loss.refusal(target, 0, outputs);
            if (why == null && batch != null) {
                data.input(sample, batch, 0);
                why = network.stack().refusal(batch.input(), 0);
            }
            if (why != null) throw new IllegalArgumentException("sample " + sample + ": " + why);
        }
    }

    /** What may help a training that has diverged: to scale what is large, inputs or targets, or a smaller rate. */
    static String remedy(Network network, Loss loss, Dataset data) {
        Batch batch = Batch.forPrediction(network.stack().forPrediction(), 1);
        Slice target = Slice.allocate(1, data.targetSize());
        boolean numbers = loss.task(network.outputSize()) == Task.REGRESSION;
        float[] largest = new float[2];
        int[][] place = new int[2][2];
        for (int sample = 0; sample < data.size(); sample++) {
            data.input(sample, batch, 0);
            data.target(sample, target, 0);
            for (int kind = network.stack().differentiableInput() ? 0 : 1; kind < (numbers ? 2 : 1); kind++) {
                Slice values = kind == 0 ? batch.input() : target;
                for (int c = 0; c < values.columns(); c++)
                    if (Math.abs(values.get(0, c)) > largest[kind]) {
                        largest[kind] = Math.abs(values.get(0, c));
                        place[kind] = new int[] {sample, c};
                    }
            }
        }
        String text = "";
        for (int kind = 0; kind < 2; kind++)
            if (largest[kind] > LARGE)
                text += (kind == 0 ? "the inputs" : "the targets") + " reach " + largest[kind] + " (number "
                        + place[kind][1]
                        + " of sample " + place[kind][0] + "), "
                        + (kind == 0
                                ? "scale them to about [-1, 1], or begin the network with a batch normalisation; "
                                : "scale them to about [-1, 1], and predictions back; ");
        return text + "a smaller learning rate may help";
    }
}
