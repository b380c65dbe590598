package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.kernel.Kernels;
import lanewise.kernel.ScalarKernels;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.Test;

/** A rehearsal objects to kernels that are wrong or not faster, and ends when it is told to. */
class RehearsalTest {

    private final Model model = Model.of(
            Network.builder(20)
                    .dense(33, Activation.TANH)
                    .dense(5, Activation.IDENTITY)
                    .build(1),
            Loss.SOFTMAX_CROSS_ENTROPY);

    /** Ends after so many bursts or calls; never if that is negative. */
    private static final class Ending implements Rehearsal.Pace {

        private int left;
        int asked;

        Ending(int left) {
            this.left = left;
        }

        @Override
        public boolean isToEnd() {
            asked++;
            return --left == 0;
        }

        @Override
        public void rest(long nanos) {}
    }

    /** The scalar kernels, but that they find the non-zero inputs of a row in their own way. */
    private static class Other extends ScalarKernels {

        int searched;

        @Override
        public int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
            searched++;
            return super.copyNonZeros(x, xo, n, y, yo, positions, po);
        }
    }

    private static final class Slow extends Other {
        @Override
        public int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
            for (int i = 0; i < 1_000; i++) Thread.onSpinWait();
            return super.copyNonZeros(x, xo, n, y, yo, positions, po);
        }
    }

    private static final class Wrong extends Other {
        @Override
        public int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
            int found = super.copyNonZeros(x, xo, n, y, yo, positions, po);
            y[yo] += 1f;
            return found;
        }
    }

    private String run(Kernels kernels, int calls) {
        return new Rehearsal(model, 1, kernels, new Ending(calls)).run();
    }

    @Test
    void kernelsThatDoNotBecomeFasterAreObjectedToAfterAWhile() {
        String objection = run(new Slow(), -1);
        assertEquals(
                "the vector kernels did not become faster than the scalar ones within 100000 calls or 60 seconds",
                objection);
    }

    @Test
    void kernelsThatGiveOtherBitsAreObjectedTo() {
        String objection = run(new Wrong(), -1);
        assertTrue(objection.startsWith("the vector kernels gave other bits than the scalar ones"), objection);
    }

    /** What is asked for no more has no objection either. At most a burst of calls lies between two questions. */
    @Test
    void itEndsWhenItIsToldTo() {
        for (int when : new int[] {1, 2, 100}) {
            Other kernels = new Other();
            Ending ending = new Ending(when);
            assertNull(new Rehearsal(model, 1, kernels, ending).run());
            assertEquals(when, ending.asked);
            assertTrue(kernels.searched <= when * 250, kernels.searched + " calls");
        }
    }
}
