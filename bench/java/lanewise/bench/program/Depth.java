package lanewise.bench.program;

/** How exact a run is, and how long it takes. */
public enum Depth {
    /** To see whether something has gone wrong: a few minutes, and nothing to be quoted. */
    QUICK(3, 10, 300, 1),
    /** What the suite runs without being asked. */
    STANDARD(5, 15, 300, 1.5),
    /** All sizes and all kernels: a night. */
    FULL(5, 20, 500, 5);

    /** Seconds of one of JMH's iterations before the measurement. */
    static final double WARM_UP_SECONDS = 0.1;

    private final int forks, warmUps, windows;
    private final double programSeconds;

    Depth(int forks, int warmUps, int windows, double programSeconds) {
        this.forks = forks;
        this.warmUps = warmUps;
        this.windows = windows;
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

    /** JMH's iterations of the measurement, each of them a window. */
    public int windows() {
        return windows;
    }

    /** Seconds for each figure of a program that is not JMH's. */
    public double programSeconds() {
        return programSeconds;
    }
}
