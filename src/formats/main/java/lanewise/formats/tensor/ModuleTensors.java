package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import lanewise.formats.FormatException;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.PRelu;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/** The tensors of one module of PyTorch or one layer of Keras: those whose names differ in the last part only. */
final class ModuleTensors {

    /** What the names and shapes of a module's tensors say that it is. */
    enum Kind {
        EMBEDDING("embedding"),
        DENSE("dense layer"),
        BATCH_NORM("batch normalisation"),
        LAYER_NORM("layer normalisation"),
        SLOPE("PReLU"),
        OTHER("module of another kind");

        final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    private static final Set<String> KERAS =
            Set.of("kernel", "gamma", "beta", "moving_mean", "moving_variance", "alpha", "embeddings");

    /** PyTorch counts batches there; nothing in prediction depends on it. */
    private static final String BATCHES = "num_batches_tracked";

    private final Object source;
    private final String path;
    private final Map<String, Tensor> tensors = new TreeMap<>();
    private final Map<String, String> names = new TreeMap<>();

    private ModuleTensors(Object source, String path) {
        this.source = source;
        this.path = path;
    }

    /** All modules of a state dict, in natural order. */
    static List<ModuleTensors> of(Object source, Map<String, Tensor> all) throws FormatException {
        Map<String, ModuleTensors> modules = new TreeMap<>(NaturalOrder.INSTANCE);
        for (Map.Entry<String, Tensor> entry : all.entrySet()) {
            // Keras's variables end in the number of their output
            String name = entry.getKey().replaceFirst(":0$", "");
            for (Map.Entry<String, String> newer : PARAMETRIZATIONS.entrySet())
                if (name.endsWith(newer.getKey()))
                    name = name.substring(0, name.length() - newer.getKey().length()) + newer.getValue();
            int end = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
            ModuleTensors module = modules.computeIfAbsent(
                    name.substring(0, Math.max(0, end)), path -> new ModuleTensors(source, path));
            String part = name.substring(end + 1);
            if (module.tensors.put(part, entry.getValue()) != null)
                throw new FormatException(
                        source, "two tensors are " + quoted(part) + " of module " + quoted(module.path));
            module.names.put(part, entry.getKey());
        }
        for (ModuleTensors module : modules.values()) module.computeWeight();
        return List.copyOf(modules.values());
    }

    /** What PyTorch's newer way to compute weights of other tensors calls those, and what the older one did. */
    private static final Map<String, String> PARAMETRIZATIONS = Map.of(
            "parametrizations.weight.original0", "weight_g",
            "parametrizations.weight.original1", "weight_v",
            "parametrizations.weight.original", "weight_orig",
            "parametrizations.weight.0._u", "weight_u",
            "parametrizations.weight.0._v", "weight_v");

    /** Replaces the tensors of a weight or spectral normalisation by the weights that a prediction has of them. */
    private void computeWeight() throws FormatException {
        if (tensors.containsKey("weight") || rank("weight_v") < 0) return;
        boolean spectral = rank("weight_orig") == 2 && rank("weight_u") == 1 && rank("weight_v") == 1;
        if (!spectral && !(rank("weight_v") == 2 && tensors.containsKey("weight_g"))) return;
        String matrix = spectral ? "weight_orig" : "weight_v";
        int rows = size(matrix, 0), columns = size(matrix, 1);
        double[] from = tensors.get(matrix).doubles();
        float[] weight = new float[from.length];
        if (spectral) {
            double[] u = tensors.get("weight_u").doubles(),
                    v = tensors.get("weight_v").doubles();
            if (u.length != rows || v.length != columns) return;
            double sigma = 0;
            for (int i = 0; i < from.length; i++) sigma += u[i / columns] * from[i] * v[i % columns];
            for (int i = 0; i < from.length; i++) weight[i] = (float) (from[i] / sigma);
        } else {
            // Of each row, each column or the whole, as g has elements: its length, and its direction in v.
            Tensor lengths = tensors.get("weight_g");
            List<Integer> shape = lengths.shape();
            boolean ofRows = shape.equals(List.of(rows, 1)), ofColumns = shape.equals(List.of(1, columns));
            if (!ofRows && !ofColumns && lengths.count() != 1) return;
            double[] g = lengths.doubles(), squares = new double[g.length];
            for (int i = 0; i < from.length; i++)
                squares[ofRows ? i / columns : ofColumns ? i % columns : 0] += from[i] * from[i];
            for (int i = 0; i < from.length; i++) {
                int of = ofRows ? i / columns : ofColumns ? i % columns : 0;
                weight[i] = (float) (g[of] * from[i] / Math.sqrt(squares[of]));
            }
        }
        tensors.put("weight", Tensor.of(weight, rows, columns));
        names.put("weight", names.get(matrix));
        for (String part : List.of("weight_g", "weight_v", "weight_orig", "weight_u")) {
            tensors.remove(part);
            names.remove(part);
        }
    }

