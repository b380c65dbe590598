/** JMH benchmarks of the training step, predictions and the kernels; {@code mvn -q -Pbench}. */
package lanewise.bench;
