/** Programs that measure other libraries for Java, each in a JVM of its own; {@code mvn -q -Ppeers package -DskipTests}. */
package lanewise.bench.peers;
