package lanewise.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lanewise.bench.Plan.Part;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists the benchmarks that a choice would run, and how long they would take. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Lists what these options would run, with the time of each by estimate, and runs nothing.", ""})
final class Listing implements Callable<Integer> {

    @Mixin
    private Choice choice;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (TemporaryFolder folder = new TemporaryFolder()) {
            print(choice.plan().parts(folder.path()));
        }
        return 0;
    }

    private void print(Plan.Parts found) {
        choice.expectSome(found.parts());
        int forks = choice.forks();
        for (String group : Plan.GROUPS) {
            List<Part> parts =
                    found.parts().stream().filter(p -> p.group().equals(group)).toList();
            if (parts.isEmpty()) continue;
            System.out.println(group + ": " + ProgressLine.time(forks * seconds(parts)));
            for (Part part : parts)
                System.out.printf(
                        Locale.ROOT,
                        "  %4.0f s  %s%n",
                        forks * part.program().seconds(),
                        part.program().name());
        }
        for (String line : found.leftOut()) System.out.println("Left out: " + line);
        System.out.println("All: " + ProgressLine.time(forks * seconds(found.parts())) + ", " + forks + " forks");
    }

    private static double seconds(List<Part> parts) {
        return parts.stream().mapToDouble(part -> part.program().seconds()).sum();
    }
}
