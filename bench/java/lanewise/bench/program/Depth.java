package lanewise.bench.program;

/** How exact a run is, and how long it takes. */
public enum Depth {
    /** To see whether something has gone wrong: a few minutes, and nothing to be quoted. */
    QUICK(3, 10, 5, 0.1, 1),
    /** What the suite runs without being asked. */
    STANDARD(5, 15, 10, 0.1, 2),
    /** All sizes and all kernels: a night. */
    FULL(5, 20, 10, 0.1, 5);
    private final int forks, warmUps, iterations;
    private final double iterationSeconds, programSeconds;

    Depth(int forks, int warmUps, int iterations, double iterationSeconds, double programSeconds) {
        this.forks = forks;
        this.warmUps = warmUps;
        this.iterations = iterations;
        this.iterationSeconds = iterationSeconds;
        this.programSeconds = programSeconds;
    }

    /** Processes for each row. */
    public int forks() {
        return forks;
    }

    /** JMH's iterations before the measurement. */
    public int warmUps() {
        return warmUps;
    }

    /** JMH's iterations of the measurement. */
    public int iterations() {
        return iterations;
    }

    /** Seconds of one of JMH's iterations. */
    public double iterationSeconds() {
        return iterationSeconds;
    }

    /** Seconds for each figure of a program that is not JMH's. */
    public double programSeconds() {
        return programSeconds;
    }
}
