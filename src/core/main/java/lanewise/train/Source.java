package lanewise.train;

/** Where a training's samples are, and how its steps are done on them: {@link Supply} here, {@link RemoteSource} elsewhere. */
interface Source extends AutoCloseable {

    /** Number of all samples. */
    int size();

    /** Number of an epoch's steps. */
    long steps();

    /** Rows of the largest batch that is loaded into a step here. */
    int mostRows();

    int targetSize();

    /** What a checkpoint knows the samples by. */
    String fingerprint();

    /** Number of an epoch's steps before a place; −1 if it is not between two batches. */
    long stepsBefore(int epoch, int position);

    /** Looks at the samples with which a training begins, so that unfit ones are refused before anything is written. */
    void check(int epoch, int position);

    /** Does the steps of the epoch under way, or those of a part of it. Returns whether it was not stopped. */
    boolean run(Epochs epochs, Step step);

    /** What may help a training that has diverged. */
    String remedy(int epoch, int position);

    @Override
    void close();
}
