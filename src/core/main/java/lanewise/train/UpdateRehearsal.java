package lanewise.train;

import java.util.List;
import java.util.function.Consumer;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * An update of a few parameters of its own, so that {@link lanewise.layer.Changeover} gets its kernels compiled beside a
 * training. It leaves them near where they are, since its rate is zero.
 */
final class UpdateRehearsal implements Consumer<Pass> {

    private static final ParameterShape SHAPE = new ParameterShape("rehearsal", ParameterShape.Role.WEIGHTS, 16, 256);

    private final UpdateRule rule;
    private final boolean averages;
    private final Slice w = zeros(), g = zeros(), average = zeros();
    private final Slice[] state;

    UpdateRehearsal(UpdateRule rule, boolean averages) {
        this.rule = rule;
        this.averages = averages;
        state = new Slice[rule.optimizer().states()];
        for (int s = 0; s < state.length; s++) state[s] = zeros();
    }

    private static Slice zeros() {
        return Parameters.zeros(List.of(SHAPE)).get(0);
    }

    @Override
    public void accept(Pass pass) {
        for (int c = 0; c < SHAPE.columns(); c++)
            for (int r = 0; r < SHAPE.rows(); r++) g.set(r, c, ((r + c) & 1) == 0 ? 0.01f : -0.01f);
        rule.update(pass, SHAPE, w, g, state, 1, 0f, 0.5f);
        if (averages)
            pass.kernels()
                    .average(0.1f, w.array(), w.offset(), average.array(), average.offset(), w.rows() * w.stride());
    }

    /** The rule, which decides what has to be compiled. */
    @Override
    public String toString() {
        return rule + (averages ? ", average" : "");
    }
}
