package lanewise.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;
import org.junit.jupiter.api.Test;

/** The results as CSV, read back. */
class CsvTest {

    @Test
    void hasEachForkOfEachRowInFullPrecision() {
        Results results = Example.results();
        Iterator<NamedCsvRecord> lines =
                CsvReader.builder().ofNamedCsvRecord(Csv.of(results)).iterator();
        for (Row row : results.rows())
            for (int i = 0; i < row.forks().size(); i++) {
                Fork fork = row.forks().get(i);
                NamedCsvRecord line = lines.next();
                assertEquals(row.key().benchmark(), line.getField("benchmark"));
                assertEquals(row.key().by(), line.getField("by"));
                assertEquals(row.key().kernels(), line.getField("kernels"));
                assertEquals(String.valueOf(i + 1), line.getField("fork"));
                assertEquals(fork.score(row.higherIsBetter()), Double.parseDouble(line.getField("score")));
                assertEquals(fork.allocated(), Double.parseDouble(line.getField("bytes per operation")));
                assertEquals(fork.conditions().clock(), Double.parseDouble(line.getField("clock")));
                assertEquals(fork.conditions().skew(), Double.parseDouble(line.getField("skew")));
                assertEquals(row.unit(), line.getField("unit"));
                assertEquals(String.valueOf(row.valid()), line.getField("valid"));
                assertEquals(String.join("; ", row.invalid()), line.getField("reasons"));
                assertEquals(row.bound() == null ? "" : row.bound().name(), line.getField("bound"));
            }
        assertTrue(!lines.hasNext());
    }

    @Test
    void keepsTextsWithCommasQuotesAndLineBreaks() {
        String nasty = "a, \"b\"\nc";
        Row row = Example.row(
                        Key.of("peers.t", Map.of("by", nasty, "size", "1", "access", nasty)),
                        "avgt",
                        "ns/op",
                        new Subject(nasty, "", "", ""),
                        Double.NaN)
                .with(List.of(nasty, "x"));
        NamedCsvRecord line = CsvReader.builder()
                .ofNamedCsvRecord(Csv.of(Example.of(List.of(row), List.of())))
                .iterator()
                .next();
        assertEquals(nasty, line.getField("by"));
        assertEquals(nasty, line.getField("subject"));
        assertEquals("access=" + nasty + "; size=1", line.getField("params"));
        assertEquals(nasty + "; x", line.getField("reasons"));
        assertEquals("", line.getField("score"));
    }
}
