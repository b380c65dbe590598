package lanewise.check;

import java.util.Locale;
import java.util.Set;
import lanewise.check.GradientReport.Kind;

/** A rule that a layer or a loss must keep beside its gradient. The table in docs/gradient-checking.md lists them all. */
interface Rule {

    /** The rule's name as a constant. */
    String name();

    /** What a layer or a loss must do, in one sentence. */
    String demand();

    /** The kinds of findings by which a breach is reported. */
    Set<Kind> kinds();

    /** The rule's name in words. */
    default String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
