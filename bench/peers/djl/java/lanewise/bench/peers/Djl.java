package lanewise.bench.peers;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** DJL on PyTorch: a Predictor of arrays, and a Trainer driven step by step. */
public final class Djl implements Peer {

    private final NDManager manager = NDManager.newBaseManager();
    private Model model;
    private Predictor<NDList, NDList> predictor;

    @Override
    public String name() {
        return "DJL";
    }

    @Override
    public String version() {
        return Engine.getDjlVersion() + ", PyTorch " + Engine.getInstance().getVersion();
    }

    @Override
    public String settings() {
        return "Predictor without a translator, Trainer driven step by step, on floats made beforehand; one thread within and"
                + " between operations";
    }

    /** The network, with or without a softmax behind it. */
    private Model model(float[] weights, boolean softmax) {
        int[] sizes = Work.sizes();
        SequentialBlock block = new SequentialBlock()
                .add(Linear.builder().setUnits(sizes[1]).build())
                .add(Activation::sigmoid)
                .add(Linear.builder().setUnits(sizes[2]).build())
                .add(Activation::sigmoid)
                .add(Linear.builder().setUnits(sizes[3]).build());
        if (softmax) block.add(LambdaBlock.singleton(array -> array.softmax(1)));
        block.initialize(manager, DataType.FLOAT32, new Shape(1, sizes[0]));
        set(block, weights);
        Model made = Model.newInstance("digits");
        made.setBlock(block);
        return made;
    }

    /** Weights are [output][input] there. */
    private void set(Block block, float[] weights) {
        int at = 0;
        for (var entry : block.getParameters()) {
            Parameter parameter = entry.getValue();
            long[] shape = parameter.getArray().getShape().getShape();
            float[] values = new float[(int) parameter.getArray().getShape().size()];
            if (shape.length == 1) System.arraycopy(weights, at, values, 0, values.length);
            else
                for (int o = 0; o < shape[0]; o++)
                    for (int i = 0; i < shape[1]; i++)
                        values[o * (int) shape[1] + i] = weights[at + i * (int) shape[0] + o];
            at += values.length;
            parameter.getArray().set(FloatBuffer.wrap(values));
        }
    }

    @Override
    public void load(Work work) throws Exception {
        model = model(work.weights(), true);
        predictor = model.newPredictor(new NoopTranslator());
    }

    @Override
    public void predict(float[] digit, float[] probabilities) throws Exception {
        try (NDManager scope = manager.newSubManager()) {
            NDList output = predictor.predict(new NDList(scope.create(digit, new Shape(1, Work.PIXELS))));
            System.arraycopy(output.singletonOrThrow().toFloatArray(), 0, probabilities, 0, Work.CLASSES);
            output.close();
        }
    }

    @Override
    public Scoring scoring(float[] digits, int rows) {
        return scoring(predictor, digits, rows);
    }

    private Scoring scoring(Predictor<NDList, NDList> predictor, float[] digits, int rows) {
        int count = digits.length / Work.PIXELS;
        NDManager scope = manager.newSubManager();
        NDArray all = scope.create(digits, new Shape(count, Work.PIXELS));
        List<NDList> inputs = new ArrayList<>();
        for (int at = 0; at < count; at += rows) inputs.add(new NDList(all.get(at + ":" + Math.min(at + rows, count))));
        float[] probabilities = new float[count * Work.CLASSES];
        return new Scoring() {
            @Override
            public void run() throws Exception {
                int at = 0;
                for (NDList input : inputs) {
                    NDList output = predictor.predict(input);
                    float[] some = output.singletonOrThrow().toFloatArray();
                    System.arraycopy(some, 0, probabilities, at, some.length);
                    at += some.length;
                    output.close();
                }
            }

            @Override
            public float[] probabilities() {
                return probabilities;
            }

            @Override
            public void close() {
                scope.close();
            }
        };
    }

    @Override
    public Training training(float[] weights, Digits digits, int batch, int threads) {
        Model trained = model(weights, false);
        Loss loss = Loss.softmaxCrossEntropyLoss();
        Trainer trainer = trained.newTrainer(new DefaultTrainingConfig(loss)
                .optOptimizer(Optimizer.sgd()
                        .setLearningRateTracker(Tracker.fixed(Work.rate(batch)))
                        .build()));
        trainer.initialize(new Shape(batch, Work.PIXELS));
        float[] samples = digits.floats(), pixels = new float[batch * Work.PIXELS], labels = new float[batch];
        return new Training() {
            @Override
            public void run(int[] order, int from, int to, float rate) {
                for (int at = from; at < to; at += batch)
                    try (NDManager scope = trainer.getManager().newSubManager()) {
                        for (int r = 0; r < batch; r++) {
                            System.arraycopy(
                                    samples, order[at + r] * Work.PIXELS, pixels, r * Work.PIXELS, Work.PIXELS);
                            labels[r] = digits.labels()[order[at + r]];
                        }
                        NDArray x = scope.create(pixels, new Shape(batch, Work.PIXELS));
                        NDArray y = scope.create(labels, new Shape(batch, 1));
                        try (GradientCollector collector = trainer.newGradientCollector()) {
                            NDList output = trainer.forward(new NDList(x));
                            output.attach(scope);
                            NDArray value = loss.evaluate(new NDList(y), output);
                            value.attach(scope);
                            collector.backward(value);
                        }
                        trainer.step();
                    }
            }

            @Override
            public float[] probabilities(float[] test) throws Exception {
                Model made = Model.newInstance("trained");
                made.setBlock(new SequentialBlock()
                        .add(trained.getBlock())
                        .add(LambdaBlock.singleton(array -> array.softmax(1))));
                try (Predictor<NDList, NDList> predictor = made.newPredictor(new NoopTranslator());
                        Scoring scoring = scoring(predictor, test, 1000)) {
                    scoring.run();
                    return scoring.probabilities();
                }
            }

            @Override
            public void close() {
                trainer.close();
            }
        };
    }
}
