package lanewise.train;

import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Changeover;
import lanewise.layer.Layer;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/** A network's logits for the samples of a data set, on one worker. */
final class Inference {

    /** Most samples that are computed together. */
    static final int ROWS = 16;

    private final Dataset data;
    private final Layer layer;
    private final Parameters parameters;
    private final Batch batch;

    /** Of the calling thread's inference; null for the others, whose kernels follow the first one's. */
    private final Changeover changeover;

    private final Inference first;

    /** @param first that of the calling thread; null if it is this one */
    Inference(Network network, Dataset data, Inference first) {
        this.data = data;
        this.first = first;
        layer = network.stack().forPrediction();
        parameters = network.parameters().as(layer);
        batch = Batch.forPrediction(layer, ROWS);
        changeover = first == null ? Changeover.ofPrediction(layer, ROWS) : null;
    }

    /** Rows 0 to count − 1 of what is returned are the logits of the samples from {@code from} on, until the next call. */
    Slice logits(int from, int count) {
        if (changeover != null) changeover.begin(batch, (data.size() - from) / ROWS);
        else batch.kernels(first.batch.kernels());
        for (int r = 0; r < count; r++) data.input(from + r, batch, r);
        layer.forward(batch.pass(), 0, count, parameters, batch.input(), batch.output());
        if (changeover != null) changeover.end(count);
        return batch.output();
    }

    Batch batch() {
        return batch;
    }
}
