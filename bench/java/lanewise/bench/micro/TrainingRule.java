package lanewise.bench.micro;

import lanewise.train.UpdateRule;
import lanewise.train.optimizer.Adam;

/** What happens to the parameters in a step that is measured. */
public enum TrainingRule {
    /** Plain gradient descent, of which each row's term goes straight into the parameters. */
    SGD(UpdateRule.SGD, -1),

    /** Adam, for which the gradient is summed first. */
    ADAM(UpdateRule.of(new Adam()), 2);

    private final UpdateRule rule;
    private final int states;

    TrainingRule(UpdateRule rule, int states) {
        this.rule = rule;
        this.states = states;
    }

    /** The rule. */
    UpdateRule rule() {
        return rule;
    }

    /** Arrays of state, each as large as the parameters; -1 if the gradient is not summed first. */
    int states() {
        return states;
    }
}
