package lanewise.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import lanewise.bench.machine.Machine;
import lanewise.bench.result.Bound;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;

/** Made-up results of a whole run, with each kind of row. The figures are of no machine. */
final class Example {

    static final Machine MACHINE =
            new Machine("Example CPU (family 1, model 2)", "amd64", 2, "L1 32K, L2 512K, L3 32768K", "25.0.3", "Linux");

    private static final Subject LANEWISE = new Subject("Lanewise", "0.1.0", "", "");

    private final Random random = new Random(14);
    private final List<Row> rows = new ArrayList<>();

    private Example() {}

    /** About 100 rows, two of them invalid. */
    static Results results() {
        Example example = new Example();
        example.limits();
        example.kernels();
        example.training();
        example.latency();
        example.cold();
        example.scale();
        example.peers();
        return of(example.rows, List.of("DJL with PyTorch: its native library could not be had"));
    }

    /** Results of some rows. */
    static Results of(List<Row> rows, List<String> leftOut) {
        return new Results("0.1.0", "2f2bb67+", 1_790_000_000_000L, MACHINE, rows, leftOut);
    }

    /** A row of forks with one value each. */
    static Row row(Key key, String mode, String unit, Subject subject, double... scores) {
        List<Fork> forks = new ArrayList<>();
        for (double score : scores)
            forks.add(new Fork(List.of(score), List.of(), 0, key.kernels(), Conditions.UNKNOWN));
        return new Row(key, mode, unit, false, subject, null, List.of(), forks, List.of());
    }

