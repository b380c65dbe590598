package lanewise.layer;

import java.util.function.LongPredicate;

/** The way for tests of other packages to a {@link Changeover} that they decide on, and to the number of rehearsals. */
public final class Changes {

    private Changes() {}

    /** Calls, counted from 0, run on the vector kernels where they are told to. */
    public static Changeover at(LongPredicate vectorAt) {
        return Changeover.at(vectorAt);
    }

    /** Rehearsals begun in this JVM. */
    public static long rehearsals() {
        return Changeover.rehearsals();
    }
}
