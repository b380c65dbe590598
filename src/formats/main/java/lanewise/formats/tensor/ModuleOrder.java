package lanewise.formats.tensor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import lanewise.formats.FormatException;
import lanewise.formats.tensor.ModuleTensors.Kind;

/** Finds the order of modules in a plain sequence, from their names and sizes; or says why it cannot. */
final class ModuleOrder {

    /** Orders are tried for so many modules at most. */
    private static final int MOST_TRIED = 10;

    private final Object source;
    private final List<ModuleTensors> modules;

    /** Of each module the last part of its path without the digits at its end, and these; −1 if there are none. */
    private final Map<ModuleTensors, String> stems = new HashMap<>();

    private final Map<ModuleTensors, Integer> numbers = new HashMap<>();

    private ModuleOrder(Object source, List<ModuleTensors> modules) {
        this.source = source;
        this.modules = modules;
        for (ModuleTensors module : modules) {
            String last = last(module);
            int begin = last.length();
            while (begin > 0 && Character.digit(last.charAt(begin - 1), 10) >= 0 && last.length() - begin < 9) begin--;
            stems.put(module, last.substring(0, begin));
            numbers.put(module, begin == last.length() ? -1 : Integer.parseInt(last.substring(begin)));
        }
    }

    /** An order, and in words what it rests on; null if it rests on numbers alone. */
    record Found(List<ModuleTensors> order, String assumption) {}

    static Found of(Object source, List<ModuleTensors> modules) throws FormatException {
        return new ModuleOrder(source, modules).found();
    }

    private static String last(ModuleTensors module) {
        return module.path().substring(parent(module).length());
    }

    /** What comes before the last part of a path, with the dot or slash. */
    static String parent(ModuleTensors module) {
        String path = module.path();
        return path.substring(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('/')) + 1);
    }

    /** The position in a sequence that a path ends in; −1 if it ends in a name. */
    static int position(ModuleTensors module) {
        String last = last(module);
        boolean number = !last.isEmpty() && last.length() < 9 && NaturalOrder.digits(last, 0) == last.length();
        return number ? Integer.parseInt(last) : -1;
    }

    private Found found() throws FormatException {
        for (ModuleTensors module : modules)
            if (!parent(module).equals(parent(modules.get(0))))
                throw undecided("lie in different modules, so that they may be blocks, of residual layers, say, and no"
                        + " plain sequence");
        if (new TreeSet<>(stems.values()).size() == 1) return new Found(modules, null);
        long unnumbered = modules.stream().filter(this::alone).count();
        boolean denseOnly = modules.stream().allMatch(module -> module.kind() == Kind.DENSE);
        if (unnumbered <= 1 && (denseOnly || alike())) return numbered();
        if (denseOnly && modules.size() <= MOST_TRIED) {
            List<List<ModuleTensors>> orders = new ArrayList<>();
            extend(new ArrayList<>(), orders);
            return only(orders, "their sizes");
        }
        throw undecided("have names that do not tell their order");
    }

    /**
     * Whether a module has no number, and no other of its stem has one, either. A normalisation of Keras's by itself is its
     * first.
     */
    private boolean alone(ModuleTensors module) {
        return numbers.get(module) < 0
                && !(module.keras() && module.kind() != Kind.DENSE)
                && modules.stream()
                        .noneMatch(other -> other != module && stem(other).equals(stem(module)));
    }

    /** Keras names its layers dense, dense_1, ... */
    private String stem(ModuleTensors module) {
        return stems.get(module).replaceFirst("_$", "");
    }

    /** Whether there is a module of each other stem for each dense layer, or for each but the last. */
    private boolean alike() {
        Map<String, TreeSet<Integer>> numbersOf = new TreeMap<>();
        TreeSet<Integer> dense = new TreeSet<>();
        for (ModuleTensors module : modules)
            if (module.kind() == Kind.DENSE) dense.add(number(module));
            else
                numbersOf.computeIfAbsent(stem(module), stem -> new TreeSet<>()).add(number(module));
        if (dense.isEmpty()) return false;
        for (TreeSet<Integer> numbers : numbersOf.values())
            if (!numbers.equals(dense) && !numbers.equals(dense.headSet(dense.last()))) return false;
        return true;
    }

    /** Its number; one without a number is the first of its stem, or the last of all. */
    private int number(ModuleTensors module) {
        int number = numbers.get(module);
        return number >= 0 ? number : alone(module) ? Integer.MAX_VALUE : 0;
    }

    private Found numbered() throws FormatException {
        List<List<ModuleTensors>> orders = new ArrayList<>();
        Comparator<ModuleTensors> byNumber = Comparator.comparingInt(this::number);
        for (boolean denseFirst : new boolean[] {true, false}) {
            List<ModuleTensors> order = new ArrayList<>(modules);
            order.sort(byNumber.thenComparing(module -> (module.kind() == Kind.DENSE) != denseFirst));
            if (chains(order) && !orders.contains(order)) orders.add(order);
        }
        return only(orders, "the numbers in their names");
    }

    private Found only(List<List<ModuleTensors>> orders, String by) throws FormatException {
        if (orders.size() == 1) return new Found(orders.get(0), "the order " + names(orders.get(0)) + ", by " + by);
        throw undecided(
                orders.isEmpty()
                        ? "fit one another in none of the orders that their names suggest"
                        : "fit one another in several orders, such as " + names(orders.get(0)) + " and "
                                + names(orders.get(1)));
    }

    private static List<String> names(List<ModuleTensors> order) {
        return order.stream().map(ModuleTensors::path).map(MappedFile::quoted).toList();
    }

    private FormatException undecided(String why) {
        return new FormatException(
                source,
                "the modules " + names(modules) + " " + why + "; give their order, or load them into a network");
    }

    /** Whether each one's input is as wide as what comes before it. */
    private static boolean chains(List<ModuleTensors> order) {
        int width = -1;
        for (ModuleTensors module : order)
            if (module.kind() == Kind.DENSE) {
                if (width >= 0 && module.inputSize() != width) return false;
                width = module.outputSize();
            } else if (module.kind() == Kind.EMBEDDING) {
                if (width >= 0) return false;
            } else if (!(module.kind() == Kind.SLOPE && module.size() == 1)) {
                if (width >= 0 && module.size() != width) return false;
                width = module.size();
            }
        return true;
    }

    /** All orders of dense layers that fit one another, until there are two. */
    private void extend(List<ModuleTensors> order, List<List<ModuleTensors>> orders) {
        if (orders.size() == 2) return;
        if (order.size() == modules.size()) {
            orders.add(List.copyOf(order));
            return;
        }
        for (ModuleTensors module : modules) {
            if (order.contains(module)) continue;
            if (!order.isEmpty() && order.get(order.size() - 1).outputSize() != module.inputSize()) continue;
            order.add(module);
            extend(order, orders);
            order.remove(order.size() - 1);
        }
    }
}
