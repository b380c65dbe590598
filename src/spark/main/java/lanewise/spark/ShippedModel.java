package lanewise.spark;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import lanewise.Model;
import lanewise.io.ModelFile;
import org.apache.spark.SparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.reflect.ClassTag$;

/**
 * The driver's side of a model: broadcasts its file when it is first used, and anew where the Spark context is another one.
 * Spark's cleaner removes the broadcast when nothing refers to it any more. Any number of threads.
 */
final class ShippedModel {

    private final Model model;
    private WeakReference<SparkContext> context = new WeakReference<>(null);
    private ModelReference reference;

    ShippedModel(Model model) {
        this.model = model;
    }

    synchronized ModelReference reference(SparkContext now) {
        if (context.get() != now) {
            byte[] file = file(model);
            Broadcast<byte[]> broadcast = now.broadcast(file, ClassTag$.MODULE$.<byte[]>apply(byte[].class));
            reference = new ModelReference(digest(file), model.name(), broadcast);
            context = new WeakReference<>(now);
        }
        // Tasks in this JVM have this very model.
        ModelCache.JVM.get(reference.digest(), () -> model);
        return reference;
    }

    private static byte[] file(Model model) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ModelFile.save(model, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static String digest(byte[] file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
