package lanewise.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import lanewise.Model;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.formats.onnx.Onnx;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.Softmax;
import lanewise.train.Step;

/**
 * What this library predicts from the weights of {@link Work}, by which every program's predictions are judged. The programs
 * hand in files and do not see these.
 */
public final class Reference {

    /** Probabilities from the same weights may differ by so much: sums in other orders, another exp. */
    static final float SAME_WEIGHTS = 1e-4f;

    /** Probabilities after the same training may differ by so much. */
    static final float SAME_TRAINING = 1e-3f;

    private static final int EPOCH_SEED = 1;

    private final Work work;
    private final Map<String, float[]> expected;
    private final int[] labels;

    private Reference(Work work, Map<String, float[]> expected, int[] labels) {
        this.work = work;
        this.expected = expected;
        this.labels = labels;
    }

    /**
     * Writes the files of the work and finds the predictions to expect: a second or two.
     *
     * @param folder for the files, empty
     * @param digits the folder of MNIST's four files
     * @param model an ONNX file with the weights that predict, or null for those after an epoch of training
     * @return what to compare with
     * @throws IOException if a file cannot be read or written, or the model is another network
     */
    public static Reference prepare(Path folder, Path digits, Path model) throws IOException {
        Digits training = Digits.read(digits, "train"), test = Digits.read(digits, "t10k");
        float[] pixels = test.floats();
        Network network = ThisLibrary.network(null);
        float[] initial = network.copyParameters();
        Map<String, float[]> expected = new LinkedHashMap<>();
        int[] first = new int[Work.TRAINED];
        for (int i = 0; i < first.length; i++) first[i] = i;
        ThisLibrary library = new ThisLibrary();
        for (int batch : new int[] {1, 32, 128})
            try (Peer.Training run = library.training(initial, training, batch, 1)) {
                run.run(first, 0, Work.TRAINED, Work.rate(batch));
                expected.put(Work.trained(batch), run.probabilities(pixels));
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        if (model == null) epoch(network, training);
        else {
            network.setParameters(weights(model, network));
        }
        onnx(model, network, folder.resolve(Work.ONNX));
        float[] predictions = ThisLibrary.predictions(network, pixels);
        for (String file : new String[] {Work.PREDICTED, Work.SINGLE}) expected.put(file, predictions);
        sigmoids(initial, network.copyParameters(), training, pixels, expected);
        float[] digit = new float[Work.PIXELS];
        test.copy(0, digit, 0);
        Work.write(folder.resolve("initial.f32"), initial);
        Work.write(folder.resolve("weights.f32"), network.copyParameters());
        Work.write(folder.resolve("digit.f32"), digit);
        return new Reference(new Work(folder), expected, test.labels());
    }

    /** The file for programs that read ONNX: the given one as it is, or one whose only output are the probabilities. */
    private static void onnx(Path model, Network network, Path file) throws IOException {
        if (model != null) {
            Files.copy(model, file);
            return;
        }
        Network whole = ThisLibrary.layers().add(Softmax.of(Work.CLASSES)).build(1);
        whole.setParameters(network.copyParameters());
        Onnx.write(Model.of(whole, Loss.MEAN_SQUARED_ERROR), file);
    }

    /** What an ONNX file has for the parameters of the network that all programs have. */
    private static float[] weights(Path file, Network network) throws IOException {
        Model found = Onnx.read(file).model(), expected = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
        String layers = found.stack() + ", " + found.output(), own = expected.stack() + ", " + expected.output();
        if (!layers.equals(own)) throw new IOException(file + ": has " + layers + ", but the peers are " + own);
        return found.copyParameters();
    }

    /** The same for peers whose outputs are sigmoids divided by their sum. */
    private static void sigmoids(
            float[] initial, float[] weights, Digits training, float[] test, Map<String, float[]> expected) {
        int[] sizes = Work.sizes(), order = new int[1];
        Network network = Network.builder(sizes[0])
                .dense(sizes[1], Activation.SIGMOID)
                .dense(sizes[2], Activation.SIGMOID)
                .dense(sizes[3], Activation.SIGMOID)
                .build(1);
        network.setParameters(weights);
        float[] predictions = divided(network, test);
        for (String file : new String[] {Work.PREDICTED, Work.SINGLE}) expected.put(Work.SIGMOIDS + file, predictions);
        network.setParameters(initial);
        Dataset data = ThisLibrary.data(training).oneHot();
        // The mean over the outputs of squared errors here, half of their sum there.
        float rate = Work.rate(1) * Work.CLASSES / 2;
        try (Step step = new Step(network, Loss.MEAN_SQUARED_ERROR, 1, Work.CLASSES)) {
            for (int i = 0; i < Work.TRAINED; i++) {
                order[0] = i;
                step.load(data, order, 0, 1);
                step.run(1, rate);
            }
        }
        expected.put(Work.SIGMOIDS + Work.trained(1), divided(network, test));
    }

    private static float[] divided(Network network, float[] test) {
        float[] outputs = new float[Work.TEST * Work.CLASSES];
        Model.of(network, Loss.MEAN_SQUARED_ERROR).predictor(32).predict(test, 0, outputs, 0, Work.TEST);
        for (int at = 0; at < outputs.length; at += Work.CLASSES) {
            float sum = 0;
            for (int c = 0; c < Work.CLASSES; c++) sum += outputs[at + c];
            for (int c = 0; c < Work.CLASSES; c++) outputs[at + c] /= sum;
        }
        return outputs;
    }

    private static void epoch(Network network, Digits training) {
        int[] order = new int[training.count()];
        for (int i = 0; i < order.length; i++) order[i] = i;
        Dataset data = ThisLibrary.data(training).shuffled(EPOCH_SEED);
        try (Step step = new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, 1, 1)) {
            step.expect(order.length);
            for (int i = 0; i < order.length; i++) {
                step.load(data, order, i, 1);
                step.run(1, Work.rate(1));
            }
        }
    }

