package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import lanewise.Model;
import lanewise.Network;
import lanewise.formats.FormatException;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.Stack;
import lanewise.memory.Parameters;

/**
 * The parameters of a network by name, as PyTorch's {@code state_dict} and Keras's variables are: into networks, and out of them.
 *
 * <p>Understood are, with any names before the last dot or slash,
 *
 * <table>
 * <caption>Modules and their tensors</caption>
 * <tr><th>layer</th><th>PyTorch</th><th>Keras</th></tr>
 * <tr><td>{@link Dense}</td><td>weight [out][in], bias</td><td>kernel [in][out], bias</td></tr>
 * <tr><td>{@link lanewise.layer.BatchNorm}</td><td>weight, bias, running_mean, running_var, num_batches_tracked</td>
 *     <td>gamma, beta, moving_mean, moving_variance</td></tr>
 * <tr><td>{@link lanewise.layer.LayerNorm}</td><td>weight, bias</td><td>gamma, beta</td></tr>
 * <tr><td>{@link lanewise.layer.PRelu}</td><td>weight [1] or [size]</td><td>alpha</td></tr>
 * <tr><td>{@link Embedding}</td><td>weight [vocabulary][size]</td><td>embeddings</td></tr>
 * </table>
 *
 * <p>Weights that PyTorch's weight or spectral normalisation computes are computed from its tensors, of either naming
 * ({@code weight_g}, {@code parametrizations.weight.original0}). The scales and shifts of normalisations may be left out. Any other layer's parameters have the layer's own names, row by row.
 * Float32 goes in and out to the bit; other types are rounded as {@link Tensor#floats} says. Immutable.
 */
public final class StateDict {

    private final Object source;
    private final Map<String, Tensor> tensors;

