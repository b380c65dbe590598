package lanewise;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import lanewise.layer.Loss;

/**
 * The layers, activations and losses that the library has, by its compiled classes: for tests that hold tables and lists
 * against them, so that a new one cannot be forgotten anywhere.
 */
public final class Library {

    private Library() {}

    /** Every layer that a user can name: the public classes that implement {@link Layer}. */
    public static List<Class<?>> layers() {
        return classes(Layer.class).stream()
                .filter(type -> Modifier.isPublic(type.getModifiers()))
                .toList();
    }

    /** The classes, public or not, that objects of this type can have. */
    private static List<Class<?>> classes(Class<?> type) {
        try {
            Path library = Path.of(Layer.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (Files.isDirectory(library)) return classes(type, library);
            try (FileSystem jar = FileSystems.newFileSystem(library)) {
                return classes(type, jar.getPath("/"));
            }
        } catch (IOException | URISyntaxException | ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Class<?>> classes(Class<?> type, Path root) throws IOException, ClassNotFoundException {
        List<Class<?>> classes = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted().toList()) {
                String name = root.relativize(file).toString().replace('\\', '/');
                // the vector kernels need a module that may be absent
                if (!name.endsWith(".class") || name.endsWith("-info.class") || name.contains("/kernel/")) continue;
                Class<?> found = Class.forName(
                        name.substring(0, name.length() - ".class".length()).replace('/', '.'),
                        false,
                        type.getClassLoader());
                if (type.isAssignableFrom(found) && !Modifier.isAbstract(found.getModifiers())) classes.add(found);
            }
        }
        return classes;
    }

    /** The activations that are public constants. */
    static List<Activation> activations() {
        return constants(Activation.class);
    }

    /** The losses that are public constants. */
    static List<Loss> losses() {
        return constants(Loss.class);
    }

    private static <T> List<T> constants(Class<T> type) {
        return Stream.of(type.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()) && type.isAssignableFrom(field.getType()))
                .map(field -> {
                    try {
                        return type.cast(field.get(null));
                    } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    /** The classes of losses. */
    public static List<Class<?>> lossClasses() {
        return classes(Loss.class);
    }

    /**
     * Fails if one of these is missing among those.
     *
     * @param where they should all be, and what to do if one is not: it ends the sentence
     */
    public static void requireAll(Collection<?> all, Collection<?> present, String where) {
        List<String> missing = all.stream()
                .filter(one -> !present.contains(one))
                .map(one -> (one instanceof Class<?> type ? type.getSimpleName() : one) + " is missing " + where)
                .toList();
        if (!missing.isEmpty()) fail(String.join("\n", missing));
    }
}
