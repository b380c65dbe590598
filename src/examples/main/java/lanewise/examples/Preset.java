package lanewise.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Other defaults of the command {@code mnist}, by name. */
enum Preset {
    /** A plain network with deformed images, chosen on a validation part of the training images. */
    RECORD(Map.ofEntries(
            Map.entry("--hidden", "1024,512"),
            Map.entry("--activation", "relu"),
            Map.entry("--optimizer", "adam"),
            Map.entry("--schedule", "cosine"),
            Map.entry("--batch", 128),
            Map.entry("--epochs", 100),
            Map.entry("--average", 0.999),
            Map.entry("--augment", true),
            Map.entry("--augment-threads", 1),
            Map.entry("--threads", 2)));

    /** As a command line has them. */
    static final String RECORD_OPTIONS = "--hidden 1024,512 --activation relu --optimizer adam --schedule cosine"
            + " --batch 128 --epochs 100 --average 0.999 --augment --augment-threads 1 --threads 2";

    /** All names. */
    static final class Names extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Names() {
            for (Preset preset : values()) add(preset.toString());
        }
    }

    private final Map<String, Object> options;

    Preset(Map<String, Object> options) {
        this.options = options;
    }

    static Preset of(CommandLine command, String name) {
        for (Preset preset : values()) if (preset.toString().equals(name)) return preset;
        List<String> names = new Names();
        throw new ParameterException(
                command, "--preset " + name + ": one of " + names + " expected" + Guess.of(name, names));
    }

    /** Sets those options that were not given. */
    void apply(CommandLine command) {
        options.forEach((name, value) -> {
            if (!command.getParseResult().hasMatchedOption(name))
                command.getCommandSpec().findOption(name).setValue(value);
        });
    }

    /** The name in the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
