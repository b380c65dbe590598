package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.Test;

/** Many threads predict while models are swapped: each answer is, to the bit, that of the model that it names. */
class ModelSwapTest {

    private static final int THREADS = 16, INPUTS = 20;

    private final List<Model> models = IntStream.range(0, 4)
            .mapToObj(i -> Model.builder(
                            Network.builder(40)
                                    .dense(65, Activation.SIGMOID)
                                    .dense(10, Activation.IDENTITY)
                                    .build(i),
                            Loss.SOFTMAX_CROSS_ENTROPY)
                    .name("" + i)
                    .build())
            .toList();
    private final float[] inputs = RandomModels.inputs(40, INPUTS, 1);
    private final float[][] expected = new float[models.size()][INPUTS * 10];

    private volatile Model serving = models.get(0);
    private volatile boolean done;

    /** Two seconds; {@code -Dsoak=PT10M} for ten minutes. */
    @Test
    void everyAnswerIsThatOfTheModelThatItNames() throws Exception {
        for (int m = 0; m < models.size(); m++) models.get(m).predictor().predict(inputs, 0, expected[m], 0, INPUTS);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<Future<long[]>> servers = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int first = t;
            servers.add(threads.submit(() -> serve(first)));
        }
        long end = System.nanoTime()
                + Duration.parse(System.getProperty("soak", "PT2S")).toNanos();
        long swaps = 0;
        while (System.nanoTime() < end) {
            serving = models.get((int) (++swaps % models.size()));
            TimeUnit.MILLISECONDS.sleep(swaps % 50);
        }
        done = true;
        long[] sum = new long[2];
        for (Future<long[]> server : servers) {
            sum[0] += server.get()[0];
            sum[1] += server.get()[1];
        }
        threads.shutdown();
        System.out.println(swaps + " swaps seen " + sum[1] + " times, " + sum[0] + " answers, all exact");
        assertTrue(sum[1] > 0, "threads saw models change");
    }

    /** Answers until it is told to end; how many answers, and how often another model. */
    private long[] serve(int input) {
        long answers = 0, seen = 0;
        float[] answer = new float[10];
        Predictor predictor = serving.predictor();
        while (!done) {
            Model model = serving;
            if (predictor.model() != model) {
                predictor = model.predictor();
                seen++;
            }
            input = (input + 1) % INPUTS;
            predictor.predict(inputs, input * 40, answer, 0);
            float[] exact = expected[Integer.parseInt(predictor.model().name())];
            for (int o = 0; o < 10; o++)
                if (Float.floatToRawIntBits(answer[o]) != Float.floatToRawIntBits(exact[input * 10 + o]))
                    assertEquals(exact[input * 10 + o], answer[o], "model " + model.name() + ", input " + input);
            answers++;
        }
        return new long[] {answers, seen};
    }
}
