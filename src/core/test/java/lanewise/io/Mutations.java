package lanewise.io;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.Model;
import lanewise.RandomModels;
import lanewise.layer.RandomSource;

/**
 * Loads model files after random mutations, half of them with length and checksum made right again, so that the parser
 * beneath sees them. Prints what came of it. For a JVM with a small heap.
 */
final class Mutations {

    private static final int[] UGLY = {
        0, 1, -1, 2, 3, 4, 7, 8, 15, 16, 17, 255, 256, 65535, 65536, 1 << 24, Integer.MAX_VALUE, Integer.MIN_VALUE
    };

    private Mutations() {}

    public static void main(String[] args) throws IOException {
        int mutations = Integer.parseInt(args[0]);
        long seed = Long.parseLong(args[1]);
        List<byte[]> originals = new ArrayList<>();
        for (int i = 0; i < 40; i++) originals.add(Forge.bytes(RandomModels.model(seed + i)));
        int refused = 0, loaded = 0, same = 0;
        for (int i = 0; i < mutations; i++) {
            RandomSource random = new RandomSource(seed, i);
            byte[] original = originals.get(random.nextInt(originals.size())), mutated = original;
            for (int n = 1 + random.nextInt(3); n > 0; n--) mutated = mutate(mutated, random);
            boolean sealed = random.nextInt(2) == 0;
            if (sealed) mutated = Forge.sealed(mutated);
            try {
                Model model = Forge.load(mutated);
                if (Arrays.equals(original, mutated)) same++;
                else if (!sealed) throw new AssertionError("mutation " + i + " was not noticed");
                else {
                    loaded++;
                    // what was loaded is a sound model: it can be saved and loaded again
                    Forge.load(Forge.bytes(model));
                }
            } catch (IOException e) {
                if (!e.getMessage().startsWith("forged: "))
                    throw new AssertionError("mutation " + i + " has no proper message", e);
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("mutation " + i + ": " + e, e);
            }
        }
        System.out.println(mutations + " mutations, seed " + seed + ": " + refused + " refused, " + loaded
                + " loaded as models that are different but sound, " + same + " changed nothing");
    }

    private static byte[] mutate(byte[] file, RandomSource random) {
        int header = 24 + Math.max(0, Math.min(Forge.headerLength(file), file.length - 28));
        int region = random.nextInt(4) == 0 ? file.length : Math.max(1, Math.min(header, file.length));
        int at = random.nextInt(region), length = 1 + random.nextInt(8), end = Math.min(file.length, at + length);
        byte[] changed = file.clone();
        switch (random.nextInt(7)) {
            case 0:
                changed[at] ^= (byte) (1 << random.nextInt(8));
                return changed;
            case 1:
                for (int i = at; i < end; i++) changed[i] = (byte) random.nextLong();
                return changed;
            case 2:
                if (at + 4 <= file.length) Forge.little(changed).putInt(at, UGLY[random.nextInt(UGLY.length)]);
                return changed;
            case 3:
                if (at + 4 <= file.length)
                    Forge.little(changed).putInt(at, Forge.little(file).getInt(at) + random.nextInt(9) - 4);
                return changed;
            case 4:
                return cut(file, at, end, 0);
            case 5:
                return cut(file, at, at, length);
            default:
                int from = random.nextInt(file.length - 24);
                System.arraycopy(file, from, changed, at, Math.min(length * 3, file.length - Math.max(at, from)));
                return changed;
        }
    }

    /** Without the bytes from … to − 1, and with so many zeros in their place; the file keeps a prefix and a checksum. */
    private static byte[] cut(byte[] file, int from, int to, int zeros) {
        byte[] changed = new byte[file.length - (to - from) + zeros];
        if (changed.length < 28) return file.clone();
        System.arraycopy(file, 0, changed, 0, from);
        System.arraycopy(file, to, changed, from + zeros, file.length - to);
        return changed;
    }
}
