/** Models of other libraries in and out of Lanewise: ONNX, safetensors, NumPy. */
module lanewise.formats {
    requires com.fasterxml.jackson.core;
    requires com.google.protobuf;
    requires org.tribuo.util.onnx;
    requires transitive lanewise;

    exports lanewise.formats;
    exports lanewise.formats.onnx;
    exports lanewise.formats.tensor;
}
