package lanewise.spark;

import java.io.Serializable;
import java.util.List;

/**
 * What a transformation does: which model answers what, and what becomes of invalid rows. Small, for it goes with each task.
 *
 * @param model the model, wherever the task runs
 * @param features name of the column of vectors, for messages
 * @param answers one for each new column
 * @param invalid what becomes of invalid rows
 */
record Scoring(ModelReference model, String features, List<Answer> answers, InvalidRows invalid)
        implements Serializable {

    /** The same with other answers. */
    Scoring answering(List<Answer> others) {
        return new Scoring(model, features, others, invalid);
    }
}
