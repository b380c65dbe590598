package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lanewise.Network;
import lanewise.formats.FormatException;
import lanewise.formats.tensor.ModuleTensors.Kind;
import lanewise.layer.Activation;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.Stack;
import lanewise.memory.ParameterShape;

/**
 * A network that is a plain sequence of the modules of a state dict: order, layers and sizes come from names and shapes.
 * Activations do not stand in a state dict, so they are to be given; what else was assumed, {@link #assumptions} says.
 *
 * <pre>{@code
 * Network network = StateDict.read(Path.of("model.safetensors")).sequence()
 *         .activation(Activation.RELU)
 *         .network();
 * }</pre>
 *
 * <p>Places of activations. Where the modules' names are numbers with gaps, as those of an {@code nn.Sequential} are, the first
 * gap behind a dense layer is the place of its activation: {@code 0, 1, 3} may be dense, normalisation, activation, dense.
 * Elsewhere the place is behind the normalisation, just before the next dense layer, or {@link #normalisingActivations before
 * it}. Where there is a PReLU, there is no other activation.
 *
 * <p>Not thread-safe.
 */
public final class Sequence {

    private final Object source;
    private final List<ModuleTensors> modules;
    private List<ModuleTensors> order;
    private Activation hidden;
    private List<Activation> each;
    private Activation output = Activation.IDENTITY;
    private boolean normalisingActivations;
    private float epsilon = Float.NaN;
    private final Map<String, Integer> embeddings = new HashMap<>();
    private List<String> assumptions = List.of();

    Sequence(Object source, List<ModuleTensors> modules) throws FormatException {
        this.source = source;
        this.modules = modules;
        for (ModuleTensors module : modules)
            if (module.kind() == Kind.OTHER)
                throw module.wrong(
                        "has " + module.described() + ", which no layer of this library has" + module.guess());
    }

    /**
     * Sets the order of the modules, where names and sizes do not tell it.
     *
     * @param paths of all modules, from the input to the output
     * @return this builder
     * @throws FormatException if one is unknown, missing, or comes twice
     */
    public Sequence order(String... paths) throws FormatException {
        Map<String, ModuleTensors> left = new LinkedHashMap<>();
        for (ModuleTensors module : modules) left.put(module.path(), module);
        List<ModuleTensors> given = new ArrayList<>();
        for (String path : paths) {
            ModuleTensors module = left.remove(path);
            if (module == null)
                throw new FormatException(source, "has no module " + quoted(path) + " that is not in the order yet");
            given.add(module);
        }
        if (!left.isEmpty())
            throw new FormatException(
                    source,
                    "the order lacks the modules "
                            + left.keySet().stream().map(MappedFile::quoted).toList());
        order = given;
        return this;
    }

    /**
     * Sets the activation behind each dense layer but the last.
     *
     * @param activation of all of them
     * @return this builder
     */
    public Sequence activation(Activation activation) {
        hidden = activation;
        each = null;
        return this;
    }

    /**
     * Sets the activations behind the dense layers but the last.
     *
     * @param activations one for each of them, {@link Activation#IDENTITY} where there is none
     * @return this builder
     */
    public Sequence activations(Activation... activations) {
        each = List.copyOf(Arrays.asList(activations));
        hidden = null;
        return this;
    }

    /**
     * Sets the activation of the last dense layer, which is none otherwise: it makes the logits.
     *
     * @param activation of its outputs
     * @return this builder
     */
    public Sequence outputActivation(Activation activation) {
        output = activation;
        return this;
    }

    /**
     * Has each activation just behind its dense layer, and the normalisation behind it, where the modules' names do not tell
     * where they are.
     *
     * @return this builder
     */
    public Sequence normalisingActivations() {
        normalisingActivations = true;
        return this;
    }

    /**
     * Sets what normalisations add to the variance; 1e-5, PyTorch's default, unless set, and where tensors have Keras's names
     * 1e-3, which is Keras's.
     *
     * @param epsilon at least 1e-12
     * @return this builder
     * @throws IllegalArgumentException if it is less, or not finite
     */
    public Sequence epsilon(float epsilon) {
        this.epsilon = LayerNorm.of(1).withEpsilon(epsilon).epsilon();
        return this;
    }

    /**
     * Says that a module is an embedding, whose weights could be those of a dense layer without bias.
     *
     * @param path of the module
     * @param indices in an input row
     * @return this builder
     */
    public Sequence embedding(String path, int indices) {
        embeddings.put(path, indices);
        return this;
    }

    /**
     * What the network rests on besides the file.
     *
     * @return a sentence each; of the last call of {@link #network}, none before it
     */
    public List<String> assumptions() {
        return assumptions;
    }

