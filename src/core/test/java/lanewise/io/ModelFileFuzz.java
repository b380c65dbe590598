package lanewise.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lanewise.Model;
import lanewise.RandomModels;

/**
 * What a fuzzer that follows coverage is to call: {@code mvn -q -Pfuzz} runs Jazzer on it. Length and checksum are made
 * right first, so that the fuzzer gets at the parser beneath.
 */
public final class ModelFileFuzz {

    private ModelFileFuzz() {}

    /** A file is refused by an IOException, or it holds a model that can be saved and loaded again. */
    public static void fuzzerTestOneInput(byte[] data) {
        Model model;
        try {
            model = Forge.load(Forge.sealed(data.clone()));
        } catch (IOException e) {
            return;
        }
        try {
            Forge.load(Forge.bytes(model));
        } catch (IOException e) {
            throw new AssertionError("a model that was loaded is not one that can be saved", e);
        }
    }

    /** Writes model files to begin with into a directory. */
    public static void main(String[] args) throws IOException {
        Path directory = Files.createDirectories(Path.of(args[0]));
        for (int seed = 0; seed < 20; seed++) {
            byte[] file = Forge.bytes(RandomModels.model(seed));
            if (file.length < 20_000) Files.write(directory.resolve(seed + ".lanewise"), file);
        }
    }
}
