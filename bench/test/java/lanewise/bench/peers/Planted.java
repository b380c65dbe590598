package lanewise.bench.peers;

/** Peers made for tests: this library under another name, and ones with a mistake each. */
public final class Planted {

    private Planted() {}

    /** Computes the same. */
    public static class Right implements Peer {

        final ThisLibrary library = new ThisLibrary();

        @Override
        public String name() {
            return "Planted";
        }

        @Override
        public String version() {
            return "1";
        }

        @Override
        public String settings() {
            return "none";
        }

        @Override
        public void load(Work work) throws Exception {
            library.load(work);
        }

        @Override
        public void predict(float[] digit, float[] probabilities) {
            library.predict(digit, probabilities);
        }

        @Override
        public int[] batchSizes() {
            return new int[] {128};
        }

        @Override
        public Scoring scoring(float[] digits, int rows) {
            return library.scoring(digits, rows);
        }

        @Override
        public Training training(float[] weights, Digits digits, int batch, int threads) {
            return library.training(weights, digits, batch, threads);
        }

        @Override
        public Course course(float[] weights, Digits digits) {
            return library.course(weights, digits);
        }
    }

    /** One probability of the first digit is wrong by a little. */
    public static final class OneWrongProbability extends Right {

        private int call;

        @Override
        public void predict(float[] digit, float[] probabilities) {
            super.predict(digit, probabilities);
            if (call++ == 0) probabilities[7] += 2 * Reference.SAME_WEIGHTS;
        }
    }

    /** Predicts NaN. */
    public static final class NotANumber extends Right {

        @Override
        public Scoring scoring(float[] digits, int rows) {
            Scoring scoring = super.scoring(digits, rows);
            return new Scoring() {
                @Override
                public void run() throws Exception {
                    scoring.run();
                }

                @Override
                public float[] probabilities() throws Exception {
                    float[] probabilities = scoring.probabilities();
                    probabilities[3] = Float.NaN;
                    return probabilities;
                }
            };
        }
    }

    /** Tells how often it has predicted all digits. */
    public static final class Counts extends Right {

        private int runs;

        @Override
        public String settings() {
            return "all digits " + runs + " times";
        }

        @Override
        public Scoring scoring(float[] digits, int rows) {
            Scoring scoring = super.scoring(digits, rows);
            return new Scoring() {
                @Override
                public void run() throws Exception {
                    runs++;
                    scoring.run();
                }

                @Override
                public float[] probabilities() throws Exception {
                    return scoring.probabilities();
                }
            };
        }
    }

    /** Trains by a rate that is a tenth too small. */
    public static final class OtherRate extends Right {

        @Override
        public Training training(float[] weights, Digits digits, int batch, int threads) {
            Training training = super.training(weights, digits, batch, threads);
            return new Training() {
                @Override
                public void run(int[] order, int from, int to, float rate) throws Exception {
                    training.run(order, from, to, 0.9f * rate);
                }

                @Override
                public float[] probabilities(float[] test) throws Exception {
                    return training.probabilities(test);
                }
            };
        }
    }

    /** Does not train at all. */
    public static final class StopsEarly extends Right {

        @Override
        public Course course(float[] weights, Digits digits) {
            Course course = super.course(weights, digits);
            return new Course() {
                @Override
                public void run() {}

                @Override
                public float[] probabilities(float[] test) throws Exception {
                    return course.probabilities(test);
                }
            };
        }
    }

    /** Cannot be loaded. */
    public static final class Fails extends Right {

        @Override
        public void load(Work work) {
            throw new IllegalStateException("no native library\nmore");
        }
    }
}
