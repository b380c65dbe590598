/** JMH benchmarks: kernels, training steps, predictions. */
package lanewise.bench.micro;