    /**
     * Builds the network and sets its parameters.
     *
     * @return a new network
     * @throws FormatException if names and sizes do not tell the order, a size does not fit the one before, activations are
     *     missing or have no place, or a value is not finite
     */
    public Network network() throws FormatException {
        List<String> assumed = new ArrayList<>();
        List<ModuleTensors> sequence = order;
        if (sequence == null) {
            // named embeddings come first wherever their names sort; numbers tell by themselves
            List<ModuleTensors> others = new ArrayList<>(modules);
            others.removeIf(module -> ModuleOrder.position(module) < 0 && isEmbedding(module));
            sequence = new ArrayList<>(modules);
            sequence.removeAll(others);
            if (!others.isEmpty()) {
                ModuleOrder.Found found = ModuleOrder.of(source, others);
                sequence.addAll(found.order());
                if (found.assumption() != null) assumed.add(found.assumption());
            }
            if (sequence.isEmpty())
                throw new FormatException(source, "has no tensors, of which a network could be made");
        }
        try {
            Plan plan = new Plan(sequence, assumed);
            Network network = plan.network();
            assumptions = List.copyOf(assumed);
            return network;
        } catch (IllegalArgumentException e) {
            throw new FormatException(source, "makes no network: " + e.getMessage(), e);
        }
    }

    /** Whether a module is said to be an embedding, or has the name of one. */
    private boolean isEmbedding(ModuleTensors module) {
        return module.kind() == Kind.EMBEDDING
                || embeddings.containsKey(module.path())
                || module.mayBeEmbedding()
                        && module.path().toLowerCase(Locale.ROOT).contains("emb");
    }

    /** The layers of one network as they are put together. */
    private final class Plan {

        private final List<ModuleTensors> sequence;
        private final List<String> assumed;
        private final List<Layer> layers = new ArrayList<>();

        /** Of each layer the module that it is of; null for an activation. */
        private final List<ModuleTensors> origins = new ArrayList<>();

        private int width = -1;

        Plan(List<ModuleTensors> sequence, List<String> assumed) {
            this.sequence = sequence;
            this.assumed = assumed;
        }

        Network network() throws FormatException {
            Map<Integer, Activation> behind = activations();
            for (int i = 0; i < sequence.size(); i++) {
                ModuleTensors module = sequence.get(i);
                Activation activation = behind.getOrDefault(i, Activation.IDENTITY);
                Layer layer = layer(i, activation);
                layers.add(layer);
                origins.add(module);
                width = layer.outputSize();
                if (!(layer instanceof Dense) && activation != Activation.IDENTITY) {
                    layers.add(Pointwise.of(width, activation));
                    origins.add(null);
                }
            }
            requireHeap();
            Network.Builder builder = Network.builder(layers.get(0).inputSize());
            layers.forEach(builder::add);
            Network network = builder.build(0);
            for (int i = 0; i < layers.size(); i++)
                if (origins.get(i) != null)
                    origins.get(i).load(layers.get(i), network.parameters().child(i));
            return network;
        }

        /** Rows are padded, so that parameters may take more memory than they do in the file. */
        private void requireHeap() throws FormatException {
            long bytes = 0;
            for (ParameterShape shape : new Stack(layers).parameters())
                bytes += 4L * shape.rows() * (shape.columns() + 15L & -16L);
            MappedFile.requireHeap(source, bytes);
        }

        private Layer layer(int i, Activation activation) throws FormatException {
            ModuleTensors module = sequence.get(i);
            if (isEmbedding(module)) return embedding(i);
            switch (module.kind()) {
                case DENSE -> {
                    requireWidth(module, module.inputSize());
                    Dense dense = Dense.of(module.inputSize(), module.outputSize(), activation);
                    return module.hasBias() ? dense : dense.withoutBias();
                }
                case BATCH_NORM -> {
                    requireWidth(module, module.size());
                    BatchNorm norm = BatchNorm.of(module.size()).withEpsilon(epsilon(module));
                    return module.keras() ? norm.withMomentum(0.99f) : norm;
                }
                case LAYER_NORM -> {
                    requireWidth(module, module.size());
                    return LayerNorm.of(module.size()).withEpsilon(epsilon(module));
                }
                default -> {
                    if (width < 0 && module.size() == 1)
                        throw module.wrong("a PReLU of one slope is the first module, so that the size of the input is"
                                + " unknown");
                    if (module.size() > 1) {
                        requireWidth(module, module.size());
                        assumed.add(words(module) + ", which could be a normalisation without shift, too");
                    }
                    return PRelu.of(width < 0 ? module.size() : width);
                }
            }
        }

        private void requireWidth(ModuleTensors module, int size) throws FormatException {
            if (width >= 0 && size != width)
                throw module.wrong("a " + module.kind().words + " of " + size + " inputs, but " + quoted(origin())
                        + " before it has " + width + " outputs; is it a plain sequence?");
        }

        private String origin() {
            ModuleTensors last = origins.get(origins.size() - 1);
            return last == null ? origins.get(origins.size() - 2).path() : last.path();
        }

