package lanewise.layer;

import lanewise.Predictor;

/**
 * What a network's outputs answer, which decides whether there are classes, what {@link Predictor#classify} says and what
 * an evaluation counts as correct. {@link Loss#task} names a loss's task.
 */
public enum Task {

    // Their order is part of the format of model files.

    /** Each output is a number. There are no classes and there is no accuracy. */
    REGRESSION,

    /** One output: yes where its logit is above zero, class 1, else no, class 0. */
    BINARY,

    /** One of several classes: that of the largest logit, of equal ones the lowest. */
    MULTICLASS,

    /** Several outputs, each of which answers yes or no by itself: yes where its logit is above zero. */
    MULTILABEL;

    /**
     * The task that belongs to an output.
     *
     * @param output what turns logits into predictions
     * @param outputs how many there are
     * @return regression for the identity; for a sigmoid binary, or multilabel for several outputs; multiclass for a
     *     softmax or its logarithm
     */
    public static Task of(Output output, int outputs) {
        return switch (output) {
            case IDENTITY -> REGRESSION;
            case SIGMOID -> outputs == 1 ? BINARY : MULTILABEL;
            case SOFTMAX, LOG_SOFTMAX -> MULTICLASS;
        };
    }

    /**
     * Number of classes that {@link Predictor#classify} tells apart.
     *
     * @param outputs number of outputs
     * @return 2 for a binary task, the number of outputs for a multiclass one, else 0
     */
    public int classes(int outputs) {
        return switch (this) {
            case BINARY -> 2;
            case MULTICLASS -> outputs;
            case REGRESSION, MULTILABEL -> 0;
        };
    }

    /**
     * Number of labels that a model may carry: a name for each class, or for each output where there are no classes.
     *
     * @param outputs number of outputs
     * @return 2 for a binary task, else the number of outputs
     */
    public int labels(int outputs) {
        return this == BINARY ? 2 : outputs;
    }

    /**
     * Why this cannot be the task of so many outputs of that kind.
     *
     * @param output how logits become predictions
     * @param outputs number of them
     * @return a sentence; null if it can
     */
    public String refusal(Output output, int outputs) {
        if (this == BINARY && outputs != 1) return "a binary task has one output, but there are " + outputs;
        if ((this == MULTICLASS || this == MULTILABEL) && outputs == 1)
            return "a " + this + " task has two outputs or more, but there is one; a yes or no is a binary task";
        if ((output == Output.SOFTMAX || output == Output.LOG_SOFTMAX) && this != MULTICLASS)
            return "a softmax answers a multiclass task, but the task given is " + this;
        return null;
    }

    /** The task's name in small letters. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
