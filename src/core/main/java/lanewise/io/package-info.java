/** Model files: {@link lanewise.io.ModelFile} saves models and loads them. */
package lanewise.io;
