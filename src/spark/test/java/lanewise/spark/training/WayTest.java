package lanewise.spark.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class WayTest {

    private static final int ANY = Integer.MAX_VALUE;

    private static SparkConf conf(String... settings) {
        SparkConf conf = new SparkConf(false);
        for (String each : settings) conf.set(each, "true");
        return conf;
    }

    private static String choice(Way way, SparkConf conf, int slots, int rows, int most) {
        Way.Choice choice = way.choose(conf, slots, 12, rows, most);
        return choice.way() + " " + choice.tasks();
    }

    @Test
    void barrierJobsTakeAsManyTasksAsHaveBlocks() {
        assertEquals("barrier 4", choice(Way.AUTO, conf(), 12, 1_024, ANY));
        assertEquals("barrier 5", choice(Way.AUTO, conf(), 12, 1_025, ANY));
        assertEquals("barrier 12", choice(Way.AUTO, conf(), 12, 8_192, ANY));
        assertEquals("barrier 7", choice(Way.AUTO, conf(), 12, 8_192, 7));
        // Batches of a block are computed by all, which share the samples' memory.
        assertEquals("barrier 4", choice(Way.AUTO, conf(), 12, 256, ANY));
        assertEquals("barrier 3", choice(Way.AUTO, conf(), 3, 256, ANY));
        assertEquals("barrier 2", choice(Way.BARRIER, conf(), 12, 512, ANY));
    }

    @Test
    void stepsTakeTheirPlaceWhereTheyAreImpossibleAndTheReasonIsGiven() {
        assertEquals("steps 12", choice(Way.STEPS, conf(), 12, 1_024, ANY));
        assertEquals("steps 30", choice(Way.STEPS, conf(), 12, 1_024, 30));
        for (String setting : new String[] {
            "spark.network.crypto.enabled", "spark.ssl.rpc.enabled", "spark.authenticate.enableSaslEncryption"
        }) {
            assertEquals("steps 12", choice(Way.AUTO, conf(setting), 12, 1_024, ANY));
            assertEquals("barrier 4", choice(Way.BARRIER, conf(setting), 12, 1_024, ANY));
        }
        SparkConf dynamic = conf("spark.dynamicAllocation.enabled");
        assertEquals("steps 12", choice(Way.AUTO, dynamic, 12, 1_024, ANY));
        String reason = Way.AUTO.choose(dynamic, 12, 12, 1_024, ANY).reason();
        assertTrue(reason.contains("spark.dynamicAllocation.enabled"), reason);
        assertEquals(
                "there is no executor yet",
                Way.AUTO.choose(conf(), 0, 12, 1_024, ANY).reason());
        String impossible = assertThrows(
                        IllegalStateException.class, () -> Way.BARRIER.choose(conf(), 0, 12, 1_024, ANY))
                .getMessage();
        assertEquals("training by barrier jobs is not possible here: there is no executor yet", impossible);
    }
}
