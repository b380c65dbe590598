package lanewise.testkit;

import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * Tries a property as often as the system property {@code tries} says, 100 times by default: for
 * {@link net.jqwik.api.lifecycle.AddLifecycleHook} on properties that say no number themselves.
 *
 * <p>What a property of a nested class says of its failure begins with the name of that class, since Maven's summary names
 * the outermost one alone.
 */
public class Tries implements AroundPropertyHook {

    /** For jqwik. */
    public Tries() {}

    @Override
    public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property)
            throws Throwable {
        if (context.attributes().tries().isEmpty()) context.attributes().setTries(Integer.getInteger("tries", 100));
        PropertyExecutionResult result = property.execute();
        Class<?> container = context.containerClass();
        Throwable failure = result.throwable().orElse(null);
        if (failure == null || !container.isMemberClass()) return result;
        AssertionError named = new AssertionError(container.getSimpleName() + ": " + failure.getMessage(), failure);
        named.setStackTrace(failure.getStackTrace());
        return result.mapTo(result.status(), named);
    }
}
