package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads the protocol buffer message that an ONNX file is, within limits that no network of use comes near. */
final class OnnxFile {

    /** An object takes a hundred bytes where the file may take two. */
    private static final int MOST_MESSAGES = 2_000_000;

    private static final int DEEPEST = 100;

    private OnnxFile() {}

    static ModelProto read(Path file) throws IOException {
        byte[] bytes;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > Integer.MAX_VALUE - 8)
                throw new Refusal("it has " + size + " bytes, and no protocol buffer message has more than 2 GB;"
                        + " larger weights belong into external data");
            if (size == 0) throw new Refusal("it is empty");
            ByteBuffer buffer = ByteBuffer.allocate((int) size);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
            if (buffer.hasRemaining()) throw new Refusal("it ended while it was read");
            bytes = buffer.array();
        }
        return parse(bytes);
    }

    /** The message that these bytes are. They must not be changed later: raw data are read out of them. */
    static ModelProto parse(byte[] bytes) {
        try {
            int messages = count(CodedInputStream.newInstance(bytes), ModelProto.getDescriptor(), 0, 0);
            if (messages > MOST_MESSAGES)
                throw new Refusal("it holds more than " + MOST_MESSAGES + " nodes, attributes and other parts");
            CodedInputStream in = CodedInputStream.newInstance(bytes);
            in.enableAliasing(true);
            in.setRecursionLimit(DEEPEST);
            ModelProto model = ModelProto.parseFrom(in);
            in.checkLastTagWas(0);
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw new Refusal("it is no ONNX file, or damaged: " + e.getMessage());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Number of messages in a message, itself included, counted without making any; stops soon after the limit. */
    private static int count(CodedInputStream in, Descriptor descriptor, int depth, int before) throws IOException {
        if (depth > DEEPEST) throw new Refusal("messages inside messages more than " + DEEPEST + " deep");
        int count = before + 1;
        for (int tag = in.readTag(); tag != 0 && count <= MOST_MESSAGES; tag = in.readTag()) {
            FieldDescriptor field = descriptor.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            boolean message = field != null
                    && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                    && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
            if (!message) {
                in.skipField(tag);
                continue;
            }
            int limit = in.pushLimit(in.readRawVarint32());
            count = count(in, field.getMessageType(), depth + 1, count);
            in.skipRawBytes(Math.max(0, in.getBytesUntilLimit()));
            in.popLimit(limit);
        }
        return count;
    }
}
