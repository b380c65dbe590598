package lanewise.bench.result;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lanewise.bench.machine.Machine;

/** Results whose figures are given. */
public final class Planted {

    public static final Machine MACHINE = new Machine("a CPU", "amd64", 2, "L1 32K, L2 512K", "25.0.3+9-LTS", "Linux");

    public static final Subject LANEWISE = new Subject("Lanewise", "0.1.0", "1 thread", "");

    /** A quiet machine. */
    public static final Conditions QUIET =
            new Conditions(1_700_000_000_000L, "a boot", 10, 0.99, 0.98, 0, 0.05, 0.0001);

    private Planted() {}

    /** A fork of 256 bit that allocates nothing on a quiet machine. */
    public static Fork fork(double... values) {
        return fork(QUIET, values);
    }

    public static Fork fork(Conditions conditions, double... values) {
        return new Fork(Arrays.stream(values).boxed().toList(), List.of(), 0.001, "256", conditions);
    }

    /** A row of nanoseconds that promises to allocate nothing, on kernels of 256 bit. */
    public static Row row(String task, List<Fork> forks) {
        Key key = Key.of("kernels.KernelBenchmark." + task, Map.of("shape", "784x128", Key.KERNELS, "256"));
        return new Row(key, "avgt", "ns/op", true, LANEWISE, null, List.of("-Xmx1g"), forks, List.of());
    }

    /** A row whose forks have five iterations each, all within half a per cent of a level. */
    public static Row levels(String task, double... levels) {
        List<Fork> forks = new ArrayList<>();
        for (double x : levels) forks.add(fork(0.997 * x, 1.004 * x, 1.002 * x, 1.006 * x, x));
        return row(task, forks);
    }

    /** A run of a commit on {@link #MACHINE}. */
    public static Results results(String commit, Row... rows) {
        return new Results("0.1.0", commit, QUIET.started(), MACHINE, List.of(rows), List.of());
    }
}
