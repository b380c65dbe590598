package lanewise.spark;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import lanewise.Model;
import lanewise.io.ModelFile;
import org.apache.spark.broadcast.Broadcast;

/**
 * A model wherever a task runs. It goes with each task and is small; the model's file is broadcast, so it comes to an executor
 * once, and {@link ModelCache} decodes it there once. Immutable.
 *
 * @param digest SHA-256 of the file, which is the model's identity
 * @param name the model's, for messages
 * @param file the model file
 */
record ModelReference(String digest, String name, Broadcast<byte[]> file) implements Serializable {

    /** The one model of this JVM. */
    Model model() {
        return ModelCache.JVM.get(digest, this::decode);
    }

    private Model decode() {
        byte[] bytes = file.value();
        try {
            return ModelFile.load(
                    new ByteArrayInputStream(bytes), "the broadcast model" + (name.isEmpty() ? "" : " " + name));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** References to equal models are equal, so that Spark finds the frames it has cached. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ModelReference that && digest.equals(that.digest);
    }

    @Override
    public int hashCode() {
        return digest.hashCode();
    }

    @Override
    public String toString() {
        return (name.isEmpty() ? "model " : "model \"" + name + "\" ") + digest.substring(0, 16);
    }
}
