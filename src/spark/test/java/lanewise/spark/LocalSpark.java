package lanewise.spark;

import org.apache.spark.sql.SparkSession;

/** Spark in this JVM, without its pages and on this machine alone. */
final class LocalSpark {

    private LocalSpark() {}

    /** The session of so many threads, a new one if there is none. */
    static SparkSession session(int threads) {
        return builder().master("local[" + threads + "]").getOrCreate();
    }

    static SparkSession.Builder builder() {
        return SparkSession.builder()
                .appName("lanewise")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "3");
    }
}
