/** JMH benchmarks of the training step and the kernels; {@code mvn -q -Pbench}. */
package lanewise.bench;
