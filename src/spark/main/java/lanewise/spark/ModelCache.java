package lanewise.spark;

import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import lanewise.Lanewise;
import lanewise.Model;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of a JVM, one for each model file. Any number of threads.
 *
 * <p>Models in use are found as long as anybody holds them. Beyond that the models that were used last stay, as long as their
 * parameters take a sixteenth of the heap together, and the very last one in any case: so scoring hundreds of models, one after
 * the other, keeps few of them, and a model that is used by one job after another is decoded and warmed up once.
 */
final class ModelCache {

    /** This JVM's. */
    static final ModelCache JVM = new ModelCache(Runtime.getRuntime().maxMemory() / 16);

    private static final Logger LOG = LoggerFactory.getLogger(ModelCache.class);

    /** A model that is known here, whether it is there or not; who looks or decodes has the lock. */
    private static final class Entry {
        private WeakReference<Model> model = new WeakReference<>(null);

        /** Threads that look, decode, or wait for that; guarded by the cache's lock. */
        private int users;
    }

    private final long limit;
    private final Map<String, Entry> entries = new HashMap<>();

    /** The models that were used last, the least recent first. */
    private final LinkedHashMap<String, Model> kept = new LinkedHashMap<>(16, 0.75f, true);

    private boolean told;

    /** @param limit bytes of parameters that are kept though nobody else holds them */
    ModelCache(long limit) {
        this.limit = limit;
    }

    /** The model of this key; decoded if it is not there, and then warmed up in the background. */
    Model get(String key, Supplier<Model> decode) {
        Entry entry = enter(key);
        try {
            synchronized (entry) {
                Model model = entry.model.get();
                if (model == null) {
                    model = decode.get().beginWarmUp();
                    entry.model = new WeakReference<>(model);
                    tellKernels();
                }
                keep(key, model);
                return model;
            }
        } finally {
            leave(entry);
        }
    }

    private synchronized Entry enter(String key) {
        Entry entry = entries.computeIfAbsent(key, k -> new Entry());
        entry.users++;
        return entry;
    }

    private synchronized void leave(Entry entry) {
        entry.users--;
        if (entries.size() > 2 * kept.size() + 64)
            entries.values().removeIf(e -> e.users == 0 && e.model.get() == null);
    }

    private synchronized void keep(String key, Model model) {
        kept.put(key, model);
        long bytes = kept.values().stream().mapToLong(ModelCache::bytes).sum();
        var oldest = kept.values().iterator();
        while (bytes > limit && kept.size() > 1) {
            bytes -= bytes(oldest.next());
            oldest.remove();
        }
    }

    private static long bytes(Model model) {
        return 4L * model.parameterCount();
    }

    /** Models kept by this cache alone or with others. */
    synchronized int kept() {
        return kept.size();
    }

    /** Says once in a JVM that its kernels are the slow ones, and how to get others. */
    private synchronized void tellKernels() {
        if (told) return;
        told = true;
        if (!Lanewise.kernels().startsWith("scalar"))
            LOG.info("Lanewise {}: {}", Lanewise.version(), Lanewise.kernels());
        else
            LOG.warn(
                    "Lanewise {}: {}, several times slower, since {}; executors get it by"
                            + " --conf spark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector, the driver by"
                            + " --driver-java-options",
                    Lanewise.version(),
                    Lanewise.kernels(),
                    Lanewise.kernelsReason());
    }
}
