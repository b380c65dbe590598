package lanewise.spark.training;

import java.nio.file.Path;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;

/** A listener that tells another all that it hears. */
class Forwarding implements TrainingListener {

    private final TrainingListener other;

    Forwarding(TrainingListener other) {
        this.other = other;
    }

    @Override
    public void started(Trainer trainer) {
        other.started(trainer);
    }

    @Override
    public void warning(String message) {
        other.warning(message);
    }

    @Override
    public void checkpointWritten(Path file) {
        other.checkpointWritten(file);
    }

    @Override
    public void batchDone(int epoch, int samplesDone, int samples, double loss) {
        other.batchDone(epoch, samplesDone, samples, loss);
    }

    @Override
    public void epochDone(Epoch epoch) {
        other.epochDone(epoch);
    }
}
