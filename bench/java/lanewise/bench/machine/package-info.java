/** The machine: what it is, what it can do at best, and other programs on it. */
package lanewise.bench.machine;
