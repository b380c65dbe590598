/** Files of any contents, replaced as a whole or not at all: {@link lanewise.file.AtomicFile}. */
package lanewise.file;
