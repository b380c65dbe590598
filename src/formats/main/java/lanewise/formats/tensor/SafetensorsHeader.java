package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lanewise.formats.FormatException;

/** The JSON at the beginning of a file of safetensors: which tensors there are, and where. */
final class SafetensorsHeader {

    static final String METADATA = "__metadata__";

    /** One tensor; offsets count from the end of the header. The type may be one that cannot be read. */
    record Entry(String name, String type, List<Long> shape, long from, long to) {}

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
            .build();

    private final Object file;
    private final JsonParser json;
    private final Map<String, String> metadata = new TreeMap<>();

    private SafetensorsHeader(Object file, JsonParser json) {
        this.file = file;
        this.json = json;
    }

    /** What a header says: entries in the order of their bytes, which cover so many bytes without holes and overlaps. */
    record Contents(List<Entry> entries, Map<String, String> metadata) {}

    /**
     * Reads a header.
     *
     * @param in its bytes alone
     * @param length of what follows the header in the file
     */
    static Contents read(Object file, InputStream in, long length) throws IOException {
        // its own decoder: that of the parser would take other encodings, too
        Reader utf8 = new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder());
        try (JsonParser json = JSON.createParser(utf8)) {
            SafetensorsHeader header = new SafetensorsHeader(file, json);
            List<Entry> entries = header.entries();
            entries.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
            header.check(entries, length);
            return new Contents(List.copyOf(entries), header.metadata);
        } catch (JsonProcessingException e) {
            throw new FormatException(
                    file,
                    "header, character "
                            + Math.max(
                                    0,
                                    e.getLocation() == null
                                            ? 0
                                            : e.getLocation().getCharOffset()) + ": "
                            + ascii(e.getOriginalMessage().replaceFirst("\\(start marker at .*", ""))
                                    .strip(),
                    e);
        } catch (CharacterCodingException e) {
            throw new FormatException(file, "header: is no well-formed UTF-8", e);
        }
    }

    private static String ascii(String message) {
        return message.substring(0, Math.min(300, message.length())).replaceAll("[^ -~]", "?");
    }

    private FormatException wrong(String message) {
        return new FormatException(
                file, "header, character " + json.currentTokenLocation().getCharOffset() + ": " + message);
    }

    private List<Entry> entries() throws IOException {
        require(json.nextToken(), JsonToken.START_OBJECT, "the header", "an object");
        List<Entry> entries = new ArrayList<>();
        for (String name; (name = json.nextFieldName()) != null; )
            if (name.equals(METADATA)) metadata();
            else entries.add(entry(name));
        require(json.currentToken(), JsonToken.END_OBJECT, "the header", "a name or its end");
        if (json.nextToken() != null) throw wrong("more follows the end of the object");
        return entries;
    }

    private void metadata() throws IOException {
        require(json.nextToken(), JsonToken.START_OBJECT, METADATA, "an object");
        for (String key; (key = json.nextFieldName()) != null; ) {
            require(json.nextToken(), JsonToken.VALUE_STRING, METADATA + ", " + quoted(key), "a string");
            metadata.put(key, json.getText());
        }
        require(json.currentToken(), JsonToken.END_OBJECT, METADATA, "a name or its end");
    }

    private Entry entry(String name) throws IOException {
        String place = "tensor " + quoted(name), type = null;
        List<Long> shape = null, offsets = null;
        require(json.nextToken(), JsonToken.START_OBJECT, place, "an object");
        for (String key; (key = json.nextFieldName()) != null; )
            switch (key) {
                case "dtype" -> {
                    require(json.nextToken(), JsonToken.VALUE_STRING, place + ", dtype", "a string");
                    type = json.getText();
                }
                case "shape" -> shape = integers(place + ", shape", Tensor.MOST_SIZES);
                case "data_offsets" -> offsets = integers(place + ", data_offsets", 2);
                default ->
                    throw wrong(place + ": has a member " + quoted(key) + "; dtype, shape and data_offsets expected");
            }
        require(json.currentToken(), JsonToken.END_OBJECT, place, "a name or its end");
        if (type == null || shape == null || offsets == null)
            throw wrong(place + ": has no " + (type == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
        if (offsets.size() != 2)
            throw wrong(place + ", data_offsets: " + offsets.size() + " numbers given, first byte and the one behind"
                    + " the last expected");
        return new Entry(name, type, shape, offsets.get(0), offsets.get(1));
    }

    private List<Long> integers(String place, int most) throws IOException {
        require(json.nextToken(), JsonToken.START_ARRAY, place, "an array");
        List<Long> integers = new ArrayList<>();
        for (JsonToken token; (token = json.nextToken()) != JsonToken.END_ARRAY; ) {
            require(token, JsonToken.VALUE_NUMBER_INT, place, "an integer");
            String digits = json.getText();
            if (digits.startsWith("-")) throw wrong(place + ": " + ascii(digits) + " given, at least 0 expected");
            if (digits.length() > 18)
                throw wrong(place + ": a number of " + digits.length()
                        + " digits given, which no size or offset in a file has");
            if (integers.size() == most)
                throw wrong(place + ": has more than " + most + " numbers, at most so many are expected");
            integers.add(Long.parseLong(digits));
        }
        return List.copyOf(integers);
    }

    private void require(JsonToken found, JsonToken expected, String place, String what) throws FormatException {
        if (found != expected)
            throw wrong(
                    place + ": " + (found == null ? "the end of the header" : found) + " found, " + what + " expected");
    }

    private void check(List<Entry> entries, long length) throws FormatException {
        long at = 0;
        String before = "the header";
        for (Entry entry : entries) {
            String place = "tensor " + quoted(entry.name());
            if (entry.to() < entry.from() || entry.to() > length)
                throw new FormatException(
                        file,
                        place + ": lies from byte " + entry.from() + " to " + entry.to() + " of the data, which have "
                                + length + " bytes; was the file copied to its end?");
            if (entry.from() != at)
                throw new FormatException(
                        file,
                        place + ": begins at byte " + entry.from() + " of the data, but " + before + " ends at " + at
                                + ": " + (entry.from() > at ? "a hole" : "an overlap") + " between them");
            ElementType type = ElementType.named(entry.type());
            long count = Tensor.count(entry.shape()), bytes = entry.to() - entry.from();
            if (count == Long.MAX_VALUE
                    || type != null && (count > Long.MAX_VALUE / type.bytes() || count * type.bytes() != bytes))
                throw new FormatException(
                        file,
                        place + ": has " + bytes + " bytes, but " + Tensor.describe(quoted(entry.type()), entry.shape())
                                + " takes "
                                + (count > Long.MAX_VALUE / 8 ? "more than any file has" : count * type.bytes()));
            at = entry.to();
            before = place;
        }
        if (at != length)
            throw new FormatException(
                    file, "has " + length + " bytes of data, but " + before + " ends at " + at + "; what follows it?");
    }

    /** The bytes of a header, its length a multiple of 8, as the safetensors library writes it. */
    static byte[] write(List<Entry> entries, Map<String, String> metadata) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> pair : new TreeMap<>(metadata).entrySet())
                    json.writeStringField(pair.getKey(), pair.getValue());
                json.writeEndObject();
            }
            for (Entry entry : entries) {
                json.writeObjectFieldStart(entry.name());
                json.writeStringField("dtype", entry.type());
                json.writeArrayFieldStart("shape");
                for (long size : entry.shape()) json.writeNumber(size);
                json.writeEndArray();
                json.writeArrayFieldStart("data_offsets");
                json.writeNumber(entry.from());
                json.writeNumber(entry.to());
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        byte[] unpadded = text.toString().getBytes(StandardCharsets.UTF_8);
        byte[] header = Arrays.copyOf(unpadded, unpadded.length + 7 & -8);
        Arrays.fill(header, unpadded.length, header.length, (byte) ' ');
        return header;
    }

    /** Names to entries. */
    static Map<String, Entry> byName(List<Entry> entries) {
        Map<String, Entry> byName = new LinkedHashMap<>();
        for (Entry entry : entries) byName.put(entry.name(), entry);
        return byName;
    }
}
