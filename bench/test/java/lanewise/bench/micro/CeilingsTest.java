package lanewise.bench.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lanewise.bench.machine.Machine;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;
import org.junit.jupiter.api.Test;

/** Ceilings from a run's rows. */
class CeilingsTest {

    private static Row row(String benchmark, double value, String... params) {
        Map<String, String> all = new TreeMap<>();
        for (String param : params) all.put(param.split("=")[0], param.split("=")[1]);
        return new Row(
                Key.of(benchmark, all),
                "thrpt",
                "GB/s",
                false,
                new Subject("Roofline", "", "", ""),
                null,
                List.of(),
                List.of(new Fork(List.of(value), List.of(), Double.NaN, "", Conditions.UNKNOWN)),
                List.of());
    }

    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        rows.add(row("roofline.arithmetic", 50, "kernels=128"));
        rows.add(row("roofline.arithmetic", 100, "kernels=256"));
        for (String kernels : List.of("kernels=128", "kernels=256")) {
            double factor = kernels.endsWith("256") ? 2 : 1;
            for (String access : List.of("access=write", "access=read", "access=update")) {
                double speed = access.endsWith("read") ? 100 : access.endsWith("write") ? 50 : 60;
                rows.add(
                        row("roofline.bandwidth", factor * speed / 10, kernels, access, "level=memory", "size=128 MB"));
                rows.add(row("roofline.bandwidth", factor * speed, kernels, access, "level=L1", "size=16 KB"));
            }
        }
        return rows;
    }

    @Test
    void levelsGoFromTheNearestToMemory() {
        Ceilings ceilings = Ceilings.of(rows(), "256");
        assertEquals(100e9, ceilings.operationsPerSecond());
        assertEquals(
                List.of("L1", "memory"),
                ceilings.levels().stream().map(Ceilings.Level::name).toList());
        Ceilings.Level near = ceilings.levels().get(0);
        assertEquals(32 << 10, near.capacity());
        assertEquals(200e9, near.readPerSecond());
        assertEquals(100e9, near.writtenPerSecond());
        assertEquals(120e9, near.updatedPerSecond());
        assertEquals("L1", ceilings.holding(32 << 10).name());
        assertEquals("memory", ceilings.holding(33 << 10).name());
    }

    @Test
    void anInvalidLimitLeavesItsOwnRateUnknown() {
        List<Row> rows = rows().stream()
                .map(row -> row.key().params().getOrDefault("level", "").equals("L1")
                                && row.key().params().get("access").equals("read")
                        ? row.with(List.of("a busy machine"))
                        : row)
                .toList();
        Ceilings.Level near = Ceilings.of(rows, "256").levels().get(0);
        assertEquals("L1", near.name());
        assertEquals(Double.NaN, near.readPerSecond());
        assertEquals(100e9, near.writtenPerSecond());
        assertNull(Ceilings.of(
                rows.stream().map(row -> row.with(List.of("a busy machine"))).toList(), "256"));
    }

    @Test
    void scalarKernelsHaveTheCeilingsOfTheWidestVectors() {
        assertEquals(Ceilings.of(rows(), "256"), Ceilings.of(rows(), "scalar"));
        assertEquals(Ceilings.of(rows(), "256"), Ceilings.of(rows(), ""));
        assertEquals(50e9, Ceilings.of(rows(), "128").operationsPerSecond());
    }

    @Test
    void aRunWithoutTheRooflineHasNoCeilings() {
        assertNull(Ceilings.of(List.of(), "256"));
        assertNull(Ceilings.of(rows(), "512"));
        assertNull(Ceilings.of(List.of(row("roofline.arithmetic", 100, "kernels=256")), "256"));
    }

    @Test
    void aByteTakesTheTimeOfTheLevelsThatHoldTheWorkingSet() {
        Ceilings ceilings = Ceilings.of(rows(), "256");
        assertEquals(1 / 200e9, ceilings.secondsPerByte(1000, Ceilings.Level::readPerSecond), 1e-20);
        // Half in the first level, half in memory.
        assertEquals(
                (1 / 200e9 + 1 / 20e9) / 2, ceilings.secondsPerByte(64 << 10, Ceilings.Level::readPerSecond), 1e-20);
    }

    @Test
    void sizesAreHalvesOfCachesAndAQuarterOfTheSharedOne() {
        Machine machine = new Machine("", "", 2, "L1 32K, L2 512K, L3 32768K", "", "");
        List<Roofline.Size> sizes = Roofline.Size.of(machine);
        assertEquals(
                List.of("16 KB", "256 KB", "8 MB", "128 MB"),
                sizes.stream().map(Roofline.Size::toString).toList());
        for (Roofline.Size size : sizes) assertEquals(size, Roofline.Size.of(size.level(), size.toString()));
        assertEquals(512 << 10, sizes.get(1).capacity());
        // Without a third level, and where the system does not tell.
        assertEquals(
                3,
                Roofline.Size.of(new Machine("", "", 2, "L1 64K, L2 1M", "", ""))
                        .size());
        assertEquals(4, Roofline.Size.of(new Machine("", "", 2, "", "", "")).size());
    }
}
