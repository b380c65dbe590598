package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lanewise.Allocation;
import lanewise.ChildJvm;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Once compiled, a step of training allocates nothing: a kernel that is clean alone can still box its vectors when it is
 * inlined into a step. In JVMs of their own, whose compiler has seen nothing but training.
 */
class TrainerAllocationTest {

    /** Steps between two looks, and so many looks in a row without an allocation are enough. */
    private static final int WINDOW = 1000, QUIET = 20, PATIENCE = 3000;

    /** Trains until it allocates nothing, and prints how that went. */
    static final class Child {
        public static void main(String[] args) {
            int batch = Integer.parseInt(args[0]), threads = Integer.parseInt(args[1]);
            Network network = Network.builder(60)
                    .dense(130, Activation.SIGMOID)
                    .residual(block -> block.dense(33, Activation.GELU_TANH).dense(130, Activation.IDENTITY))
                    .dense(10, Activation.IDENTITY)
                    .build(1);
            byte[] pixels = new byte[60 * WINDOW * batch], labels = new byte[WINDOW * batch];
            RandomSource random = new RandomSource(1);
            for (int i = 0; i < pixels.length; i++)
                if (random.nextInt(i / 600 % 2 == 0 ? 5 : 2) == 0) pixels[i] = (byte) random.nextInt(256);
            for (int i = 0; i < labels.length; i++) labels[i] = (byte) random.nextInt(10);
            Trainer[] trainer = new Trainer[1];
            trainer[0] = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .batchSize(batch)
                    .threads(threads)
                    .epochs(PATIENCE)
                    .learningRate(1e-3f)
                    .listener(new TrainingListener() {
                        private int step;
                        private int quiet;
                        private long before;

                        @Override
                        public void batchDone(int epoch, int done, int samples, double loss) {
                            step++;
                            // an epoch's end allocates a little, so the looks are within one
                            if (step % WINDOW == 10) before = Allocation.bytes();
                            if (step % WINDOW != WINDOW - 10) return;
                            quiet = Allocation.bytes() == before ? quiet + 1 : 0;
                            if (quiet == QUIET) trainer[0].stop();
                        }

                        @Override
                        public void epochDone(Epoch epoch) {
                            if (epoch.number() == PATIENCE) System.out.println("still allocates");
                        }
                    })
                    .build();
            trainer[0].train(Dataset.ofBytes(60, pixels, labels, 10));
            System.out.println("done");
        }
    }

    @ParameterizedTest
    @CsvSource({"vector, 1, 1", "vector, 7, 1", "vector, 17, 1", "vector, 24, 2", "scalar, 1, 1"})
    void aCompiledStepAllocatesNothing(String kernels, String batch, String threads) throws Exception {
        List<String> options = new ArrayList<>();
        if (kernels.equals("scalar")) options.add("-Dlanewise.kernels=scalar");
        else options.add("--add-modules=jdk.incubator.vector");
        String output = ChildJvm.run(options, Child.class, batch, threads);
        assertTrue(output.endsWith("done" + System.lineSeparator() + "exit 0"), output);
        assertEquals(-1, output.indexOf("still allocates"), output);
    }
}
