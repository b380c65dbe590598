/**
 * Files: {@link lanewise.io.ModelFile} saves models and loads them, {@link lanewise.io.AtomicFile} replaces files of any
 * contents as a whole.
 */
package lanewise.io;
