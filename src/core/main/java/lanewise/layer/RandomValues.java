package lanewise.layer;

import lanewise.memory.Slice;

/** The initialisers that draw. One class, because lambdas would take longer to load than a model. */
final class RandomValues implements Initializer {

    private final boolean normal;

    /** Without fans the limit or standard deviation, else its square times the fans. */
    private final double numerator;

    /** 0: the scale is given; 1: it depends on the fan-in; 2: on the sum of fan-in and fan-out. */
    private final int fans;

    private RandomValues(boolean normal, double numerator, int fans) {
        this.normal = normal;
        this.numerator = numerator;
        this.fans = fans;
    }

    static RandomValues uniform(double numerator, int fans) {
        return new RandomValues(false, numerator, fans).checked();
    }

    static RandomValues normal(double numerator, int fans) {
        return new RandomValues(true, numerator, fans).checked();
    }

    private RandomValues checked() {
        if (!(numerator >= 0 && (float) numerator < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException((normal ? "standard deviation " : "limit ") + numerator
                    + " given, a finite number of at least 0 expected");
        return this;
    }

    @Override
    public void fill(Slice weights, RandomSource random) {
        float scale = (float)
                (fans == 0
                        ? numerator
                        : StrictMath.sqrt(
                                numerator / (fans == 1 ? weights.rows() : weights.rows() + weights.columns())));
        for (int r = 0; r < weights.rows(); r++)
            for (int c = 0; c < weights.columns(); c++)
                weights.set(r, c, scale * (normal ? random.normal() : 2f * random.uniform() - 1f) + 0f);
    }
}
