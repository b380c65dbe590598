package lanewise.testkit;

import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * Tries a property as often as the system property {@code tries} says, 100 times by default: for
 * {@link net.jqwik.api.lifecycle.AddLifecycleHook} on properties that say no number themselves.
 */
public class Tries implements AroundPropertyHook {

    private static final int TRIES = Integer.getInteger("tries", 100);

    /** For jqwik. */
    public Tries() {}

    @Override
    public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property)
            throws Throwable {
        if (context.attributes().tries().isEmpty()) context.attributes().setTries(TRIES);
        return property.execute();
    }
}
