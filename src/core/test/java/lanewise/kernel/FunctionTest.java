package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import lanewise.layer.Activation;
import org.junit.jupiter.api.Test;

class FunctionTest {

    /** They stand in model files. */
    @Test
    void numbersNeverChange() {
        List<String> expected = List.of(
                "1 IDENTITY",
                "2 SIGMOID",
                "3 TANH",
                "4 RELU",
                "5 LEAKY_RELU",
                "6 SOFTPLUS",
                "7 GELU_TANH",
                "8 SILU",
                "9 ELU",
                "10 SELU",
                "11 HARD_SIGMOID",
                "12 HARD_SWISH",
                "13 MISH",
                "14 GELU",
                "15 SOFTSIGN",
                "16 SCALED_SOFTPLUS",
                "17 CLIP",
                "18 THRESHOLD",
                "19 CELU",
                "20 LOG_SIGMOID",
                "21 TANH_SHRINK");
        assertEquals(
                expected,
                Arrays.stream(Function.values()).map(f -> f.number() + " " + f).toList());
    }

    @Test
    void everyFunctionIsAnActivation() {
        assertEquals(
                Arrays.stream(Function.values()).map(Function::number).collect(Collectors.toSet()),
                Activation.all().stream().map(Activation::number).collect(Collectors.toSet()));
    }

    /** The derivative is that of the function's row: slopes of secants, where no kink is near. */
    @Test
    void derivativesAreSlopes() {
        float positive = 1.05f, negative = 0.3f, h = 1e-3f;
        for (Function function : Function.values())
            for (float x : new float[] {-2.3f, -0.7f, 0.4f, 1.9f}) {
                double slope =
                        ((double) function.value(x + h, positive, negative) - function.value(x - h, positive, negative))
                                / ((double) (x + h) - (x - h));
                float v = function.inPlace() ? function.value(x, positive, negative) : x;
                assertEquals(slope, function.derivative(v, positive, negative), 1e-3, function + " at " + x);
            }
    }
}