    /** Of which kind of module that no layer is like the tensors probably are, or why they are too few; empty if unknown. */
    String guess() {
        if (rank("weight") > 2 || rank("kernel") > 2) return "; is it a convolution?";
        if (tensors.keySet().stream().anyMatch(part -> part.startsWith("weight_ih") || part.startsWith("recurrent")))
            return "; is it a recurrent layer?";
        if (tensors.containsKey("in_proj_weight")) return "; is it attention?";
        if (tensors.keySet().stream().anyMatch(part -> part.startsWith("lora_")))
            return "; merge low-rank adaptations into the weights before they are saved";
        if (tensors.keySet().equals(Set.of("bias")))
            return "; are its weights another module's, too, and left out here?";
        return path.isEmpty() ? "; leave it out by without if it is a buffer of the network's own" : "";
    }

    /** The names before the last part; empty for a module by itself. */
    String path() {
        return path;
    }

    boolean keras() {
        return tensors.keySet().stream().anyMatch(KERAS::contains);
    }

    Kind kind() {
        Set<String> has = new TreeSet<>(tensors.keySet());
        has.remove(BATCHES);
        if (has.equals(Set.of("embeddings")) && rank("embeddings") == 2) return Kind.EMBEDDING;
        for (String weights : List.of("weight", "kernel"))
            if (rank(weights) == 2 && Set.of(weights, "bias").containsAll(has)) return Kind.DENSE;
        for (List<String> all : List.of(
                List.of("weight", "bias", "running_mean", "running_var"),
                List.of("gamma", "beta", "moving_mean", "moving_variance"))) {
            if (!Set.copyOf(all).containsAll(has)) continue;
            if (has.contains(all.get(2)) && has.contains(all.get(3))) return Kind.BATCH_NORM;
            if (has.equals(Set.of(all.get(0), all.get(1))) && rank(all.get(0)) == 1) return Kind.LAYER_NORM;
        }
        if (has.size() == 1 && (rank("weight") == 1 || rank("alpha") == 1)) return Kind.SLOPE;
        return Kind.OTHER;
    }

    private int rank(String part) {
        Tensor tensor = tensors.get(part);
        return tensor == null ? -1 : tensor.shape().size();
    }

    /** Width of input or output of a dense layer; vocabulary and size of an embedding. */
    int inputSize() {
        return tensors.containsKey("kernel") ? size("kernel", 0) : size("weight", 1);
    }

    int outputSize() {
        return tensors.containsKey("kernel") ? size("kernel", 1) : size("weight", 0);
    }

    /** Of an embedding, whose weights may look like those of a dense layer without bias. */
    int vocabulary() {
        return size(tensors.containsKey("embeddings") ? "embeddings" : "weight", 0);
    }

    int vectorSize() {
        return size(tensors.containsKey("embeddings") ? "embeddings" : "weight", 1);
    }

