/** Programs that show what Lanewise does. */
module lanewise.examples {
    requires HdrHistogram;
    requires com.google.gson;
    requires de.siegmar.fastcsv;
    requires info.picocli;
    requires jdk.httpserver;
    requires lanewise;
    requires lanewise.formats;
    requires me.tongfei.progressbar;
    requires org.jline.terminal;

    // They read and set the fields of commands and answers.
    opens lanewise.examples to
            com.google.gson,
            info.picocli;
}
