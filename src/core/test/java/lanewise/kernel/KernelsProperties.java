package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.TreeSet;
import lanewise.memory.Memory;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;

/** The cases of {@link KernelCases} themselves, and that no kernel is without one. */
@Tag("bits")
class KernelsProperties extends KernelCases {

    @Example
    void theKernelsAskedForAreInUse() {
        int width = Selection.kernels().width();
        if ("scalar".equals(System.getProperty("lanewise.kernels"))) assertEquals(0, width);
        String forced = System.getProperty("lanewise.width", "");
        if (!forced.isEmpty()) assertEquals(forced.replace("!", ""), Integer.toString(width));
    }

    /** Were all rows dense, all sums ordinary or all offsets aligned, the properties above would prove little. */
    @Property(tries = 500)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void hardCasesOccur(@ForAll("shapes") Shape shape) {
        Memory m = new Memory(shape.seed());
        Part row = m.row(shape.inputs()), sparse = m.sparse(shape.inputs()), any = m.any(shape.stride());
        int nonZeros = 0;
        boolean negativeZero = false, small = false, special = false;
        for (int i = 0; i < shape.inputs(); i++) {
            float v = row.array()[row.at() + i], s = sparse.array()[sparse.at() + i];
            if (s != 0f) nonZeros++;
            negativeZero |= Float.floatToRawIntBits(s) == 0x80000000;
            small |= v != 0f && Math.abs(v) < Float.MIN_NORMAL;
        }
        for (int i = 0; i < shape.stride(); i++) special |= !Float.isFinite(any.array()[any.at() + i]);
        occurs("no input is zero", nonZeros == shape.inputs());
        occurs("every input is zero", nonZeros == 0);
        occurs("some inputs are zero", nonZeros > 0 && nonZeros < shape.inputs());
        occurs("an input is -0.0", negativeZero);
        occurs("an input is subnormal", small);
        occurs("a value is infinite or NaN", special);
        occurs("the output is narrow", shape.stride() <= Kernels.NARROW);
        occurs("the output is wide", shape.stride() > Kernels.NARROW);
        occurs("the output has padding", shape.outputs() != shape.stride());
        occurs("the offset is odd", row.at() % 2 != 0);
        occurs("fewer inputs than segments", shape.inputs() < Kernels.SEGMENTS);
    }

    private static void occurs(String what, boolean occurs) {
        Statistics.label(what).collect(occurs).coverage(c -> c.check(true).percentage(p -> p > 3));
    }

    @Example
    void everyKernelIsComparedByAProperty() throws Exception {
        Shape shape = new Shape(17, 33, 1);
        TreeSet<String> compared = new TreeSet<>();
        for (KernelCases cases : List.of(
                new ProductsProperties(),
                new NonZerosProperties(),
                new ElementwiseProperties(),
                new SumsProperties(),
                new UpdatesProperties())) {
            for (Method method : cases.getClass().getDeclaredMethods())
                if (method.isAnnotationPresent(Property.class)) method.invoke(cases, shape);
            compared.addAll(cases.naive.called());
        }
        TreeSet<String> kernels = new TreeSet<>();
        for (Class<?> family : Kernels.class.getInterfaces())
            for (Method method : family.getMethods())
                if (Modifier.isAbstract(method.getModifiers()))
                    kernels.add(NaiveKernels.signature(
                            method.getName(),
                            MethodType.methodType(method.getReturnType(), method.getParameterTypes())));
        assertTrue(kernels.size() > 20, kernels + " are all that was found");
        assertEquals(kernels, compared);
    }
}
