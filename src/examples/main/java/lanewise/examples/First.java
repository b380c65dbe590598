package lanewise.examples;

import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.train.Trainer;

/** The README's first program: learns the exclusive or and predicts with it. */
public final class First {

    private First() {}

    /**
     * Trains, then prints a class for each of the four inputs.
     *
     * @param args not used
     */
    public static void main(String[] args) {
        float[] inputs = {0, 0, 0, 1, 1, 0, 1, 1};
        float[] classes = {0, 1, 1, 0};
        Network network = Network.builder(2)
                .dense(8, Activation.TANH)
                .dense(2, Activation.IDENTITY)
                .build(1);
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .learningRate(0.1f)
                .epochs(200)
                .build()
                .train(Dataset.ofFloats(2, inputs, 1, classes));
        Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
        Predictor predictor = model.predictor();
        for (int i = 0; i < 4; i++) {
            int answer = predictor.classify(inputs, 2 * i);
            System.out.println((int) inputs[2 * i] + " xor " + (int) inputs[2 * i + 1] + " = " + answer);
        }
    }
}
