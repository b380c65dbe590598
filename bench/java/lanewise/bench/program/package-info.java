/** Programs that measure, each run in a process of its own. */
package lanewise.bench.program;
