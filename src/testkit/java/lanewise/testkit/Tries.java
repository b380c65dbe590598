package lanewise.testkit;

import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/** Tries each property of a contract as often as the system property {@code tries} says, 100 times by default. */
class Tries implements AroundPropertyHook {

    private static final int TRIES = Integer.getInteger("tries", 100);

    @Override
    public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property)
            throws Throwable {
        if (context.attributes().tries().isEmpty()) context.attributes().setTries(TRIES);
        return property.execute();
    }
}
