/** Named tensors in files of safetensors and NumPy, and networks of them. */
package lanewise.formats.tensor;
