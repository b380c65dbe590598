package lanewise.spark;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What becomes of rows whose features are no input of the model: the values of {@link LanewiseModel#handleInvalid}. */
enum InvalidRows {
    /** The job fails, and the message names the row. */
    ERROR,
    /** The row is left out. */
    SKIP,
    /** The row stays, and its answers are NaN. */
    KEEP;

    static List<String> names() {
        return Arrays.stream(values()).map(InvalidRows::toString).toList();
    }

    static InvalidRows of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
