/**
 * Arithmetic over arrays and offsets; it knows nothing of layers. Not exported.
 *
 * <p>{@link lanewise.kernel.Kernels} names the operations, {@link lanewise.kernel.ScalarKernels} is the reference and
 * fallback, {@code VectorKernels} the fast implementation, {@link lanewise.kernel.Selection} picks one of them, and
 * {@link lanewise.kernel.Elementary} holds exp, log and tanh. Only classes named {@code Vector…} import
 * {@code jdk.incubator.vector}.
 */
package lanewise.kernel;
