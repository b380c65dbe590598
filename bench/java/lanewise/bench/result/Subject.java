package lanewise.bench.result;

/**
 * Who did the work of a row.
 *
 * @param name such as {@code Lanewise} or {@code ONNX Runtime}
 * @param version of it
 * @param settings how it is used: threads, batch sizes, options, kernels it chose by itself
 * @param check what was compared to see that it computes the same, with the largest difference or both accuracies;
 *     empty for this library
 */
public record Subject(String name, String version, String settings, String check) {}
