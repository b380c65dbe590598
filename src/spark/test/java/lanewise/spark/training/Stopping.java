package lanewise.spark.training;

import java.util.ArrayList;
import java.util.List;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;

/** Stops a training after a step; a barrier job goes on to the next checkpoint. Keeps the warnings. */
final class Stopping implements TrainingListener {

    private final int at;
    private Trainer trainer;
    int steps;
    final List<String> warnings = new ArrayList<>();

    Stopping(int at) {
        this.at = at;
    }

    @Override
    public void started(Trainer trainer) {
        this.trainer = trainer;
    }

    @Override
    public void batchDone(int epoch, int samplesDone, int samples, double loss) {
        if (++steps == at) trainer.stop();
    }

    @Override
    public void warning(String message) {
        warnings.add(message);
    }
}