    /** The files of the work. */
    public Path folder() {
        return work.folder();
    }

    /**
     * Compares a program's predictions with this library's.
     *
     * @param who the program's name
     * @param out the folder of its files
     * @return what was compared, with the largest differences
     * @throws IOException if a file differs or cannot be read, or there is none; the message names who
     */
    public String check(String who, Path out) throws IOException {
        StringBuilder found = new StringBuilder();
        for (var entry : expected.entrySet()) {
            Path file = out.resolve(entry.getKey());
            if (!Files.exists(file)) continue;
            boolean trained = entry.getKey().contains("trained");
            float[] given = Work.read(file), own = entry.getValue();
            float difference = difference(who, entry.getKey(), given, own, trained ? SAME_TRAINING : SAME_WEIGHTS);
            found.append(found.isEmpty() ? "" : "; ");
            String what = trained
                    ? "after " + Work.TRAINED + " digits, " + entry.getKey().replaceAll("\\D+(\\d+).*", "batch $1")
                    : entry.getKey().endsWith(Work.SINGLE)
                            ? given.length / Work.CLASSES + " one by one"
                            : given.length == Work.CLASSES ? "first digit" : "all digits";
            found.append(String.format(Locale.ROOT, "%s: largest difference %.1e", what, difference));
            if (trained)
                found.append(String.format(
                        Locale.ROOT, ", accuracy %.2f %% (Lanewise %.2f %%)", accuracy(given), accuracy(own)));
        }
        if (Files.exists(out.resolve(Work.ACCURATE))) found.append(accurate(who, out));
        if (found.isEmpty())
            throw new IOException(who + ": it wrote no predictions into " + out + "; has it ended early?");
        return found.toString();
    }

    private String accurate(String who, Path out) throws IOException {
        double reached = accuracy(Work.read(out.resolve(Work.ACCURATE)));
        if (reached >= Work.ACCURACY) return String.format(Locale.ROOT, "accuracy reached: %.2f %%", reached);
        throw new IOException(String.format(
                Locale.ROOT,
                "%s: it trained to an accuracy of %.2f %%, %.0f %% expected at least; does it stop too early?",
                who,
                reached,
                Work.ACCURACY));
    }

    private static float difference(String who, String file, float[] given, float[] own, float allowed)
            throws IOException {
        boolean whole = given.length == own.length || given.length == Work.CLASSES;
        boolean some = file.endsWith(Work.SINGLE) && given.length > 0 && given.length < own.length;
        if (!whole && !(some && given.length % Work.CLASSES == 0))
            throw new IOException(
                    who + ": " + file + " has " + given.length + " probabilities, " + own.length + " expected");
        float largest = 0;
        for (int i = 0; i < given.length; i++) {
            float difference = Math.abs(given[i] - own[i]);
            if (!(difference <= allowed))
                throw new IOException(who + ": " + file + ": digit " + i / Work.CLASSES + ", class " + i % Work.CLASSES
                        + " has probability " + given[i] + ", " + own[i] + " expected; it computes something else");
            largest = Math.max(largest, difference);
        }
        return largest;
    }

    /** Per cent of the test digits whose largest probability is their label's. */
    private double accuracy(float[] probabilities) {
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            int best = 0;
            for (int c = 1; c < Work.CLASSES; c++)
                if (probabilities[i * Work.CLASSES + c] > probabilities[i * Work.CLASSES + best]) best = c;
            if (best == labels[i]) right++;
        }
        return 100.0 * right / labels.length;
    }
}
