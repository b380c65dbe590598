package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lanewise.Network;
import lanewise.RandomModels;
import lanewise.layer.RandomSource;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What is written is read again to the bit, whatever the types, shapes and names. */
class TensorFileProperties {

    private static final int TRIES = 200;

    private static Map<String, Tensor> tensors(long seed) {
        RandomSource random = new RandomSource(seed);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int n = random.nextInt(7); n > 0; n--) {
            ElementType type = ElementType.values()[random.nextInt(ElementType.values().length)];
            int[] shape = new int[random.nextInt(4)];
            int count = 1;
            for (int i = 0; i < shape.length; i++) count *= shape[i] = random.nextInt(17);
            byte[] bytes = new byte[count * type.bytes()];
            for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) random.nextLong();
            StringBuilder name = new StringBuilder();
            for (int i = random.nextInt(5); i >= 0; i--)
                name.append(Character.toString(random.nextInt(2) == 0 ? 'a' + i : 1 + random.nextInt(0xd7ff)));
            tensors.put(name.toString(), Tensor.of(type, ByteBuffer.wrap(bytes), shape));
        }
        return tensors;
    }

    private static Path file(String ending) throws IOException {
        Path file = Files.createTempFile("tensors", ending);
        file.toFile().deleteOnExit();
        return file;
    }

    @Property(tries = TRIES)
    void safetensorsAreReadAsTheyWereWritten(@ForAll long seed) throws IOException {
        Map<String, Tensor> tensors = tensors(seed);
        Path file = file(".safetensors");
        Safetensors.write(file, tensors, Map.of("seed", "" + seed));
        Safetensors read = Safetensors.read(file);
        assertEquals(tensors, read.tensors());
        assertEquals(Map.of("seed", "" + seed), read.metadata());
        Path again = file(".safetensors");
        Safetensors.write(again, read.tensors(), read.metadata());
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(again));
        Files.delete(again);
        Files.delete(file);
    }

    @Property(tries = TRIES)
    void archivesAreReadAsTheyWereWritten(@ForAll long seed) throws IOException {
        Map<String, Tensor> tensors = tensors(seed);
        tensors.replaceAll((name, tensor) -> tensor.type() == ElementType.BF16 ? tensor.as(ElementType.F32) : tensor);
        Path file = file(".npz");
        Npz.write(file, tensors);
        assertEquals(tensors, Npz.read(file));
        Files.delete(file);
    }

    @Property(tries = TRIES)
    void everyNetworkGoesOutAndComesBackToTheBit(@ForAll long seed) throws IOException {
        Network network = seed % 3 == 0 ? RandomModels.embedding(seed) : RandomModels.network(seed);
        Network other = network.followedBy(lanewise.layer.Softmax.of(network.outputSize()));
        other.setParameters(new float[network.parameterCount()]);
        StateDict dict = StateDict.of(network);
        dict.load(other);
        assertEquals(network.fingerprint(), other.fingerprint());
        assertEquals(dict.tensors(), StateDict.of(other).tensors());
        StateDict named = StateDict.of(network, path -> "model." + path);
        other.setParameters(new float[network.parameterCount()]);
        named.load(other, path -> "model." + path);
        assertEquals(network.fingerprint(), other.fingerprint());
    }
}