        private float epsilon(ModuleTensors module) {
            if (!Float.isNaN(epsilon)) return epsilon;
            float usual = module.keras() ? 1e-3f : 1e-5f;
            assumed.add(words(module) + " with an epsilon of " + usual + ", the default of "
                    + (module.keras() ? "Keras" : "PyTorch"));
            return usual;
        }

        private String words(ModuleTensors module) {
            return quoted(module.path()) + " is a " + module.kind().words;
        }

        private Layer embedding(int i) throws FormatException {
            ModuleTensors module = sequence.get(i);
            if (!module.mayBeEmbedding())
                throw module.wrong("has " + module.described() + ", which is no embedding: one matrix expected");
            if (i > 0) throw module.wrong("an embedding, which can only be the first module");
            Integer indices = embeddings.get(module.path());
            if (indices == null) {
                ModuleTensors next = sequence.size() > 1 ? sequence.get(1) : null;
                int inputs = next == null ? 0 : next.kind() == Kind.DENSE ? next.inputSize() : next.size();
                if (inputs == 0 || module.vectorSize() == 0 || inputs % module.vectorSize() != 0)
                    throw module.wrong("an embedding of an unknown number of indices; give it");
                indices = inputs / module.vectorSize();
                assumed.add(quoted(module.path()) + " is an embedding of " + indices
                        + " indices, whose vectors lie side by side before " + quoted(next.path()));
            }
            return Embedding.of(indices, module.vocabulary(), module.vectorSize());
        }

        // Activations

        /** Of modules, by index, the activations behind them. */
        private Map<Integer, Activation> activations() throws FormatException {
            List<Integer> dense = new ArrayList<>();
            for (int i = 0; i < sequence.size(); i++)
                if (sequence.get(i).kind() == Kind.DENSE && !isEmbedding(sequence.get(i))) dense.add(i);
            if (each != null && each.size() != Math.max(0, dense.size() - 1))
                throw new FormatException(
                        source,
                        each.size() + " activations given, but " + dense.size() + " dense layers; one less expected: "
                                + dense.stream()
                                        .map(i -> quoted(sequence.get(i).path()))
                                        .toList());
            Map<Integer, Activation> behind = new HashMap<>();
            for (int d = 0; d < dense.size() - 1; d++) {
                int from = dense.get(d), to = dense.get(d + 1);
                Integer place = place(from, to);
                if (each != null) {
                    if (each.get(d) == Activation.IDENTITY) continue;
                    if (place == null)
                        throw sequence.get(from)
                                .wrong("an activation (" + each.get(d) + ") was given, but there is no place for one"
                                        + " before " + quoted(sequence.get(to).path()));
                    behind.put(place, each.get(d));
                } else if (place != null) {
                    if (hidden == null)
                        throw sequence.get(from)
                                .wrong("what activation is behind it? A state dict does not tell: give it");
                    behind.put(place, hidden);
                }
            }
            if (!dense.isEmpty()) behind.put(dense.get(dense.size() - 1), output);
            return behind;
        }

        /** Behind which module the activation is, of those from a dense layer to before the next one; null if there is none. */
        private Integer place(int from, int to) {
            boolean slope = false;
            for (int i = from; i < to; i++) slope |= sequence.get(i).kind() == Kind.SLOPE;
            String between = "between " + quoted(sequence.get(from).path()) + " and "
                    + quoted(sequence.get(to).path());
            if (slope) {
                assumed.add(between + " no activation but a PReLU");
                return null;
            }
            if (!hasGaps()) {
                int place = normalisingActivations ? from : to - 1;
                if (to - from > 1)
                    assumed.add(between + " the activation "
                            + (normalisingActivations ? "before the normalisation" : "behind the normalisation"));
                return place;
            }
            Integer place = null;
            int missing = 0;
            for (int i = from; i < to; i++) {
                int gap = ModuleOrder.position(sequence.get(i + 1)) - ModuleOrder.position(sequence.get(i)) - 1;
                if (gap > 0 && place == null) place = i;
                missing += gap;
            }
            if (missing == 0) assumed.add(between + " no activation, as their numbers leave none out");
            if (missing > 1)
                assumed.add(between + " an activation, and nothing else that " + missing + " modules without parameters"
                        + " would do in a prediction, as dropout does");
            return place;
        }

        /** Whether the modules' names are ascending numbers that leave some out. */
        private boolean hasGaps() {
            boolean gaps = false;
            for (int i = 0; i < sequence.size(); i++) {
                ModuleTensors module = sequence.get(i);
                if (ModuleOrder.position(module) < 0) return false;
                if (i == 0) continue;
                ModuleTensors before = sequence.get(i - 1);
                int step = ModuleOrder.position(module) - ModuleOrder.position(before);
                if (step < 1 || !ModuleOrder.parent(module).equals(ModuleOrder.parent(before))) return false;
                gaps |= step > 1;
            }
            return gaps;
        }
    }
}
