package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import lanewise.bench.micro.Composition;
import lanewise.bench.micro.Composition.Part;
import org.junit.jupiter.api.Test;

/** The table of what a step is made of. */
class StepsTest {

    @Test
    void theRestAndTheWholeStandBelowTheKernels() {
        Composition composition = new Composition(
                "training step, batch 1",
                5e-6,
                List.of(new Part("gerGemv", "784x128, listed", 1, 2.5e-6), new Part("nonZeros", "128", 0.0625, 16e-9)));
        assertEquals("""
                **training step, batch 1**

                | kernel | shape | calls | one, ns | all, ns | share |
                |---|---|---:|---:|---:|---:|
                | gerGemv | 784x128, listed | 1 | 2,500 | 2,500 | 50.0 % |
                | nonZeros | 128 | 0.063 | 16.0 | 1.0 | 0.0 % |
                | the rest | | | | 2,499 | 50.0 % |
                | the whole | | | | 5,000 | 100.0 % |

                """, Steps.table(composition).markdown());
    }
}
