package lanewise.examples;

import java.nio.file.Path;
import lanewise.train.Checkpoints;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of a command that writes checkpoints. */
final class CheckpointOptions {

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "Writes all that is needed to go on to this folder: after each epoch, and when the training"
                    + " is interrupted, by Ctrl-C for example. The three newest checkpoints are kept.")
    private Path folder;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            defaultValue = "0",
            description = "Steps between two checkpoints. Default: 0, one after each epoch.")
    private long every;

    @Option(
            names = "--resume",
            description = "Goes on from the newest checkpoint in the folder of --checkpoint, if there is one, to the"
                    + " same result as without the interruption.")
    private boolean resume;

    /**
     * Checks the options.
     *
     * @throws ParameterException if they do not go together
     */
    void check(CommandLine command) {
        if (every < 0) throw new ParameterException(command, "--checkpoint-every " + every + ": at least 0 expected");
        String lonely = resume ? "--resume" : every > 0 ? "--checkpoint-every " + every : null;
        if (folder == null && lonely != null)
            throw new ParameterException(command, lonely + ": --checkpoint DIR beside it expected");
    }

    /** Where checkpoints go; null if there are none. */
    Path folder() {
        return folder;
    }

    /** The settings of the trainer; null if there are no checkpoints. */
    Checkpoints checkpoints() {
        if (folder == null) return null;
        Checkpoints all = Checkpoints.in(folder);
        if (every > 0) all = all.everyEpochs(0).everySteps(every);
        return resume ? all.resume() : all;
    }
}
