package lanewise.spark.training;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.RandomSource;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * What a step of a training takes, by part: {@link Trainer} in one process, and both ways on clusters of this machine. All cases of
 * a cluster take turns in each round; what is told is the median of the rounds' means, the lowest and the highest. A round that did
 * not count comes first.
 *
 * <p>It also measures what {@link StepSimulation} starts from ({@link StepConstants}), and writes all to a file for it.
 *
 * <p>Arguments: {@code --rounds 3}, {@code --seconds 2} for a case in a round, {@code --to FILE}, {@code --clusters
 * local[2];local-cluster[2,1,1024]}, {@code --cases 784-128-64-10:65536:1024,8192}: a network, rows of an epoch, rows of batches; and
 * more such after semicolons; {@code --parts constants,process,clusters}, or some of them.
 */
final class StepBench {

    /** Of 784 elements so many are not zero, as of a digit of MNIST. */
    private static final int NON_ZEROS = 150;

    private static final String TRAINING = "bench ";

    private StepBench() {}

    /** A network, rows of an epoch, and rows of a batch. */
    record Case(int[] layers, int rows, int batch) {

        Recipe recipe(int epochs) {
            return new Recipe(
                    layers, "sigmoid", 0f, false, "adam", 0.001f, "constant", 0f, Math.min(batch, rows), epochs, 0, 5);
        }

        String network() {
            return Arrays.stream(layers).mapToObj(Integer::toString).collect(Collectors.joining("-"));
        }

        static Stream<Case> parse(String text) {
            String[] parts = text.split(":");
            if (parts.length != 3) throw new IllegalArgumentException(text + ": network:rows:batch,batch expected");
            int[] layers =
                    Stream.of(parts[0].split("-")).mapToInt(Integer::parseInt).toArray();
            return Stream.of(parts[2].split(","))
                    .map(batch -> new Case(layers, Integer.parseInt(parts[1]), Integer.parseInt(batch)));
        }
    }

    /** What a round of a case gave, in milliseconds. */
    private record Round(double step, double epoch, Map<Times.Part, Double> parts) {}

