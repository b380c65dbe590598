/** What all formats share. */
package lanewise.formats;
