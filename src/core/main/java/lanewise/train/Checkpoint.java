package lanewise.train;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import lanewise.file.AtomicFile;

/**
 * What a training needs to go on, and its file: big-endian, strings as {@link DataOutputStream#writeUTF} writes them.
 *
 * <pre>
 * "LANEWISE" in ASCII, int version (1)
 * int n, then n times: string name, string value                                    the settings
 * int epoch, long step, int position, double lossSum                                the place
 * int first epoch of the call, int validations before it, long steps of it that are done, int best epoch
 * int n, then n doubles                                                             validation losses
 * int n, then n times: string name, int count, count floats                         matrices without padding
 * long CRC-32C of all before
 * </pre>
 *
 * @param settings by name
 * @param progress the place
 * @param firstEpoch of the call of {@link Trainer#train}
 * @param firstValidation number of validations before that call
 * @param done number of the call's steps that are done
 * @param bestEpoch 0 if there was no validation
 * @param validationLosses of each epoch so far
 * @param arrays parameters and what is laid out like them, by name
 */
record Checkpoint(
        Map<String, String> settings,
        Progress progress,
        int firstEpoch,
        int firstValidation,
        long done,
        int bestEpoch,
        List<Double> validationLosses,
        Map<String, float[]> arrays) {

    private static final long MAGIC = 0x4c414e4557495345L;
    private static final int VERSION = 1;

    /** More of anything that is counted here means a damaged file. */
    private static final int MANY = 1 << 24;

    /** Bytes that are converted at a time. */
    private static final int CHUNK = 1 << 16;

    /** Writes it, whole or not at all. */
    void write(Path file) throws IOException {
        AtomicFile.write(file, this::writeTo);
    }

    private void writeTo(OutputStream unbuffered) throws IOException {
        CheckedOutputStream checked =
                new CheckedOutputStream(new BufferedOutputStream(unbuffered, CHUNK), new CRC32C());
        DataOutputStream out = new DataOutputStream(checked);
        out.writeLong(MAGIC);
        out.writeInt(VERSION);
        out.writeInt(settings.size());
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            out.writeUTF(setting.getKey());
            out.writeUTF(setting.getValue());
        }
        out.writeInt(progress.epoch());
        out.writeLong(progress.step());
        out.writeInt(progress.position());
        out.writeDouble(progress.lossSum());
        out.writeInt(firstEpoch);
        out.writeInt(firstValidation);
        out.writeLong(done);
        out.writeInt(bestEpoch);
        out.writeInt(validationLosses.size());
        for (double loss : validationLosses) out.writeDouble(loss);
        out.writeInt(arrays.size());
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        for (Map.Entry<String, float[]> array : arrays.entrySet()) {
            float[] floats = array.getValue();
            out.writeUTF(array.getKey());
            out.writeInt(floats.length);
            for (int from = 0; from < floats.length; from += CHUNK / Float.BYTES) {
                int count = Math.min(CHUNK / Float.BYTES, floats.length - from);
                chunk.clear();
                chunk.asFloatBuffer().put(floats, from, count);
                out.write(chunk.array(), 0, count * Float.BYTES);
            }
        }
        out.writeLong(checked.getChecksum().getValue());
        out.flush();
    }

    /**
     * Reads one.
     *
     * @throws IOException if it cannot be read, or is none, or is damaged; the message names the file
     */
    static Checkpoint read(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), CHUNK)) {
            return read(in, Files.size(file));
        } catch (Damaged | EOFException | UTFDataFormatException e) {
            String why = e instanceof Damaged ? e.getMessage() : "it ends too early, or its lengths are wrong";
            throw new IOException(file + " is no checkpoint that can be used: " + why, e);
        }
    }

    private static final class Damaged extends IOException {
        private static final long serialVersionUID = 1;

        Damaged(String why) {
            super(why);
        }
    }

    private static Checkpoint read(InputStream unchecked, long size) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(unchecked, new CRC32C());
        DataInputStream in = new DataInputStream(checked);
        if (in.readLong() != MAGIC) throw new Damaged("it does not begin as one");
        int version = in.readInt();
        if (version != VERSION)
            throw new Damaged("its format has version " + version + ", this library reads version " + VERSION);
        Map<String, String> settings = new LinkedHashMap<>();
        for (int n = count(in, size); n > 0; n--) settings.put(in.readUTF(), in.readUTF());
        int epoch = in.readInt();
        long step = in.readLong();
        int position = in.readInt();
        double lossSum = in.readDouble();
        int firstEpoch = in.readInt(), firstValidation = in.readInt();
        long done = in.readLong();
        int bestEpoch = in.readInt();
        List<Double> losses = new ArrayList<>();
        for (int n = count(in, size); n > 0; n--) losses.add(in.readDouble());
        Map<String, float[]> arrays = new LinkedHashMap<>();
        byte[] chunk = new byte[CHUNK];
        for (int n = count(in, size); n > 0; n--) {
            String name = in.readUTF();
            int length = in.readInt();
            if (length < 0 || (long) length * Float.BYTES > size) throw new Damaged("a length in it is wrong");
            float[] floats = new float[length];
            for (int from = 0; from < length; from += CHUNK / Float.BYTES) {
                int count = Math.min(CHUNK / Float.BYTES, length - from);
                in.readFully(chunk, 0, count * Float.BYTES);
                ByteBuffer.wrap(chunk).asFloatBuffer().get(floats, from, count);
            }
            arrays.put(name, floats);
        }
        long sum = checked.getChecksum().getValue();
        if (in.readLong() != sum || in.read() >= 0) throw new Damaged("its checksum is wrong");
        try {
            return new Checkpoint(
                    settings,
                    new Progress(epoch, step, position, lossSum),
                    firstEpoch,
                    firstValidation,
                    done,
                    bestEpoch,
                    losses,
                    arrays);
        } catch (IllegalArgumentException e) {
            throw new Damaged(e.getMessage());
        }
    }

    private static int count(DataInputStream in, long size) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > Math.min(MANY, size)) throw new Damaged("a length in it is wrong");
        return count;
    }

    /** The first setting that is another one; null if all are the same. */
    String difference(Map<String, String> now) {
        for (Map.Entry<String, String> setting : now.entrySet()) {
            String then = settings.get(setting.getKey());
            if (!setting.getValue().equals(then))
                return setting.getKey() + ": " + then + " in the checkpoint, " + setting.getValue() + " now";
        }
        return null;
    }
}
