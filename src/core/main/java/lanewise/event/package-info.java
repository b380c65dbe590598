/** Events for the JDK's flight recorder. Not exported; nothing happens where nobody records. */
package lanewise.event;