    /** Of a normalisation or a PReLU: the number of values, which is 1 for a PReLU of one slope for all. */
    int size() {
        return tensors.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(BATCHES))
                .mapToInt(entry -> entry.getValue().count())
                .max()
                .orElse(0);
    }

    boolean hasBias() {
        return tensors.containsKey("bias");
    }

    boolean mayBeEmbedding() {
        return kind() == Kind.EMBEDDING
                || kind() == Kind.DENSE && tensors.keySet().equals(Set.of("weight"));
    }

    private int size(String part, int axis) {
        return tensors.get(part).shape().get(axis);
    }

    FormatException wrong(String message) {
        return new FormatException(source, "module " + quoted(path) + ": " + message);
    }

    // Into layers

    /** Sets a layer's parameters from these tensors, all of which it must take. */
    void load(Layer layer, Parameters parameters) throws FormatException {
        Set<String> unused = new TreeSet<>(tensors.keySet());
        if (layer instanceof Dense) {
            weights(layer, parameters.get(0), unused);
            if (parameters.size() == 2) vector(layer, parameters.get(1), unused, "bias");
        } else if (layer instanceof BatchNorm) {
            unused.remove(BATCHES);
            boolean affine = has("weight", "gamma") || has("bias", "beta");
            if (affine) affine(layer, parameters, unused);
            else {
                fill(parameters.get(0), 1f);
                fill(parameters.get(1), 0f);
            }
            vector(layer, parameters.get(2), unused, "running_mean", "moving_mean");
            vector(layer, parameters.get(3), unused, "running_var", "moving_variance");
        } else if (layer instanceof LayerNorm) affine(layer, parameters, unused);
        else if (layer instanceof PRelu) slope(layer, parameters.get(0), unused);
        else if (layer instanceof Embedding)
            matrix(layer, parameters.get(0), unused, has("embeddings") ? "embeddings" : "weight");
        else
            for (int i = 0; i < parameters.size(); i++)
                matrix(
                        layer,
                        parameters.get(i),
                        unused,
                        parameters.shapes().get(i).name());
        if (!unused.isEmpty())
            throw wrong("has " + described(unused) + ", for which there is no place in " + layer
                    + (unused.contains("bias") ? "; a layer with a bias expected?" : ""));
    }

    private boolean has(String... parts) {
        for (String part : parts) if (tensors.containsKey(part)) return true;
        return false;
    }

    private void affine(Layer layer, Parameters parameters, Set<String> unused) throws FormatException {
        // Keras and PyTorch can leave out one of the two
        if (has("weight", "gamma")) vector(layer, parameters.get(0), unused, "weight", "gamma");
        else fill(parameters.get(0), 1f);
        if (has("bias", "beta")) vector(layer, parameters.get(1), unused, "bias", "beta");
        else fill(parameters.get(1), 0f);
        if (!has("weight", "gamma", "bias", "beta"))
            throw wrong("has " + described(tensors.keySet()) + ", but " + layer + " takes weight and bias");
    }

    private void weights(Layer layer, Slice to, Set<String> unused) throws FormatException {
        if (has("kernel")) {
            matrix(layer, to, unused, "kernel");
            return;
        }
        float[] values = values(layer, unused, "weight", List.of(to.columns(), to.rows()));
        for (int o = 0, at = 0; o < to.columns(); o++)
            for (int i = 0; i < to.rows(); i++, at++) to.array()[to.at(i) + o] = values[at];
    }

    /** The first of these names that there is. */
    private void vector(Layer layer, Slice to, Set<String> unused, String... parts) throws FormatException {
        String part = parts[0];
        for (String other : parts) if (has(other)) part = other;
        to.copyFrom(values(layer, unused, part, List.of(to.columns())), 0);
    }

