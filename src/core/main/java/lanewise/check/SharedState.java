package lanewise.check;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import lanewise.layer.Loss;
import lanewise.memory.Operation;
import lanewise.memory.Slice;

/**
 * What fields of a layer or a loss and of its classes hold, as far as reflection may look: numbers, and the elements of
 * arrays and of collections. A field
 * that follows what calls are given is no proof of a mistake, for it may be a cache, but a reason to look for one for longer.
 */
final class SharedState {

    /** A larger collection is looked at by its size alone. */
    private static final int MOST = 4096;

    private final Map<String, Object> fields = new LinkedHashMap<>();

    /** Losses and layers that were looked at. */
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private SharedState() {}

    /** Of a layer or a loss, of those inside it, and of their classes, as they are now. */
    static SharedState of(Object subject) {
        SharedState state = new SharedState();
        state.add(subject);
        return state;
    }

    /** What a collection without a lock holds. */
    private record Collected(int contents) {}

    /**
     * The first field that is the same after the same call twice, and not after another one, or a collection without a lock
     * that any of these calls changed; null if there is none.
     */
    static String following(SharedState first, SharedState same, SharedState other) {
        for (var field : first.fields.entrySet()) {
            Object value = same.fields.get(field.getKey());
            boolean again = field.getValue().equals(value);
            if (value != null && (again ? !value.equals(other.fields.get(field.getKey())) : value instanceof Collected))
                return field.getKey();
        }
        return null;
    }

    private void add(Object subject) {
        if (!seen.add(subject)) return;
        for (Class<?> c = subject.getClass(); c != null && c != Object.class; c = c.getSuperclass()) {
            add(c, subject);
            for (Class<?> outer = c.getEnclosingClass(); outer != null; outer = outer.getEnclosingClass())
                add(outer, null);
        }
        if (subject instanceof Operation operation) for (Operation child : operation.children()) add(child);
    }

    private void add(Class<?> owner, Object object) {
        for (Field field : owner.getDeclaredFields()) {
            if (object == null && !Modifier.isStatic(field.getModifiers())) continue;
            try {
                if (!field.trySetAccessible()) continue;
                Object value = field.get(object);
                if (value instanceof Loss && !Modifier.isStatic(field.getModifiers())) add(value);
                if (value != null)
                    fields.put(
                            field.getName() + " of " + owner.getName()
                                    + (Modifier.isStatic(field.getModifiers()) ? "" : " " + fields.size()),
                            contents(value));
            } catch (ReflectiveOperationException | RuntimeException e) {
                // Then it cannot be looked at.
            }
        }
    }

    /** Whether a collection is one that threads may not change at the same time. */
    private static boolean isPlain(Object collection) {
        Class<?> type = collection.getClass();
        return type.getPackageName().equals("java.util") && type.getEnclosingClass() == null;
    }

    /** The contents of an element of a collection, but not of a collection in a collection. */
    private static int element(Object value) {
        return value == null || value instanceof Map || value instanceof Collection
                ? System.identityHashCode(value)
                : contents(value).hashCode();
    }

    /** A number that changes when the value does, as far as can be seen from outside. */
    private static Object contents(Object value) {
        if (value instanceof Number || value instanceof Boolean) return value;
        if (value instanceof float[] floats) return Arrays.hashCode(floats);
        if (value instanceof double[] doubles) return Arrays.hashCode(doubles);
        if (value instanceof int[] ints) return Arrays.hashCode(ints);
        if (value instanceof long[] longs) return Arrays.hashCode(longs);
        if (value instanceof boolean[] booleans) return Arrays.hashCode(booleans);
        if (value instanceof Slice slice) return Arrays.hashCode(slice.array());
        if (value instanceof Map<?, ?> map && isPlain(value)) {
            if (map.size() > MOST) return new Collected(map.size());
            int sum = map.size();
            for (var entry : map.entrySet()) sum += element(entry.getKey()) * 31 ^ element(entry.getValue());
            return new Collected(sum);
        }
        if (value instanceof Collection<?> collection && isPlain(value)) {
            if (collection.size() > MOST) return new Collected(collection.size());
            int sum = collection.size();
            for (Object element : collection) sum += element(element);
            return new Collected(sum);
        }
        if (value instanceof Object[] array) {
            int hash = 0;
            for (int i = 0; i < Math.min(64, Array.getLength(array)); i++)
                if (array[i] != null && array[i].getClass().isArray())
                    hash = 31 * hash + contents(array[i]).hashCode();
            return hash;
        }
        return System.identityHashCode(value);
    }
}
