package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.bench.machine.Machine;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Planted;
import lanewise.bench.result.ResultFile;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line of comparisons: what it prints, and its exit status. */
class CompareTest {

    @TempDir
    private Path folder;

    private String out, err;

    private int compare(String args) {
        StringWriter printed = new StringWriter(), complained = new StringWriter();
        String[] words = args.replaceAll("(\\w+\\.json)", folder.toString().replace("\\", "\\\\") + "/$1")
                .split(" ");
        int status = new CommandLine(new Compare())
                .setOut(new PrintWriter(printed))
                .setErr(new PrintWriter(complained, true))
                .execute(words);
        out = printed.toString();
        err = complained.toString();
        return status;
    }

    private void write(String name, Machine machine, String commit, String boot, double level) throws IOException {
        Conditions c = new Conditions(1_700_000_000_000L, boot, 10, 1, 1, 0, 0, 0);
        List<Fork> forks = new ArrayList<>(), steady = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            forks.add(Planted.fork(c, level * (1 + 0.001 * i)));
            steady.add(Planted.fork(c, 5));
        }
        Row row = Planted.row("gemv", forks), other = Planted.row("steady", steady);
        ResultFile.write(
                folder.resolve(name), new Results("0.1.0", commit, 1, machine, List.of(row, other), List.of()));
    }

    @BeforeEach
    void files() throws IOException {
        write("base.json", Planted.MACHINE, "old", "one", 300);
        write("slow.json", Planted.MACHINE, "new", "one", 330);
        write("fast.json", Planted.MACHINE, "new", "one", 270);
        write("base2.json", Planted.MACHINE, "old", "two", 300);
        write("slow2.json", Planted.MACHINE, "new", "two", 330);
        write("far.json", new Machine("other", "aarch64", 4, "", "25.0.3+9-LTS", "Linux"), "new", "one", 300);
    }

    @Test
    void theStatusIsOneIfARowIsSlower() {
        assertEquals(1, compare("base.json slow.json"));
        assertTrue(out.contains("   1.100   1.0") && out.contains("slower in this run"), out);
        assertTrue(out.contains("no difference found, smaller than 3.0 %"), out);
        assertTrue(out.contains("2 rows of this library: 0 faster, 1 slower, 1 without a difference"), out);
        assertEquals(0, compare("base.json fast.json"));
        assertTrue(out.contains("faster in this run"), out);
        assertEquals(0, compare("base.json base.json"));
        assertEquals("", err);
    }

    @Test
    void aSecondPairConfirms() {
        assertEquals(1, compare("base.json slow.json --second base2.json slow2.json"));
        assertTrue(out.contains("  slower\n"), out);
        assertEquals(1, compare("base.json slow.json --second base.json slow.json"));
        assertTrue(out.contains("WARNING: a second pair confirms nothing: both pairs ran in one boot"), out);
        assertTrue(out.contains("slower in this run"), out);
    }

    @Test
    void markdownIsATable() {
        compare("base.json slow.json --markdown");
        assertTrue(
                out.contains(
                        "| row | unit | base | new | ratio | interval | verdict |\n|---|---|---:|---:|---:|---:|---|\n"),
                out);
        assertTrue(
                out.contains("| KernelBenchmark.gemv, shape 784x128, 256 bit | ns/op | 301 | 331 | 1.100 | 1.0"), out);
    }

    @Test
    void rowsAreJudgedByTheRules() throws IOException {
        write("busy.json", Planted.MACHINE, "new", "one", 330);
        String text = Files.readString(folder.resolve("busy.json"));
        Files.writeString(folder.resolve("busy.json"), text.replace("\"others\":0,", "\"others\":1,"));
        assertEquals(0, compare("base.json busy.json"));
        assertTrue(
                out.contains(
                        "Invalid: KernelBenchmark.gemv, shape 784x128, 256 bit: new: forks 1, 2, 3, 4, 5, 6, 7, 8, 9,"
                                + " 10 of 10: busy machine: other programs kept 1.00 processors busy"),
                out);
    }

    @Test
    void aRowThatAllocatesNowMakesTheStatusOne() throws IOException {
        write("allocating.json", Planted.MACHINE, "new", "one", 300);
        String text = Files.readString(folder.resolve("allocating.json"));
        assertTrue(text.contains("[[0.001],"), text);
        Files.writeString(folder.resolve("allocating.json"), text.replace("[[0.001],", "[[16],"));
        assertEquals(1, compare("base.json allocating.json"));
        assertTrue(out.contains("invalid now: fork 1 of 10 allocated 16.0 B/op, 0 are promised\n"), out);
        assertTrue(out.contains(" 0 of too few forks, 2 invalid now, 0 invalid."), out);
        assertEquals(0, compare("allocating.json base.json"));
        assertEquals(0, compare("allocating.json allocating.json"));
    }

    @Test
    void differentMachinesAreRefusedUnlessAskedFor() {
        assertEquals(2, compare("base.json far.json"));
        assertTrue(err.contains("; --across compares different machines"), err);
        assertEquals(0, compare("base.json far.json --across"));
        assertTrue(out.startsWith("WARNING: DIFFERENT MACHINES: "), out);
    }

    @Test
    void mistakesHaveStatusTwo() throws IOException {
        assertEquals(2, compare("base.json"));
        assertEquals(2, compare("base.json slow.json --second base2.json"));
        assertEquals(2, compare("base.json slow.json --no-such-option"));
        assertEquals(2, compare("base.json none.json"));
        assertEquals("compare: " + folder.resolve("none.json") + ": there is no such file\n", err.replace("\r", ""));
        Files.writeString(folder.resolve("bad.json"), "{}");
        assertEquals(2, compare("bad.json slow.json"));
        Files.writeString(folder.resolve("empty.json"), "[]");
        assertEquals(2, compare("empty.json empty.json"));
        assertTrue(err.contains("have no row of this library in common"), err);
    }

    @Test
    void helpTellsTheStatus() {
        assertEquals(0, compare("--help"));
        assertTrue(out.contains("more than 3 % and"), out);
        assertTrue(out.contains("BASE.json") && out.contains("a row is slower, confirmed or in this run"), out);
    }
}
