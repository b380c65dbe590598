/**
 * Networks as ONNX files, in and out. Reading goes from the message ({@code OnnxFile}) over nodes in one name space ({@code
 * Program}) and what they compute from the input ({@code Tracer}) to layers ({@code Recognizer}).
 */
package lanewise.formats.onnx;
