package lanewise.examples;

import lanewise.layer.RandomSource;

/**
 * How far images are deformed at random: an affine map about the middle and, on top of it, a smooth random displacement of each
 * pixel (Simard, Steinkraus and Platt 2003, section 2). Lengths are shares of the image's larger side, so that images of any
 * size are deformed alike. Every number is drawn uniformly from [−most, most].
 *
 * @param rotation most degrees
 * @param scaling most change of width and of height, each by itself, as a share
 * @param shear most sideways shift of a row, as a share of its distance from the middle
 * @param translation most shift in each direction
 * @param sigma standard deviation of the Gaussian that smooths the displacements
 * @param alpha what the smoothed displacements, of noise in [−1, 1], are multiplied by
 */
record Deformation(double rotation, double scaling, double shear, double translation, double sigma, double alpha) {

    /** For digits and letters of 28 by 28 pixels: sigma is 5 pixels and alpha 36, nearly those of Cireşan et al. 2010. */
    static final Deformation HANDWRITING = new Deformation(10, 0.12, 0.12, 1 / 28.0, 5 / 28.0, 36 / 28.0);

    /** The Gaussian is cut off at so many standard deviations. */
    private static final int REACH = 3;

    /** Checks the numbers. */
    Deformation {
        for (double most : new double[] {rotation, scaling, shear, translation, sigma, alpha})
            if (!(most >= 0 && most < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException(
                        "a deformation of " + most + ", zero or a positive finite number expected");
        if (scaling >= 1) throw new IllegalArgumentException("scaling by " + scaling + ", less than 1 expected");
    }

    /**
     * Deforms images of one size; has room of its own, and is for one thread. Floats are multiplied and added in one order, and
     * functions are those of StrictMath: an image and a source of random numbers give the same bytes on every machine.
     */
    static final class Deformer {

        private final Deformation most;
        private final int width;
        private final int height;
        private final float[] weights;

        /** Displacements, column after column. */
        private final float[] horizontal;

        private final float[] vertical;

        /** Noise with a margin of rows above and below it, and the same of columns, column after column. */
        private final float[] rows;

        private final float[] columns;
        private final float[] one;
        private final float[] other;

        Deformer(Deformation most, int width, int height) {
            this.most = most;
            this.width = width;
            this.height = height;
            weights = gaussian(most.sigma * Math.max(width, height));
            int margin = weights.length - 1;
            horizontal = new float[width * height];
            vertical = new float[width * height];
            rows = new float[width * (height + margin)];
            columns = new float[height * (width + margin)];
            one = new float[width * height];
            other = new float[width * height];
        }

        /** Weights that add up to 1, the middle one the largest. */
        private static float[] gaussian(double sigma) {
            int reach = (int) Math.ceil(REACH * sigma);
            double[] exact = new double[2 * reach + 1];
            double sum = 0;
            for (int i = -reach; i <= reach; i++) {
                exact[i + reach] = i == 0 ? 1 : StrictMath.exp(-i * i / (2 * sigma * sigma));
                sum += exact[i + reach];
            }
            float[] weights = new float[exact.length];
            for (int i = 0; i < weights.length; i++) weights[i] = (float) (exact[i] / sum);
            return weights;
        }

        /**
         * Deforms an image. Each pixel takes the brightness at its place before the deformation, interpolated between four
         * pixels; beyond the image it is zero.
         *
         * @param random where the numbers come from
         * @param image holds the image
         * @param at index of its first pixel
         * @param deformed another array
         * @param to index of the first pixel there
         */
        void deform(RandomSource random, byte[] image, int at, byte[] deformed, int to) {
            double angle = StrictMath.toRadians(uniform(random, most.rotation)),
                    cos = StrictMath.cos(angle),
                    sin = StrictMath.sin(angle),
                    scaleX = 1 / (1 + uniform(random, most.scaling)),
                    scaleY = 1 / (1 + uniform(random, most.scaling)),
                    shear = uniform(random, most.shear),
                    side = Math.max(width, height),
                    shiftX = uniform(random, most.translation * side),
                    shiftY = uniform(random, most.translation * side);
            float xx = (float) (cos * scaleX),
                    xy = (float) ((sin + shear * cos) * scaleX),
                    yx = (float) (-sin * scaleY),
                    yy = (float) ((cos - shear * sin) * scaleY);
            float middleX = (width - 1) / 2f, middleY = (height - 1) / 2f;
            float fromX = middleX + (float) shiftX, fromY = middleY + (float) shiftY;
            float alpha = (float) (most.alpha * side);
            if (alpha > 0) {
                displacements(random, horizontal);
                displacements(random, vertical);
            }
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    float dx = x - middleX, dy = y - middleY;
                    int place = x * height + y;
                    float sourceX = fromX + xx * dx + xy * dy + alpha * horizontal[place];
                    float sourceY = fromY + yx * dx + yy * dy + alpha * vertical[place];
                    deformed[to + y * width + x] = (byte) (int) (brightness(image, at, sourceX, sourceY) + 0.5f);
                }
        }

        private static double uniform(RandomSource random, double most) {
            return most * (2 * random.uniform() - 1);
        }

        /**
         * Noise that is smoothed along its columns and then, turned about its diagonal, along its rows; opposite edges adjoin.
         * The loops are as long as the image, which is what makes them fast.
         */
        private void displacements(RandomSource random, float[] smooth) {
            int reach = weights.length / 2;
            for (int i = 0; i < width * height; i++) rows[reach * width + i] = 2 * random.uniform() - 1;
            smooth(rows, width, height, smooth);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) columns[(reach + x) * height + y] = smooth[y * width + x];
            smooth(columns, height, width, smooth);
        }

        /** Smooths lines of so many numbers across, which have room for margins before and after them. */
        private void smooth(float[] lines, int length, int count, float[] smooth) {
            int reach = weights.length / 2;
            for (int i = 0; i < reach; i++) {
                int before = reach + count - 1 - i % count, after = reach + i % count;
                System.arraycopy(lines, before * length, lines, (reach - 1 - i) * length, length);
                System.arraycopy(lines, after * length, lines, (reach + count + i) * length, length);
            }
            System.arraycopy(lines, reach * length, one, 0, smooth.length);
            for (int i = 0; i < smooth.length; i++) smooth[i] = weights[reach] * one[i];
            for (int far = 1; far <= reach; far++) {
                System.arraycopy(lines, (reach - far) * length, one, 0, smooth.length);
                System.arraycopy(lines, (reach + far) * length, other, 0, smooth.length);
                add(weights[reach + far], one, other, smooth);
            }
        }

        /** From the JDK's view arrays with different offsets may overlap; without offsets the loop is vectorised. */
        private static void add(float weight, float[] one, float[] other, float[] sum) {
            for (int i = 0; i < sum.length; i++) sum[i] += weight * (one[i] + other[i]);
        }

        private float brightness(byte[] image, int at, float x, float y) {
            int left = (int) Math.floor(x), top = (int) Math.floor(y);
            if (left < -1 || left >= width || top < -1 || top >= height) return 0f;
            float right = x - left, down = y - top;
            float above = (1 - right) * pixel(image, at, left, top) + right * pixel(image, at, left + 1, top);
            float below = (1 - right) * pixel(image, at, left, top + 1) + right * pixel(image, at, left + 1, top + 1);
            return (1 - down) * above + down * below;
        }

        private float pixel(byte[] image, int at, int x, int y) {
            return x < 0 || x >= width || y < 0 || y >= height ? 0f : image[at + y * width + x] & 255;
        }
    }
}
