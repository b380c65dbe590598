package lanewise.train;

import java.io.IOException;
import lanewise.data.Dataset;

/**
 * Samples that lie elsewhere, such as on other machines, where gradients are computed, too. {@link Trainer#train(RemoteSamples)}
 * decides the order of samples, rates, updates, validations and checkpoints, so that the bits are those of {@link
 * Trainer#train(Dataset)} on one machine.
 *
 * <p>A batch of more than {@link Step#BLOCK} rows has blocks of that many, whose gradients do not depend on each other: {@link
 * Step#gradientOfBlock} computes one, anywhere, and {@link BlockSum} adds them up. Smaller batches are one chain of additions
 * and have nothing to share: their samples are brought to the trainer.
 */
public interface RemoteSamples {

    /**
     * Number of samples.
     *
     * @return at least 1
     */
    int size();

    /**
     * Width of a target.
     *
     * @return 1 for class indices
     */
    int targetSize();

    /**
     * What a checkpoint knows these samples by.
     *
     * @return the same text for the same samples in the same order
     */
    String fingerprint();

    /**
     * Does the steps of an epoch, from where it stands to its end, or until it is stopped.
     *
     * @param segment of the training; {@link Segment#over} at the return
     * @throws IOException if that is not possible
     * @throws InterruptedException if this thread is interrupted
     * @throws IllegalArgumentException if a sample is unfit
     */
    void train(Segment segment) throws IOException, InterruptedException;
}