    private StateDict(Object source, Map<String, Tensor> tensors) {
        this.source = source;
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /**
     * A state dict of these tensors.
     *
     * @param tensors by name; copied
     * @return the state dict, which errors call so
     */
    public static StateDict of(Map<String, Tensor> tensors) {
        return new StateDict("state dict", tensors);
    }

    /**
     * Reads a file.
     *
     * @param file whose name ends in .safetensors or .npz
     * @return all tensors of it
     * @throws FormatException if it has another ending, is malformed, or has tensors of a type that is not supported
     * @throws IOException if it cannot be read
     */
    public static StateDict read(Path file) throws IOException {
        return switch (ending(file)) {
            case "safetensors" -> new StateDict(file, Safetensors.read(file).tensors());
            case "npz" -> new StateDict(file, Npz.read(file));
            default -> throw new FormatException(file, "a name that ends in .safetensors or .npz expected");
        };
    }

    /**
     * Writes a file.
     *
     * @param file whose name ends in .safetensors or .npz; replaced as a whole if it is there
     * @throws FormatException if it has another ending
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        switch (ending(file)) {
            case "safetensors" -> Safetensors.write(file, tensors);
            case "npz" -> Npz.write(file, tensors);
            default -> throw new FormatException(file, "a name that ends in .safetensors or .npz expected");
        }
    }

    private static String ending(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /**
     * The tensors.
     *
     * @return by name, in the order in which they came
     */
    public Map<String, Tensor> tensors() {
        return tensors;
    }

    /**
     * The part of one module with all that is in it.
     *
     * @param path of the module, such as {@code net} for {@code net.0.weight}
     * @return its tensors, their names without the path
     * @throws FormatException if there are none
     */
    public StateDict under(String path) throws FormatException {
        Map<String, Tensor> under = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(path + ".") || name.startsWith(path + "/"))
                under.put(name.substring(path.length() + 1), tensor);
        });
        if (under.isEmpty())
            throw new FormatException(
                    source, "has no tensor whose name begins with " + quoted(path + ".") + "; it has " + names());
        return new StateDict(source, under);
    }

    /**
     * These tensors without some.
     *
     * @param names whether a tensor is left out
     * @return the others
     */
    public StateDict without(Predicate<String> names) {
        Map<String, Tensor> others = new LinkedHashMap<>(tensors);
        others.keySet().removeIf(names);
        return new StateDict(source, others);
    }

    private List<String> names() {
        return tensors.keySet().stream().limit(50).map(MappedFile::quoted).toList();
    }

    /**
     * Begins a network that is a plain sequence of these modules.
     *
     * @return a builder, which finds out what names and shapes tell, and says what they do not
     * @throws FormatException if there is a module that no layer is like
     */
    public Sequence sequence() throws FormatException {
        return new Sequence(source, ModuleTensors.of(source, tensors));
    }

    // Into networks

    /** A layer that has parameters of its own, with the path that begins their names. */
    private record Leaf(String path, Layer layer, Parameters parameters) {

        static List<Leaf> of(Layer layer, Parameters parameters) {
            List<Leaf> leaves = new ArrayList<>();
            collect(layer, parameters, parameters, leaves, 0);
            return leaves;
        }

        /** Returns the number of matrices of the whole that were walked over. */
        private static int collect(Layer layer, Parameters own, Parameters whole, List<Leaf> leaves, int first) {
            List<? extends Layer> children = layer.children();
            if (own.size() == 0) return first;
            if (children.isEmpty()) {
                String name = whole.shapes().get(first).name();
                leaves.add(new Leaf(name.substring(0, Math.max(0, name.lastIndexOf('.'))), layer, own));
                return first + own.size();
            }
            for (int i = 0; i < children.size(); i++)
                first = collect(children.get(i), own.child(i), whole, leaves, first);
            return first;
        }
    }

    /**
     * Sets a network's parameters: the first of its dense layers gets the first module that is like one, in the order of their
     * names with numbers as such, and so on; likewise the layers of each other kind.
     *
     * @param network all of whose parameters are set
     * @throws FormatException if number, names or shapes do not fit, or a value is not finite; nothing is changed then
     */
    public void load(Network network) throws FormatException {
        List<ModuleTensors> left = new ArrayList<>(ModuleTensors.of(source, tensors));
        Map<String, String> rule = new LinkedHashMap<>();
        for (Leaf leaf : Leaf.of(network.stack(), network.parameters())) {
            ModuleTensors module = take(left, leaf);
            if (module == null)
                throw new FormatException(
                        source, "has no module for " + leaf.path() + " (" + leaf.layer() + "); it has " + names());
            rule.put(leaf.path(), module.path());
        }
        load(network, rule::get);
    }

    private static ModuleTensors take(List<ModuleTensors> left, Leaf leaf) {
        for (int i = 0; i < left.size(); i++) if (like(left.get(i), leaf)) return left.remove(i);
        return null;
    }

    private static boolean like(ModuleTensors module, Leaf leaf) {
        ModuleTensors.Kind kind = module.kind();
        Layer layer = leaf.layer();
        if (layer instanceof Embedding embedding)
            return module.mayBeEmbedding()
                    && module.vocabulary() == embedding.vocabulary()
                    && module.vectorSize() == leaf.parameters().get(0).columns();
        if (layer instanceof Dense) return kind == ModuleTensors.Kind.DENSE;
        if (layer instanceof lanewise.layer.BatchNorm) return kind == ModuleTensors.Kind.BATCH_NORM;
        if (layer instanceof lanewise.layer.LayerNorm) return kind == ModuleTensors.Kind.LAYER_NORM;
        if (layer instanceof lanewise.layer.PRelu) return kind == ModuleTensors.Kind.SLOPE;
        return kind == ModuleTensors.Kind.OTHER;
    }

    /**
     * Sets a network's parameters by a rule of names.
     *
     * @param network whose parameters are set
     * @param rule gives to the path of a layer that has parameters, such as {@code dense1} or {@code residual1.dense2}, the path
     *     of its module; null for a layer that keeps its parameters
     * @throws FormatException if a module is missing or left over, its names or shapes do not fit, or a value is not finite;
     *     nothing is changed then
     */
    public void load(Network network, Function<String, String> rule) throws FormatException {
        Map<String, ModuleTensors> modules = new TreeMap<>(NaturalOrder.INSTANCE);
        for (ModuleTensors module : ModuleTensors.of(source, tensors)) modules.put(module.path(), module);
        Map<String, ModuleTensors> unused = new TreeMap<>(modules);
        Parameters loaded = Parameters.zeros(network.stack());
        loaded.copyFrom(network.parameters());
        for (Leaf leaf : Leaf.of(network.stack(), loaded)) {
            String path = rule.apply(leaf.path());
            if (path == null) continue;
            ModuleTensors module = modules.get(path);
            if (module == null)
                throw new FormatException(
                        source,
                        "has no module " + quoted(path) + " for " + leaf.path() + " (" + leaf.layer() + "); it has "
                                + modules.keySet().stream()
                                        .map(MappedFile::quoted)
                                        .toList());
            module.load(leaf.layer(), leaf.parameters());
            unused.remove(path);
        }
        for (ModuleTensors module : unused.values())
            throw module.wrong("has " + module.described() + ", but no layer of the network takes it; leave it out by"
                    + " without, or add a layer for it");
        network.parameters().copyFrom(loaded);
    }

    // Out of networks

    /**
     * A network's parameters under the names that PyTorch gives them if each layer, each activation that is not the identity,
     * and each dropout is a module of its own in an {@code nn.Sequential}: {@code 0.weight}, {@code 0.bias}, {@code 2.weight},
     * … A residual's or a stack's own layers follow behind a dot: {@code 3.0.weight}.
     *
     * @param network not modified
     * @return its parameters, copied; {@link #load(Network)} sets them to the bit
     */
    public static StateDict of(Network network) {
        return of(network.stack(), network.parameters());
    }

    /**
     * A model's parameters, named as those of a network.
     *
     * @param model some of whose layers may have been folded into others
     * @return its parameters, copied
     */
    public static StateDict of(Model model) {
        Parameters parameters = Parameters.zeros(model.stack());
        parameters.copyFrom(model.copyParameters());
        return of(model.stack(), parameters);
    }

    private static StateDict of(Stack stack, Parameters parameters) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        number("", stack, parameters, tensors);
        return of(tensors);
    }

    /** Names the layers inside by their numbers. */
    private static void number(String before, Layer layer, Parameters parameters, Map<String, Tensor> tensors) {
        List<? extends Layer> children = layer.children();
        // a residual is no sequence, but that inside it
        if (layer instanceof lanewise.layer.Residual residual) {
            number(before, residual.inner(), parameters.child(0), tensors);
            return;
        }
        for (int i = 0, number = 0; i < children.size(); i++, number++) {
            Layer child = children.get(i);
            String path = before + number;
            if (child.children().isEmpty())
                ModuleTensors.of(child, parameters.child(i))
                        .forEach((part, tensor) -> tensors.put(path + "." + part, tensor));
            else number(path + ".", child, parameters.child(i), tensors);
            if (child instanceof Dense dense && dense.activation() != Activation.IDENTITY) number++;
        }
    }

    /**
     * A network's parameters under names of one's own.
     *
     * @param network not modified
     * @param rule gives to the path of a layer that has parameters, such as {@code dense1}, the path of its module; null for a
     *     layer that is left out
     * @return its parameters, copied
     * @throws IllegalArgumentException if two layers have one path
     */
    public static StateDict of(Network network, Function<String, String> rule) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Leaf leaf : Leaf.of(network.stack(), network.parameters())) {
            String path = rule.apply(leaf.path());
            if (path == null) continue;
            ModuleTensors.of(leaf.layer(), leaf.parameters()).forEach((part, tensor) -> {
                if (tensors.put(path.isEmpty() ? part : path + "." + part, tensor) != null)
                    throw new IllegalArgumentException("the rule names two layers " + path);
            });
        }
        return of(tensors);
    }

    /** The tensors with their names, one a line. */
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        tensors.forEach((name, tensor) -> lines.add(name + " " + tensor));
        return String.join("\n", lines);
    }
}
