package lanewise.check;

import lanewise.check.GradientReport.Kind;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;

/** x · sigmoid(x), or another function where the mistake needs one, right but for one mistake. */
final class PlantedActivation extends Activation {

    enum Mistake {
        NONE(null, ""),
        DERIVATIVE_OF_VALUE(Kind.WRONG_GRADIENT, "x"),
        DERIVATIVE_IS_ONE(Kind.WRONG_GRADIENT, "x"),
        DERIVATIVE_IS_ZERO(Kind.FORGOTTEN_GRADIENT, "x: its gradient is zero everywhere"),
        TERM_FORGOTTEN(Kind.WRONG_GRADIENT, "x"),
        WRONG_BELOW_MINUS_EIGHT(Kind.WRONG_GRADIENT, "x"),
        WRONG_NEAR_ZERO(Kind.WRONG_GRADIENT, "x"),
        ROUGH_CONSTANT(Kind.WRONG_GRADIENT, "x"),
        WRONG_SIDE_OF_KINK(Kind.WRONG_GRADIENT, "x"),
        STEP(Kind.ZERO_GRADIENT, "x");

        final Kind kind;
        final String text;

        Mistake(Kind kind, String text) {
            this.kind = kind;
            this.text = text;
        }
    }

    private final Mistake mistake;

    PlantedActivation(Mistake mistake) {
        super("planted " + mistake);
        this.mistake = mistake;
    }

    @Override
    public float value(float x) {
        if (mistake == Mistake.WRONG_SIDE_OF_KINK) return Math.max(x, 0.125f * x);
        if (mistake == Mistake.STEP) return x > 0 ? 1 : 0;
        return x * Arithmetic.sigmoid(x);
    }

    @Override
    public float derivative(float x, float y) {
        float s = Arithmetic.sigmoid(x), right = Math.fma(y, 1 - s, s);
        return switch (mistake) {
            case NONE -> right;
            case DERIVATIVE_OF_VALUE ->
                Math.fma(y * Arithmetic.sigmoid(y), 1 - Arithmetic.sigmoid(y), Arithmetic.sigmoid(y));
            case DERIVATIVE_IS_ONE -> 1;
            case DERIVATIVE_IS_ZERO, STEP -> 0;
            case TERM_FORGOTTEN -> s;
            case WRONG_BELOW_MINUS_EIGHT -> x < -8 ? 0.01f : right;
            case WRONG_NEAR_ZERO -> Math.abs(x) < 0.03f ? 0.5f : right;
            case ROUGH_CONSTANT -> right * 1.001f;
            case WRONG_SIDE_OF_KINK -> x > 0 ? 0.125f : 1;
        };
    }
}
