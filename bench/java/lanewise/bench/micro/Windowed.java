package lanewise.bench.micro;

import lanewise.bench.program.ClockProfiler;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A benchmark whose iterations are windows: its thread reads the calibration loop before and after each, so that those
 * which a neighbour has disturbed are known without a look at their results.
 */
@State(Scope.Thread)
public abstract class Windowed {

    /** Reads the loop before an iteration. */
    @Setup(Level.Iteration)
    public void before() {
        ClockProfiler.read();
    }

    /** Reads the loop after an iteration. */
    @TearDown(Level.Iteration)
    public void after() {
        ClockProfiler.read();
    }
}
