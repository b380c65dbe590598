package lanewise.bench.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Names of CPUs. */
class MachineTest {

    @Test
    void familyAndModelTellTheGeneration() {
        String cpuinfo = """
                processor\t: 0
                vendor_id\t: AuthenticAMD
                cpu family\t: 25
                model\t\t: 1
                model name\t: AMD EPYC

                processor\t: 1
                model name\t: another
                """;
        assertEquals("AMD EPYC (family 25, model 1)", Machine.cpu(cpuinfo));
    }

    @Test
    void armHasNumbersForNames() {
        String cpuinfo = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n";
        assertEquals("CPU part 0xd40 of implementer 0x41", Machine.cpu(cpuinfo));
    }

    @Test
    void thisMachineHasALine() {
        String line = Machine.here().toString();
        assertTrue(line.contains("JDK " + Runtime.version()), line);
        assertEquals(1, line.lines().count());
    }
}