    private void matrix(Layer layer, Slice to, Set<String> unused, String part) throws FormatException {
        List<Integer> shape =
                to.rows() == 1 && rank(part) == 1 ? List.of(to.columns()) : List.of(to.rows(), to.columns());
        to.copyFrom(values(layer, unused, part, shape), 0);
    }

    private void slope(Layer layer, Slice to, Set<String> unused) throws FormatException {
        String part = has("alpha") ? "alpha" : "weight";
        Tensor tensor = tensors.get(part);
        boolean one = tensor != null && tensor.shape().equals(List.of(1));
        float[] values = values(layer, unused, part, List.of(one ? 1 : to.columns()));
        if (one) fill(to, values[0]);
        else to.copyFrom(values, 0);
    }

    private static void fill(Slice to, float value) {
        for (int c = 0; c < to.columns(); c++) to.set(0, c, value);
    }

    private float[] values(Layer layer, Set<String> unused, String part, List<Integer> shape) throws FormatException {
        Tensor tensor = tensors.get(part);
        if (tensor == null)
            throw wrong("has " + described(tensors.keySet()) + ", but no " + part + ", which " + layer + " takes"
                    + (part.equals("bias") ? "; a layer without bias expected?" : ""));
        if (!tensor.shape().equals(shape))
            throw new FormatException(
                    source, quoted(names.get(part)) + " is " + tensor + ", but " + layer + " takes " + shape);
        unused.remove(part);
        float[] values = tensor.floats();
        for (int i = 0; i < values.length; i++)
            if (!Float.isFinite(values[i]))
                throw new FormatException(
                        source,
                        quoted(names.get(part)) + ": element " + i + " is "
                                + (tensor.type() == ElementType.F64 ? "" + tensor.doubles()[i] : "" + values[i])
                                + ", a finite float expected; did the training that made it diverge?");
        return values;
    }

    /** {@code weight F32 [3, 4], bias F32 [3]}. */
    private String described(Set<String> parts) {
        List<String> described = new ArrayList<>();
        for (String part : parts) described.add(quoted(part) + " " + tensors.get(part));
        return String.join(", ", described);
    }

    /** All tensors in words. */
    String described() {
        return described(tensors.keySet());
    }

    // Out of layers

    /** A layer's parameters, in PyTorch's names and shapes. */
    static Map<String, Tensor> of(Layer layer, Parameters parameters) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        if (layer instanceof Dense) {
            Slice weights = parameters.get(0);
            float[] values = new float[weights.rows() * weights.columns()];
            for (int o = 0, at = 0; o < weights.columns(); o++)
                for (int i = 0; i < weights.rows(); i++, at++) values[at] = weights.get(i, o);
            tensors.put("weight", Tensor.of(values, weights.columns(), weights.rows()));
            if (parameters.size() == 2) tensors.put("bias", tensor(parameters.get(1)));
        } else if (layer instanceof BatchNorm || layer instanceof LayerNorm) {
            tensors.put("weight", tensor(parameters.get(0)));
            tensors.put("bias", tensor(parameters.get(1)));
            if (layer instanceof BatchNorm) {
                tensors.put("running_mean", tensor(parameters.get(2)));
                tensors.put("running_var", tensor(parameters.get(3)));
                tensors.put(BATCHES, Tensor.of(new long[] {0}));
            }
        } else if (layer instanceof PRelu || layer instanceof Embedding)
            tensors.put("weight", tensor(parameters.get(0)));
        else
            for (int i = 0; i < parameters.size(); i++) {
                ParameterShape shape = parameters.shapes().get(i);
                tensors.put(shape.name(), tensor(parameters.get(i)));
            }
        return tensors;
    }

    private static Tensor tensor(Slice slice) {
        float[] values = new float[slice.rows() * slice.columns()];
        slice.copyTo(values, 0);
        return slice.rows() == 1
                ? Tensor.of(values, slice.columns())
                : Tensor.of(values, slice.rows(), slice.columns());
    }
}
