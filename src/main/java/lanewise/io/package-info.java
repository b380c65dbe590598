/** Files: the model file. */
package lanewise.io;
