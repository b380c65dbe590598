package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import lanewise.memory.Batch;
import lanewise.memory.Memory;
import lanewise.memory.Operation;
import lanewise.memory.Pass;
import org.junit.jupiter.api.Test;

/** An operation finds the memory that it asked for, and is told what it forgot to ask for. */
class PassTest {

    private enum Kept {
        VALUE,
        GATE,
        MEAN,
        ROW
    }

    private enum Other {
        VALUE,
        GATE
    }

    private record Asking(Memory training, Memory prediction) implements Operation {

        @Override
        public int inputSize() {
            return 3;
        }

        @Override
        public int outputSize() {
            return 3;
        }

        @Override
        public Memory memory(boolean training) {
            return training ? this.training : prediction;
        }

        @Override
        public String toString() {
            return "gated 3";
        }
    }

    private static final Memory ALL =
            Memory.NONE.scratch(Kept.ROW, 1, 7).perRow(5).perRow(Kept.GATE, 3).perBatch(Kept.MEAN, 2, 3);

    private static String refused(Runnable call) {
        return assertThrows(IllegalArgumentException.class, call::run).getMessage();
    }

    @Test
    void namesFindMatricesOfAllLifetimes() {
        Batch batch = Batch.forTraining(new Asking(ALL, Memory.NONE), 4, 2);
        Pass pass = batch.pass(0), second = batch.pass(1);
        assertEquals(4, pass.get(Kept.GATE).rows());
        assertEquals(3, pass.get(Kept.GATE).columns());
        assertEquals(2, pass.get(Kept.MEAN).rows());
        assertEquals(7, pass.get(Kept.ROW).columns());
        assertEquals(5, pass.perRow(0).columns());
        assertSame(pass.perRow(1), pass.get(Kept.GATE));
        assertSame(pass.perBatch(0), pass.get(Kept.MEAN));
        assertSame(pass.scratch(0), pass.get(Kept.ROW));
        assertSame(pass.get(Kept.GATE), second.get(Kept.GATE));
        assertSame(pass.get(Kept.MEAN), second.get(Kept.MEAN));
        assertNotSame(pass.get(Kept.ROW), second.get(Kept.ROW));
    }

    @Test
    void whatWasNotAskedForIsSaidInWords() {
        Asking asking = new Asking(ALL, Memory.NONE);
        Pass training = Batch.forTraining(asking, 4).pass(),
                prediction = Batch.forPrediction(asking, 4).pass();
        String asked = "; memory(true) of this layer asks for perRow(0), GATE, MEAN, ROW; ask for it there, or is this"
                + " another layer's pass?";
        assertEquals("gated 3: no memory VALUE" + asked, refused(() -> training.get(Kept.VALUE)));
        assertEquals("gated 3: no memory GATE" + asked, refused(() -> training.get(Other.GATE)));
        assertEquals("gated 3: no memory perRow(2)" + asked, refused(() -> training.perRow(2)));
        assertEquals("gated 3: no memory perBatch(1)" + asked, refused(() -> training.perBatch(1)));
        assertEquals("gated 3: no memory scratch(1)" + asked, refused(() -> training.scratch(1)));
        assertEquals(
                "gated 3: no memory GATE; memory(false) of this layer asks for none; ask for it there, or is this another"
                        + " layer's pass?",
                refused(() -> prediction.get(Kept.GATE)));
    }

    @Test
    void aNameIsGivenOnce() {
        assertEquals("two matrices named GATE; a name for each expected", refused(() -> ALL.scratch(Kept.GATE, 1, 1)));
        assertEquals(
                "matrices named GATE and VALUE of two enums, lanewise.PassTest$Kept and lanewise.PassTest$Other; names"
                        + " of one enum expected",
                refused(() -> ALL.perRow(Other.VALUE, 1)));
    }
}
