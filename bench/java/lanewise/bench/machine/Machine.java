package lanewise.bench.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The machine, as reports name it.
 *
 * @param cpu name, with family and model where the name alone does not tell the generation
 * @param architecture of the JVM
 * @param processors that the JVM may use
 * @param caches sizes by level, as the system names them; empty if it does not
 * @param jdk version of the JVM
 * @param system the operating system's name
 */
public record Machine(String cpu, String architecture, int processors, String caches, String jdk, String system) {

    private static final Pattern CACHE = Pattern.compile("L(\\d) (\\d+)([KM])");

    /** Bytes of caches by level, where the system does not name them. */
    private static final long[] USUAL = {32 << 10, 512 << 10, 8 << 20};

    public static Machine here() {
        return new Machine(
                cpu(read(Path.of("/proc/cpuinfo"))),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                caches(Path.of("/sys/devices/system/cpu/cpu0/cache")),
                Runtime.version().toString(),
                System.getProperty("os.name"));
    }

    /** The name in the first paragraph of Linux's cpuinfo, or what another system says. */
    public static String cpu(String cpuinfo) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (String line : cpuinfo.lines().toList()) {
            if (line.isBlank()) break;
            int colon = line.indexOf(':');
            if (colon > 0)
                entries.put(
                        line.substring(0, colon).strip(),
                        line.substring(colon + 1).strip());
        }
        String name = entries.get("model name");
        if (name != null && entries.containsKey("cpu family"))
            return name + " (family " + entries.get("cpu family") + ", model " + entries.get("model") + ")";
        if (name != null) return name;
        if (entries.containsKey("CPU part"))
            return "CPU part " + entries.get("CPU part") + " of implementer " + entries.get("CPU implementer");
        try {
            return Command.of("sysctl", "-n", "machdep.cpu.brand_string")
                    .output()
                    .strip();
        } catch (IOException e) {
            return "unnamed CPU";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unnamed CPU";
        }
    }

    private static String caches(Path folder) {
        List<String> caches = new ArrayList<>();
        for (int i = 0; Files.isDirectory(folder.resolve("index" + i)); i++) {
            Path index = folder.resolve("index" + i);
            String type = read(index.resolve("type")).strip();
            if (!type.equals("Instruction"))
                caches.add("L" + read(index.resolve("level")).strip() + " "
                        + read(index.resolve("size")).strip());
        }
        return String.join(", ", caches);
    }

    /** Bytes of the data cache of a level: as the system names them, else a size that most CPUs have. */
    public long cache(int level) {
        for (String cache : caches.split(", ")) {
            Matcher matcher = CACHE.matcher(cache);
            if (!matcher.matches() || Integer.parseInt(matcher.group(1)) != level) continue;
            return Long.parseLong(matcher.group(2)) << (matcher.group(3).equals("M") ? 20 : 10);
        }
        return caches.isEmpty() ? USUAL[level - 1] : 0;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    /** One line of everything. */
    @Override
    public String toString() {
        String cached = caches.isEmpty() ? "" : caches + ", ";
        return cpu + ", " + architecture + ", " + processors + " processors, " + cached + "JDK " + jdk + ", " + system;
    }
}
