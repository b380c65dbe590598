package lanewise.check;

/**
 * Makes sure of a race. A planted mistake that two threads have to meet in calls {@link #pass} between what it writes into
 * memory that they share and what it reads out of it. There the check's first thread waits until the second has passed, too,
 * and so has overwritten that memory, in its first calls beside each second thread. Calls of one thread alone never wait.
 */
final class Crossing {

    /** Calls that wait beside each second thread: more than one, since a row of zeros has nothing to overwrite. */
    private static final int CALLS = 8;

    private volatile Thread second;
    private volatile int passes;

    /** The second thread that the first has waited for, and how often; of the first thread alone. */
    private Thread met;

    private int waits;

    void pass() {
        Thread self = Thread.currentThread();
        if (self.getName().equals(ThreadRules.SECOND_THREAD)) {
            if (second != self) second = self;
            passes = passes + 1;
            return;
        }
        Thread other = second;
        if (other == null) return;
        if (other != met) waits = 0;
        met = other;
        if (waits == CALLS) return;
        waits++;
        for (int before = passes; passes == before && other.isAlive(); ) Thread.yield();
    }
}
