package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import lanewise.bench.machine.Fastest;
import org.junit.jupiter.api.Test;

/** Tasks to be timed, and their timing as far as it is not a matter of time. */
class LayersTest {

    @Test
    void theShareOfZerosIsTheOneAskedFor() {
        assertEquals(1, new Layers(64, 0).density());
        assertEquals(0.2, new Layers(64, 0.8).density(), 0.01);
    }

    @Test
    void tasksGoThroughTheSamplesAgainAndAgain() {
        Layers layers = new Layers(64, 0.8);
        for (int batch : List.of(1, 4, 1024))
            for (Runnable task : List.of(layers.training(batch), layers.prediction(batch)))
                for (int i = 0; i <= 1024 / batch; i++) task.run();
    }

    @Test
    void aTaskRunsToWarmUpAndInARoundAtLeast() {
        int[] calls = {0};
        double seconds = Fastest.seconds(() -> calls[0]++, 0, 0);
        assertTrue(calls[0] >= 2);
        assertTrue(seconds > 0 && Double.isFinite(seconds));
    }
}
