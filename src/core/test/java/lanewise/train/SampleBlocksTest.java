package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.data.Idx;
import lanewise.data.SampleBlocks;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.train.optimizer.Adam;
import lanewise.train.schedule.Cosine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings whose samples come block by block. */
class SampleBlocksTest {

    private static final int SAMPLES = 205, INPUTS = 12, BLOCK = 40;

    @TempDir
    Path folder;

    private Path images;
    private Path labels;
    private Dataset data;

    @BeforeEach
    void write() throws IOException {
        RandomSource random = new RandomSource(1);
        byte[] pixels = new byte[SAMPLES * INPUTS], classes = new byte[SAMPLES];
        for (int i = 0; i < pixels.length; i++) pixels[i] = (byte) random.nextInt(256);
        for (int i = 0; i < SAMPLES; i++) classes[i] = (byte) (pixels[i * INPUTS] < 0 ? 1 : 0);
        data = Dataset.ofBytes(INPUTS, pixels, classes, 2);
        images = file("images", 3, pixels, SAMPLES, 3, 4);
        labels = file("labels", 1, classes, SAMPLES);
    }

    private Path file(String name, int rank, byte[] bytes, int... dimensions) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * rank + bytes.length).putInt(0x0800 | rank);
        for (int dimension : dimensions) buffer.putInt(dimension);
        return Files.write(folder.resolve(name), buffer.put(bytes).array());
    }

    private static Network network() {
        return Network.builder(INPUTS)
                .dense(9, Activation.TANH)
                .batchNorm()
                .dropout(0.2)
                .dense(2, Activation.IDENTITY)
                .build(1);
    }

    private static Trainer.Builder trainer(Network network) {
        return Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .optimizer(new Adam())
                .learningRate(new Cosine(0.01f))
                .batchSize(8)
                .epochs(5);
    }

    /** Blocks of 40 samples in batches of 8, the last block of 5; of 39, whose last batch has 7; of all. */
    @Test
    void blocksFromFilesTrainToTheBitsOfThoseInMemory() throws Exception {
        Set<String> fingerprints = new TreeSet<>();
        for (int block : new int[] {BLOCK, 39, 41, 1000}) {
            Network memory = network(), files = network();
            List<Integer> sizes = new ArrayList<>();
            trainer(memory).build().train(SampleBlocks.of(data, block));
            assertTrue(trainer(files)
                    .listener(new TrainingListener() {
                        private int before;

                        @Override
                        public void batchDone(int epoch, int done, int of, double loss) {
                            sizes.add(done - (done < before ? 0 : before));
                            before = done;
                            assertEquals(SAMPLES, of);
                        }
                    })
                    .build()
                    .train(Idx.blocks(images, labels, 2, 0, block)));
            assertEquals(memory.fingerprint(), files.fingerprint());
            assertEquals(SAMPLES * 5, sizes.stream().mapToInt(s -> s).sum());
            fingerprints.add(files.fingerprint());
        }
        assertEquals(4, fingerprints.size(), "another order each");
        Network whole = network();
        trainer(whole).build().train(data);
        assertTrue(fingerprints.contains(whole.fingerprint()), "a single block is the data set");
        assertFalse(readers(), "its thread has ended");
    }

    private static boolean readers() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet())
            if (thread.getName().equals("lanewise-reader")) {
                thread.join(10_000);
                if (thread.isAlive()) return true;
            }
        return false;
    }

    /** Every sample comes once in each epoch, in another order. */
    @Test
    void epochsGoThroughAllBlocksInAnotherOrder() throws Exception {
        List<Integer> read = new ArrayList<>();
        SampleBlocks blocks = SampleBlocks.of(data, BLOCK);
        SampleBlocks watched = new SampleBlocks() {
            @Override
            public int blocks() {
                return blocks.blocks();
            }

            @Override
            public int size(int block) {
                return blocks.size(block);
            }

            @Override
            public int targetSize() {
                return 1;
            }

            @Override
            public Dataset read(int block) throws IOException {
                synchronized (read) {
                    read.add(block);
                }
                return blocks.read(block);
            }
        };
        trainer(network()).epochs(4).build().train(watched);
        assertEquals("205 samples in 6 blocks", watched.fingerprint());
        // A block that ends one epoch and begins the next is read once.
        assertTrue(read.size() >= 4 * 6 - 3, read.toString());
        assertEquals(Set.of(0, 1, 2, 3, 4, 5), new TreeSet<>(read.subList(0, 6)));
        assertNotEquals(read.subList(0, 6), read.subList(6, 12));
    }

    @Test
    void aStoppedTrainingGoesOnWithinABlock() throws Exception {
        Network whole = network();
        trainer(whole).build().train(Idx.blocks(images, labels, 2, 0, BLOCK));
        Path checkpoints = folder.resolve("checkpoints");
        for (int parts = 0; ; parts++) {
            Network network = network();
            boolean ended = trainer(network)
                    .checkpoints(Checkpoints.in(checkpoints).resume())
                    .listener(new TrainingListener() {
                        private Trainer own;
                        private int steps;

                        @Override
                        public void started(Trainer trainer) {
                            own = trainer;
                        }

                        @Override
                        public void batchDone(int epoch, int done, int of, double loss) {
                            if (++steps == 7) own.stop();
                        }
                    })
                    .build()
                    .train(Idx.blocks(images, labels, 2, 0, BLOCK));
            // A copy of the files, say: the same samples at another time.
            Files.setLastModifiedTime(images, FileTime.fromMillis(1_000L * parts));
            if (!ended) continue;
            assertTrue(parts > 15);
            assertEquals(whole.fingerprint(), network.fingerprint());
            break;
        }
        Trainer other = trainer(network())
                .checkpoints(Checkpoints.in(checkpoints).resume())
                .build();
        assertTrue(assertThrows(IllegalStateException.class, () -> other.train(Idx.blocks(images, labels, 2, 0, 41)))
                .getMessage()
                .contains("in blocks of 40 in the checkpoint, "));
        byte[] bytes = Files.readAllBytes(images);
        bytes[100]++;
        Files.write(images, bytes);
        assertTrue(assertThrows(IllegalStateException.class, () -> other.train(Idx.blocks(images, labels, 2, 0, BLOCK)))
                .getMessage()
                .contains("; data: images [205, 3, 4] of UNSIGNED_BYTE, CRC-32C "));
    }

    @Test
    void whatIsWrongWithABlockIsNamed() throws Exception {
        SampleBlocks cut = Idx.blocks(images, labels, 2, 0, BLOCK);
        byte[] bytes = Files.readAllBytes(images);
        Files.write(images, java.util.Arrays.copyOf(bytes, bytes.length - 500));
        Trainer trainer = trainer(network()).build();
        String message = assertThrows(UncheckedIOException.class, () -> trainer.train(cut))
                .getMessage();
        assertTrue(message.matches("block \\d: .*images: ends within item \\d+, was it cut off\\?"), message);
        message = assertThrows(IOException.class, () -> Idx.blocks(images, labels, 2, 0, BLOCK))
                .getMessage();
        assertTrue(message.contains("the header announces 2460 bytes, but 1960 follow"), message);
        Files.write(images, bytes);
        byte[] wrong = Files.readAllBytes(labels);
        wrong[8 + 130] = 7;
        Files.write(labels, wrong);
        String label = assertThrows(
                        UncheckedIOException.class,
                        () -> trainer(network()).build().train(Idx.blocks(images, labels, 2, 0, BLOCK)))
                .getMessage();
        assertTrue(label.contains("samples from 120 on: label 10 is 7, 0 to 1 expected"), label);
        Trainer narrow = Trainer.builder(
                        Network.builder(5).dense(2, Activation.IDENTITY).build(1), Loss.SOFTMAX_CROSS_ENTROPY)
                .build();
        assertTrue(assertThrows(IllegalArgumentException.class, () -> narrow.train(SampleBlocks.of(data, BLOCK)))
                .getMessage()
                .matches("block \\d: samples of 12 values, but the network has 5 inputs"));
        assertThrows(IllegalArgumentException.class, () -> Idx.blocks(images, labels, 2, 0, 0));
    }

    @Test
    void anInterruptedTrainingEnds() throws Exception {
        boolean[] ended = {true};
        Thread training = new Thread(
                () -> ended[0] = trainer(network()).epochs(100_000).build().train(SampleBlocks.of(data, BLOCK)));
        training.start();
        training.interrupt();
        training.join();
        assertFalse(ended[0]);
    }
}
