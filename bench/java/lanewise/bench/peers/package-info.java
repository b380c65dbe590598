/**
 * The work that this library and others do beside each other, and the driver that measures those for Java, each in a JVM of
 * its own.
 */
package lanewise.bench.peers;
