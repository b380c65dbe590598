/** Results of benchmarks: rows, their validity, their comparison, and the file that holds them. */
package lanewise.bench.result;
