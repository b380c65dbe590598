package lanewise.spark.training;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/**
 * The ports at which the tasks of barrier jobs wait for each other, both ends included; below those that systems give to clients, if
 * nothing else is set.
 */
record PortRange(int first, int last) {

    /** Spark's setting of it, two numbers such as {@code 20000-32000}. */
    static final String SETTING = "spark.lanewise.training.ports";

    private static final String DEFAULT = "20000-32000";

    private static final Pattern RANGE = Pattern.compile("\\s*(\\d{1,5})\\s*-\\s*(\\d{1,5})\\s*");

    /** So many does each task try, as others may have the first ones. */
    private static final int OF_TASK = 4;

    /**
     * The range of an application.
     *
     * @throws IllegalArgumentException if the setting is none
     */
    static PortRange of(SparkConf conf) {
        String text = conf.get(SETTING, DEFAULT);
        Matcher matcher = RANGE.matcher(text);
        if (matcher.matches()) {
            PortRange range = new PortRange(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
            if (range.first >= 1_024 && range.first <= range.last && range.last <= 65_535) return range;
        }
        throw new IllegalArgumentException(SETTING + " is \"" + text
                + "\"; the first and the last port expected, from 1024 to 65535, such as " + DEFAULT);
    }

    /**
     * Draws the ports of a job's tasks: no two tasks have one in common, unless the range is too small for that. Tasks on the same
     * host then try those that are still free.
     *
     * @return for each task several; fewer if the range has not so many
     */
    int[][] draw(int tasks, Random random) {
        List<Integer> all = new ArrayList<>();
        for (int port = first; port <= last; port++) all.add(port);
        Collections.shuffle(all, random);
        int[][] ports = new int[tasks][Math.min(OF_TASK, all.size())];
        for (int task = 0; task < tasks; task++)
            for (int i = 0; i < ports[task].length; i++)
                ports[task][i] = all.get((int) (((long) task * OF_TASK + i) % all.size()));
        return ports;
    }
}
