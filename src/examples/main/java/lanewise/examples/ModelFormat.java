package lanewise.examples;

import java.nio.file.Path;
import java.util.Locale;

/** The formats that models are read from and written to, by the endings of files' names. */
enum ModelFormat {
    LANEWISE(".lanewise"),
    ONNX(".onnx"),
    SAFETENSORS(".safetensors"),
    NPZ(".npz");

    private final String ending;

    ModelFormat(String ending) {
        this.ending = ending;
    }

    /** The format of a file; null if its name has another ending, or none. */
    static ModelFormat of(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        for (ModelFormat format : values()) if (name.endsWith(format.ending)) return format;
        return null;
    }

    /** Whether a file holds parameters and nothing else. */
    boolean isStateDict() {
        return this == SAFETENSORS || this == NPZ;
    }

    /** {@code .onnx}. */
    @Override
    public String toString() {
        return ending;
    }
}
