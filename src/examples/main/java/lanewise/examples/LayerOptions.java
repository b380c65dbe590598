package lanewise.examples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import lanewise.layer.Activation;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Reads the options of commands that build a network: {@code --hidden} and {@code --activation}. */
final class LayerOptions {

    private LayerOptions() {}

    /** The names that {@code --activation} may have: of the activations that have no numbers in theirs. */
    static final class Activations extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Activations() {
            for (Activation activation : named()) add(activation.toString());
        }
    }

    private static List<Activation> named() {
        return Activation.all().stream()
                .filter(activation -> !activation.toString().endsWith(")"))
                .collect(Collectors.toList());
    }

    /** The sizes of the hidden layers. */
    static List<Integer> sizes(CommandLine command, String hidden) {
        // Seven digits cannot overflow, and are more than memory holds.
        if (!hidden.matches("0*[1-9][0-9]{0,6}(,0*[1-9][0-9]{0,6})*"))
            throw new ParameterException(
                    command, "--hidden " + hidden + ": sizes from 1 to 9999999, separated by commas, expected");
        return Arrays.stream(hidden.split(",")).map(Integer::valueOf).collect(Collectors.toList());
    }

    /** The activation of the hidden layers. */
    static Activation activation(CommandLine command, String name) {
        for (Activation known : named()) if (known.toString().equals(name)) return known;
        throw new ParameterException(
                command,
                "--activation " + name + ": one of " + named() + " expected" + Guess.of(name, new Activations()));
    }
}