    public static void main(String[] args) throws IOException {
        int rounds = 3;
        double seconds = 2;
        Path to = Path.of("src/spark/target/steps.csv");
        String parts = "constants,process,clusters";
        String clusters = "local[2];local-cluster[1,1,1024];local-cluster[2,1,1024];local-cluster[4,1,1024]";
        String cases = "784-128-64-10:65536:1024,8192,32768;784-784-512-10:16384:1024,8192";
        for (int i = 0; i < args.length; i += 2)
            switch (args[i]) {
                case "--rounds" -> rounds = Integer.parseInt(args[i + 1]);
                case "--seconds" -> seconds = Double.parseDouble(args[i + 1]);
                case "--to" -> to = Path.of(args[i + 1]);
                case "--clusters" -> clusters = args[i + 1];
                case "--cases" -> cases = args[i + 1];
                case "--parts" -> parts = args[i + 1];
                default ->
                    throw new IllegalArgumentException(
                            args[i] + ": --rounds, --seconds, --to, --clusters, --cases or --parts expected");
            }
        List<Case> all = Stream.of(cases.split(";")).flatMap(Case::parse).collect(Collectors.toList());
        System.out.println("JDK " + Runtime.version() + ", Lanewise " + Lanewise.version() + ", " + Lanewise.kernels()
                + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        Files.createDirectories(to.toAbsolutePath().getParent());
        try (PrintStream file = new PrintStream(Files.newOutputStream(to))) {
            StepBench.Table table = new Table(file, rounds, seconds);
            if (parts.contains("constants")) StepConstants.ofThisProcess(table::constant);
            if (parts.contains("process")) alone(all, table);
            // What Spark expects of an installation where executors are JVMs of their own. The jars are on the class
            // path.
            if (System.getenv("SPARK_HOME") != null)
                Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
            if (parts.contains("clusters"))
                for (String cluster : clusters.split(";")) cluster(cluster, all, parts.contains("constants"), table);
        }
        System.out.println("written to " + to);
    }

    /** Rounds of cases, told on the console and in the file. */
    private static final class Table {

        private final PrintStream file;
        private final int rounds;
        private final double seconds;

        Table(PrintStream file, int rounds, double seconds) {
            this.file = file;
            this.rounds = rounds;
            this.seconds = seconds;
        }

        void constant(String name, String of, double value) {
            System.out.printf(Locale.ROOT, "%-24s %-20s %.4g%n", name, of, value);
            file.printf(Locale.ROOT, "constant,%s,%s,%.6g%n", name, of, value);
            file.flush();
        }

        /** Runs cases in turn. Their names are: where, number of tasks, way, network, rows of a batch. */
        void run(Map<String, Runner> cases) {
            Map<String, List<Round>> found = new LinkedHashMap<>();
            for (int round = 0; round <= rounds; round++)
                for (var each : cases.entrySet()) {
                    Round result = each.getValue().round((long) (1e9 * seconds));
                    if (round > 0)
                        found.computeIfAbsent(each.getKey(), name -> new ArrayList<>())
                                .add(result);
                }
            for (var each : found.entrySet()) tell(each.getKey(), each.getValue());
        }

        private void tell(String name, List<Round> found) {
            double[] steps = found.stream().mapToDouble(Round::step).sorted().toArray();
            double epoch = median(found.stream().mapToDouble(Round::epoch).toArray());
            String parts = Stream.of(Times.Part.values())
                    .filter(part -> found.get(0).parts.containsKey(part))
                    .map(part -> String.format(
                            Locale.ROOT,
                            "%s=%.2f",
                            part.name().toLowerCase(Locale.ROOT),
                            median(found.stream()
                                    .mapToDouble(each -> each.parts.get(part))
                                    .toArray())))
                    .collect(Collectors.joining(";"));
            double median = steps[steps.length / 2], low = steps[0], high = steps[steps.length - 1];
            System.out.printf(
                    Locale.ROOT,
                    "%-60s %8.2f ms (%.2f to %.2f), epoch %.0f; %s%n",
                    name.replace(',', ' '),
                    median,
                    low,
                    high,
                    epoch,
                    parts.replace(';', ' '));
            file.printf(Locale.ROOT, "step,%s,%.3f,%.3f,%.3f,%.1f,%s%n", name, median, low, high, epoch, parts);
            file.flush();
        }
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Does a case for some time. */
    private interface Runner {
        Round round(long nanos);
    }

    // One process

    private static void alone(List<Case> cases, Table table) {
        Map<String, Runner> runners = new LinkedHashMap<>();
        Map<String, Dataset> data = new LinkedHashMap<>();
        try (JavaSparkContext spark = Example.context("local[2]")) {
            for (Case each : cases) {
                Dataset samples = data.computeIfAbsent(each.rows + " " + each.layers[0], name -> {
                    try (Samples all = samples(spark, each)) {
                        return all.collect();
                    }
                });
                for (int threads = 1; threads <= 2; threads++) {
                    int count = threads;
                    runners.put(
                            "process," + threads + ",alone," + each.network() + "," + each.batch,
                            nanos -> alone(each, samples, count, nanos));
                }
            }
        }
        table.run(runners);
    }

    private static Round alone(Case each, Dataset samples, int threads, long nanos) {
        List<Double> steps = new ArrayList<>();
        Network network = each.recipe(1).network();
        Trainer.builder(network, each.recipe(1).loss())
                .optimizer(each.recipe(1).rule().optimizer())
                .learningRate(0.001f)
                .batchSize(each.recipe(1).batchSize())
                .epochs(1_000_000)
                .threads(threads)
                .listener(new TrainingListener() {
                    private Trainer trainer;
                    private long began, last;
                    private boolean vector;

                    @Override
                    public void started(Trainer trainer) {
                        this.trainer = trainer;
                        last = System.nanoTime();
                    }

                    @Override
                    public void batchDone(int epoch, int done, int samples, double loss) {
                        long now = System.nanoTime();
                        if (vector) steps.add(1e-6 * (now - last));
                        else if (trainer.kernels().startsWith("vector")) {
                            vector = true;
                            began = now;
                        }
                        last = now;
                        // The second half counts: after some 20 steps it is decided whether threads share.
                        if (vector && now - began > nanos && steps.size() >= (threads == 1 ? 4 : 48)) trainer.stop();
                    }
                })
                .build()
                .train(samples);
        return new Round(
                median(steps.subList(steps.size() / 2, steps.size()).stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray()),
                0,
                new EnumMap<>(Times.Part.class));
    }

    // Clusters

    /** Samples that are made where they are needed. */
    private static Samples samples(JavaSparkContext spark, Case of) {
        int inputs = of.layers[0], classes = of.layers[of.layers.length - 1], parts = 64, each = of.rows / parts;
        JavaRDD<Row> rows = spark.parallelize(IntStream.range(0, parts).boxed().collect(Collectors.toList()), 4)
                .flatMap(part -> {
                    RandomSource random = new RandomSource(part);
                    return IntStream.range(0, each)
                            .mapToObj(i -> row(inputs, classes, random))
                            .iterator();
                });
        return new Samples(rows, of.recipe(1), false, false);
    }

    private static Row row(int inputs, int classes, RandomSource random) {
        double[] x = new double[inputs];
        for (int k = 0; k < Math.min(NON_ZEROS, inputs); k++)
            x[random.nextInt(inputs)] = 0.5 + 0.1 * Math.abs(random.normal());
        return RowFactory.create(Vectors.dense(x).toSparse(), (double) random.nextInt(classes), 1.0);
    }

    private static void cluster(String master, List<Case> cases, boolean constants, Table table) {
        int tasks = Integer.parseInt(master.replaceAll("[^\\[]*\\[(\\d+).*", "$1"));
        String where = master.replaceAll("\\[.*", "");
        try (JavaSparkContext spark = Example.context(master)) {
            Map<String, Samples> samples = new LinkedHashMap<>();
            Map<String, Runner> runners = new LinkedHashMap<>();
            for (Case each : cases)
                for (Way way : new Way[] {Way.STEPS, Way.BARRIER}) {
                    Samples all =
                            samples.computeIfAbsent(each.rows + " " + each.layers[0], name -> samples(spark, each));
                    runners.put(
                            where + "," + tasks + "," + way + "," + each.network() + "," + each.batch,
                            nanos -> round(spark, each, way, all, tasks, nanos));
                }
            table.run(runners);
            for (Samples each : samples.values()) each.close();
            if (constants && where.equals("local-cluster")) StepConstants.ofCluster(spark, tasks, table::constant);
        }
    }

    private static Round round(JavaSparkContext spark, Case of, Way way, Samples samples, int tasks, long nanos) {
        Recipe recipe = of.recipe(1_000);
        String training = TRAINING + way + " " + of.network();
        ClusterSamples cluster = way == Way.STEPS
                ? new StepJobs(spark, samples, recipe, training, tasks, EpochTask.Faults.NONE)
                : new BarrierEpochs(
                        spark,
                        samples,
                        recipe,
                        training,
                        tasks,
                        new BarrierEpochs.Settings(tasks, 0, 60_000, EpochTask.Faults.NONE));
        Watch watch = new Watch(cluster, way, nanos);
        Network network = recipe.network();
        Trainer.builder(network, recipe.loss())
                .optimizer(recipe.rule().optimizer())
                .learningRate(0.001f)
                .batchSize(recipe.batchSize())
                .epochs(1_000)
                .listener(watch)
                .build()
                .train(cluster);
        return watch.round();
    }

    /** Collects the jobs' reports until there are enough. */
    private static final class Watch implements TrainingListener {

        private final ClusterSamples cluster;
        private final Way way;
        private final long nanos, began = System.nanoTime();
        /** Of jobs that began an epoch, and of others. */
        private final List<ClusterSamples.Report> firsts = new ArrayList<>(), others = new ArrayList<>();

        private ClusterSamples.Report last;
        private Trainer trainer;
        private int epoch;

        Watch(ClusterSamples cluster, Way way, long nanos) {
            this.cluster = cluster;
            this.way = way;
            this.nanos = nanos;
        }

        @Override
        public void started(Trainer trainer) {
            this.trainer = trainer;
        }

        @Override
        public void batchDone(int epoch, int done, int samples, double loss) {
            if (cluster.report == last) return;
            last = cluster.report;
            (epoch == this.epoch ? others : firsts).add(last);
            this.epoch = epoch;
            boolean enough = firsts.size() > 1 && (way == Way.BARRIER || others.size() > 1);
            if (enough && System.nanoTime() - began > nanos) trainer.stop();
        }

        Round round() {
            return way == Way.STEPS ? ofSteps() : ofBarrier();
        }

        private static double millis(Times times, Times.Part part) {
            return 1e-6 * times.nanos(part);
        }

        private Round ofSteps() {
            Map<Times.Part, Double> parts = new EnumMap<>(Times.Part.class);
            for (Times.Part part : Times.Part.values()) {
                double median = median(others.stream()
                        .mapToDouble(each ->
                                millis(each.driver(), part) + millis(each.adding(), part) + millis(each.task(), part))
                        .toArray());
                if (median > 0) parts.put(part, median);
            }
            double step = median(others.stream()
                    .mapToDouble(each -> 1e-6 * each.driver().sum())
                    .toArray());
            double first = median(firsts.stream()
                    .mapToDouble(each -> 1e-6 * each.driver().sum())
                    .toArray());
            return new Round(step, first - step, parts);
        }

        private Round ofBarrier() {
            // The first job of a training is that of a few steps, to find out what they take.
            List<ClusterSamples.Report> jobs = new ArrayList<>(firsts);
            jobs.addAll(others);
            jobs.remove(0);
            int steps = jobs.stream().mapToInt(ClusterSamples.Report::steps).sum();
            Map<Times.Part, Double> parts = new EnumMap<>(Times.Part.class);
            for (Times.Part part : Times.Part.values()) {
                double sum = jobs.stream()
                        .mapToDouble(each -> millis(each.task(), part))
                        .sum();
                if (sum > 0) parts.put(part, sum / steps);
            }
            double step =
                    jobs.stream().mapToDouble(each -> 1e-6 * each.task().sum()).sum() / steps;
            double epoch = median(firsts.stream()
                    .skip(1)
                    .mapToDouble(
                            each -> 1e-6 * (each.driver().sum() - each.task().sum()))
                    .toArray());
            return new Round(step, epoch, parts);
        }
    }
}
