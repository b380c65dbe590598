package lanewise.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import lanewise.Model;
import lanewise.Predictor;

/**
 * Holds the model that serves, and exchanges it while it serves: a request that has begun ends on the model that it began
 * with, the next one uses the new model. No request waits for an exchange, and none is lost.
 *
 * <p>Any number of threads, virtual ones too: predictors are lent, not bound to threads, and as many are kept as can be
 * busy at once.
 */
final class ModelHolder {

    private final AtomicReference<Serving> now = new AtomicReference<>();

    /** A model and its predictors that nobody uses at the moment. */
    private static final class Serving {

        final Model model;

        /** Empty where a predictor is lent, or not made yet. */
        private final AtomicReferenceArray<Predictor> idle = new AtomicReferenceArray<>(
                4 * Integer.highestOneBit(Runtime.getRuntime().availableProcessors()));

        Serving(Model model) {
            this.model = model;
        }

        /** Where a thread begins to look, so that few look at the same place. */
        private int start() {
            return (int) Thread.currentThread().getId() & idle.length() - 1;
        }

        Predictor take() {
            for (int i = 0, at = start(); i < idle.length(); i++) {
                Predictor predictor = idle.getAndSet(at ^ i, null);
                if (predictor != null) return predictor;
            }
            return model.predictor();
        }

        /** Keeps a predictor if there is room. */
        void giveBack(Predictor predictor) {
            for (int i = 0, at = start(); i < idle.length(); i++)
                if (idle.compareAndSet(at ^ i, null, predictor)) return;
        }
    }

    ModelHolder(Model first) {
        now.set(new Serving(first));
    }

    /** The model that serves now. */
    Model model() {
        return now.get().model;
    }

    /** Lets another model serve from now on, as soon as it is warm. */
    void swap(Model next) {
        next.warmUp();
        now.set(new Serving(next));
    }

    /**
     * Lends a predictor of the model that serves now.
     *
     * @param work must not keep it; what it throws is passed on
     * @return the work's result
     */
    <T> T with(Function<Predictor, T> work) {
        Serving serving = now.get();
        Predictor predictor = serving.take();
        try {
            return work.apply(predictor);
        } finally {
            serving.giveBack(predictor); // as good as new whatever was thrown
        }
    }

    /** A model's file, whose changes are found by looking at it. For one thread at a time. */
    static final class Watch {

        private final Path file;
        private Stamp seen;

        /** What tells a file from the one that was there before. */
        private record Stamp(FileTime modified, long size, Object key) {
            static Stamp of(Path file) {
                try {
                    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                    if (!attributes.isRegularFile()) return null; // a pipe, say, which is read once
                    return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
                } catch (IOException e) {
                    return null; // being replaced, or gone: loading says why
                }
            }
        }

        Watch(Path file) {
            this.file = file;
        }

        /**
         * Loads the file if it is another one than at the last call.
         *
         * @return null if it is not, or is gone
         * @throws Failure if it holds no whole and sound model
         */
        Model changed() {
            Stamp stamp = Stamp.of(file);
            if (stamp == null || stamp.equals(seen)) return null;
            seen = stamp;
            return Main.load(file);
        }
    }
}