    private Fork fork(double score, String kernels, double noise) {
        double center = score * (1 + noise * random.nextGaussian());
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < 8; i++) values.add(center * (1 + noise / 2 * random.nextGaussian()));
        return new Fork(values, List.of(), random.nextInt(3) * 1e-4, kernels, conditions());
    }

    private Conditions conditions() {
        return new Conditions(
                1_790_000_000_000L + random.nextInt(1_000_000),
                "boot",
                9.5,
                0.97 + 0.03 * random.nextDouble(),
                0.95 + 0.05 * random.nextDouble(),
                0.001,
                0.02,
                1e-6);
    }

    private Row add(String name, Map<String, String> params, String unit, double score, Bound bound, Subject subject) {
        Key key = Key.of(name, params);
        List<Fork> forks = new ArrayList<>();
        for (int i = 0; i < 5; i++) forks.add(fork(score, key.kernels(), 0.012));
        String mode = unit.endsWith("/s") ? "thrpt" : unit.endsWith("/op") ? "avgt" : "ss";
        Row row = new Row(key, mode, unit, mode.equals("avgt"), subject, bound, List.of("-Xmx1g"), forks, List.of());
        rows.add(row);
        return row;
    }

    private void invalidate(Row row, String... reasons) {
        rows.set(rows.indexOf(row), row.with(List.of(reasons)));
    }

    private void limits() {
        for (int bits : new int[] {128, 256}) {
            String kernels = String.valueOf(bits);
            add("roofline.arithmetic", Map.of("kernels", kernels), "GFLOP/s", 0.4 * bits, null, LANEWISE);
            double[][] bandwidths = {{190, 104, 135}, {102, 93, 118}, {77, 70, 117}, {17, 13, 22}};
            String[] sizes = {"16 KB", "256 KB", "4 MB", "128 MB"}, accesses = {"read", "write", "update"};
            String[] levels = {"L1", "L2", "L3", "memory"};
            for (int i = 0; i < sizes.length; i++)
                for (int a = 0; a < accesses.length; a++)
                    if (bits == 256 || i == 0)
                        add(
                                "roofline.bandwidth",
                                Map.of("access", accesses[a], "level", levels[i], "size", sizes[i], "kernels", kernels),
                                "GB/s",
                                bandwidths[i][a] * bits / 256,
                                null,
                                LANEWISE);
        }
    }

    private void kernels() {
        String[] names = {"gemvSparse", "gerSparse", "gemvTransposed", "gemm", "softmax", "unpack"};
        double[][] work = {
            {38_000, 76_000}, {38_000, 152_000}, {16_384, 32_768}, {6.4e6, 402_000}, {160, 80}, {784, 3920}
        };
        String[] bounds = {"L2 read", "L2 update", "L1 read", "arithmetic", "arithmetic", "L1 write"};
        double[] best = {745, 1270, 172, 62_000, 3, 30}, share = {0.83, 0.71, 0.64, 0.9, 0.03, 0.45};
        for (int i = 0; i < names.length; i++)
            for (String kernels : List.of("scalar", "128", "256")) {
                double slower = kernels.equals("scalar") ? 7 : kernels.equals("128") ? 1.7 : 1;
                Bound bound = new Bound(bounds[i], best[i], best[i] / 3, work[i][0], work[i][1]);
                Row row = add(
                        "kernels.KernelBenchmark." + names[i],
                        Map.of("shape", "784x128", "zeros", "0.81", "kernels", kernels),
                        "ns/op",
                        best[i] / share[i] * slower,
                        bound,
                        LANEWISE);
                if (i == 4 && kernels.equals("128"))
                    invalidate(row, "16 B/op, 0 promised", "forks disagree: 3 and 2 in clusters 18 % apart");
            }
    }

    private void training() {
        for (String kernels : List.of("scalar", "128", "256"))
            for (String zeros : List.of("0", "0.81"))
                add(
                        "train.TrainingStepBenchmark.step",
                        Map.of("zeros", zeros, "kernels", kernels),
                        "us/op",
                        (zeros.equals("0") ? 15.2 : 5.1)
                                * (kernels.equals("scalar") ? 6 : kernels.equals("128") ? 1.6 : 1),
                        new Bound("L2 update", zeros.equals("0") ? 8.8 : 3.1, 2, 650_000, 1_300_000),
                        LANEWISE);
    }

    private void latency() {
        distribution("predict.latency", Map.of("loop", "closed", "gc", "G1", "kernels", "256"), 2.2, 0.0004, LANEWISE);
        distribution(
                "predict.latency",
                Map.of("loop", "open", "rate", "100000", "gc", "G1", "kernels", "256"),
                2.3,
                0.004,
                LANEWISE);
        distribution(
                "predict.latency",
                Map.of("loop", "open", "rate", "300000", "gc", "G1", "kernels", "256"),
                2.6,
                0.03,
                LANEWISE);
        distribution(
                "predict.latency", Map.of("loop", "closed", "gc", "G1", "kernels", "scalar"), 21, 0.0004, LANEWISE);
        Subject onnx = new Subject("ONNX Runtime", "1.29.0", "1 thread, tensors reused", "1.2e-7");
        distribution("predict.latency", Map.of("loop", "closed", "gc", "G1", "by", "ONNX Runtime"), 11.8, 0.002, onnx);
    }

    private void distribution(String name, Map<String, String> params, double median, double stalls, Subject subject) {
        Key key = Key.of(name, params);
        List<Fork> forks = new ArrayList<>();
        for (int f = 0; f < 5; f++) {
            TreeMap<Double, Long> bins = new TreeMap<>();
            for (int i = 0; i < 40_000; i++) {
                double value = median * (1 + 0.06 * Math.abs(random.nextGaussian()));
                if (random.nextDouble() < stalls) value += median * 2 * Math.exp(2 * Math.abs(random.nextGaussian()));
                bins.merge(Math.round(value * 20) / 20.0, 1L, Long::sum);
            }
            List<Fork.Bin> histogram = bins.entrySet().stream()
                    .map(e -> new Fork.Bin(e.getKey(), e.getValue()))
                    .toList();
            Fork fork = fork(median, key.kernels(), 0.01);
            forks.add(new Fork(fork.values(), histogram, 0, key.kernels(), fork.conditions()));
        }
        rows.add(new Row(key, "sample", "us/op", key.by().isEmpty(), subject, null, List.of(), forks, List.of()));
    }

    private void cold() {
        for (String jvm : List.of("G1", "G1, AOT cache", "Serial"))
            for (int call : new int[] {1, 10, 100, 1000})
                add(
                        "cold.calls",
                        Map.of("call", String.valueOf(call), "jvm", jvm),
                        "us/op",
                        (jvm.contains("AOT") ? 60_000 : jvm.equals("Serial") ? 140_000 : 160_000) / Math.pow(call, 1.2)
                                + 40,
                        null,
                        LANEWISE);
    }

    private void scale() {
        for (String kind : List.of("training", "prediction"))
            for (int width : new int[] {64, 256, 1024, 4096})
                for (int batch : new int[] {1, 32, 256}) {
                    double operations = (kind.equals("training") ? 6.0 : 2.0) * width * width;
                    double gigaflops = batch == 1 ? (width > 1024 ? 4 : 14) : 60 + batch / 10.0 - width / 200.0;
                    add(
                            "scale." + kind,
                            Map.of("width", "" + width, "batch", "" + batch, "zeros", "0", "kernels", "256"),
                            "samples/s",
                            gigaflops * 1e9 / operations,
                            new Bound(
                                    batch == 1 ? "L3 read" : "arithmetic",
                                    102e9 / operations,
                                    110e9 / operations,
                                    operations,
                                    4.0 * width * width / batch),
                            LANEWISE);
                }
    }

    /** Someone else: share of this library's rate in training, 0 for none, and of its time in prediction. */
    private record Peer(Subject subject, String kernels, double rate, double time) {

        Peer(String name, String version, String settings, String check, String kernels, double rate, double time) {
            this(new Subject(name, version, settings, check), kernels, rate, time);
        }

        Map<String, String> params() {
            TreeMap<String, String> params = new TreeMap<>(Map.of("by", subject.name()));
            if (!kernels.isEmpty()) params.put("kernels", kernels);
            return params;
        }
    }

    private static final List<Peer> PEERS = List.of(
            new Peer("C", "gcc 12.2", "-O3 -march=x86-64-v3", "largest difference 2.4e-7", "256", 1.2, 1.05),
            new Peer("C", "gcc 12.2", "-O3 -march=x86-64-v2", "largest difference 2.4e-7", "128", 0.7, 1.6),
            new Peer("OpenBLAS", "0.3.21", "kernels: Zen, 1 thread", "largest difference 3.1e-7", "", 0.31, 2.5),
            new Peer("ONNX Runtime", "1.29.0", "intraOp 1, tensors reused", "largest difference 1.8e-7", "", 0, 5.3),
            new Peer("DL4J", "1.0.0-M2.1", "nd4j-native", "accuracy 97.1 % beside 97.1 %", "", 0.002, 118),
            new Peer("Smile", "6.3.0", "double, OpenBLAS", "accuracy 97.0 % beside 97.1 %", "", 0.17, 5.6),
            new Peer("PyTorch", "2.7.1", "torch.compile, 1 thread", "largest difference 1.9e-7", "", 0.018, 9.4),
            new Peer("Weka", "3.8.7", "MultilayerPerceptron", "accuracy 96.8 % beside 97.1 %", "", 0.02, 60));

    private void peers() {
        double rate = 150_000, time = 2.2;
        for (String kernels : List.of("128", "256")) {
            double slower = kernels.equals("128") ? 1.6 : 1;
            add("peers.train", Map.of("batch", "1", "kernels", kernels), "samples/s", rate / slower, null, LANEWISE);
            add("peers.predict", Map.of("kernels", kernels), "us/op", time * slower, null, LANEWISE);
        }
        add("peers.train", Map.of("batch", "128"), "samples/s", rate * 1.3, null, LANEWISE);
        for (Peer peer : PEERS) {
            Map<String, String> params = peer.params();
            add("peers.predict", params, "us/op", time * peer.time, null, peer.subject);
            if (peer.rate == 0) continue;
            params.put("batch", "1");
            Row row = add("peers.train", params, "samples/s", rate * peer.rate, null, peer.subject);
            if (peer.subject.name().equals("Weka"))
                invalidate(row, "busy machine: calibration loop at 81 % of the run's best in fork 3");
            if (!peer.subject.name().equals("PyTorch")) continue;
            params.put("batch", "128");
            Row few = add("peers.train", params, "samples/s", 116_000, null, peer.subject);
            rows.set(
                    rows.indexOf(few),
                    new Row(
                            few.key(),
                            few.mode(),
                            few.unit(),
                            few.still(),
                            few.subject(),
                            null,
                            List.of(),
                            few.forks().subList(0, 3),
                            List.of()));
        }
    }
}
