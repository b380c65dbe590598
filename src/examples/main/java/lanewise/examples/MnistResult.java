package lanewise.examples;

import java.util.List;
import java.util.Map;

/**
 * The content of the file of {@code mnist --json}.
 *
 * @param options those of the newer options that were given, null if none was
 * @param bestEpoch the epoch with the smallest loss on the validation samples, null if there are none
 */
record MnistResult(
        String version,
        String kernels,
        String kernelsReason,
        String trainingKernels,
        String jdk,
        List<Integer> layers,
        String activation,
        boolean bias,
        String loss,
        int parameters,
        String data,
        String split,
        int firstLabel,
        int trainingSamples,
        int testSamples,
        int batch,
        float learningRate,
        boolean constantRate,
        long seed,
        int threads,
        long steps,
        long sharedSteps,
        Map<String, String> options,
        List<Epoch> epochs,
        Integer bestEpoch,
        double samplesPerSecond,
        String fingerprint) {

    /**
     * An epoch.
     *
     * @param seconds since the training began, evaluation included
     * @param accuracy on the test samples
     * @param validationLoss null if there are no validation samples
     * @param validationAccuracy null if there are no validation samples
     * @param samplesPerSecond evaluation left out
     */
    record Epoch(
            int epoch,
            double seconds,
            double loss,
            double accuracy,
            Double validationLoss,
            Double validationAccuracy,
            double samplesPerSecond) {}
}
