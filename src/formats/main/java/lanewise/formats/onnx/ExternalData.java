package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tensors' data in files of their own: beside the model's file only. A name with a folder, with {@code ..} or from the root
 * is refused, and so is a link that leads out of the folder; but where the model itself is a link, as in the caches of model
 * hubs, its data may be one into the same folder as the model's.
 */
final class ExternalData {

    private final Path model;

    /** Equal tensors may share their bytes, but not so many that a small file fills the memory. */
    private static final int MOST_SHARED = 4;

    /** How many bytes each file has left to give. */
    private final Map<Path, Long> left = new HashMap<>();

    /**
     * Data beside a file.
     *
     * @param model null if there is no file
     */
    ExternalData(Path model) {
        this.model = model;
    }

    /** Size of the file beside the model that its tensors name; 0 if there is none, or it is not to be read. */
    static long bytesBeside(Path model, ModelProto proto) {
        java.util.Set<String> locations = new java.util.TreeSet<>();
        for (TensorProto tensor : proto.getGraph().getInitializerList())
            for (StringStringEntryProto entry : tensor.getExternalDataList())
                if (entry.getKey().equals("location")) locations.add(entry.getValue());
        long bytes = 0;
        ExternalData data = new ExternalData(model);
        for (String location : locations)
            try {
                bytes += Files.size(data.locate(location, ""));
            } catch (Refusal | IOException e) {
                // whoever reads such a tensor is refused
            }
        return bytes;
    }

    ByteBuffer read(List<StringStringEntryProto> entries, long bytes, String place) {
        String location = null;
        long offset = 0, length = -1;
        for (StringStringEntryProto entry : entries)
            switch (entry.getKey()) {
                case "location" -> location = entry.getValue();
                case "offset" -> offset = number(entry, place);
                case "length" -> length = number(entry, place);
                default -> {}
            }
        if (location == null || location.isEmpty()) throw new Refusal(place + ": external data without a location");
        String what = place + ": external data in \"" + Node.shortened(location) + "\"";
        if (length >= 0 && length != bytes)
            throw new Refusal(what + ": " + length + " bytes, " + bytes + " expected by its shape");
        Path file = locate(location, what);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (offset > size || bytes > size - offset)
                throw new Refusal(what + ": " + bytes + " bytes from " + offset + " on, but the file has " + size);
            if (bytes > Integer.MAX_VALUE - 8)
                throw new Refusal(what + ": " + bytes + " bytes, more than an array has");
            long remaining = left.getOrDefault(file, MOST_SHARED * size) - bytes;
            if (remaining < 0)
                throw new Refusal(
                        what + ": its tensors overlap, and have more than " + MOST_SHARED + " times its size");
            left.put(file, remaining);
            ByteBuffer buffer = ByteBuffer.allocate((int) bytes);
            while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {}
            if (buffer.hasRemaining()) throw new Refusal(what + ": it ended while it was read");
            return buffer.flip();
        } catch (IOException e) {
            throw new UncheckedIOException(what + ": " + e, e);
        }
    }

    private static long number(StringStringEntryProto entry, String place) {
        try {
            long value = Long.parseLong(entry.getValue());
            if (value >= 0) return value;
        } catch (NumberFormatException e) {
            // refused below, as a negative number is
        }
        throw new Refusal(place + ": external data with " + entry.getKey() + " \"" + Node.shortened(entry.getValue())
                + "\", a number of bytes expected");
    }

    private Path locate(String location, String what) {
        if (model == null) throw new Refusal(what + ": the model is no file, so nothing lies beside it");
        try {
            Path name = Path.of(location);
            boolean plain = !name.isAbsolute() && name.getRoot() == null && location.indexOf('\\') < 0;
            int names = 0;
            for (Path part : name) {
                plain &= !part.toString().equals("..");
                if (!part.toString().equals(".")) names++;
            }
            if (!plain || names != 1)
                throw new Refusal(what + ": only a file beside the model is read, so a plain file name is expected");
            Path folder = model.toAbsolutePath().getParent();
            Path file = folder.resolve(name.getFileName());
            if (!Files.exists(file)) throw new Refusal(what + ": there is no such file beside the model");
            Path real = file.toRealPath();
            boolean beside = real.getParent().equals(folder.toRealPath())
                    || Files.isSymbolicLink(model)
                            && real.getParent().equals(model.toRealPath().getParent());
            if (!beside) throw new Refusal(what + ": it is a link that leads out of the model's folder");
            if (!Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS))
                throw new Refusal(what + ": it is no regular file");
            return real;
        } catch (InvalidPathException e) {
            throw new Refusal(what + ": this is no file name");
        } catch (IOException e) {
            throw new UncheckedIOException(what + ": " + e, e);
        }
    }
}
