import java.io.*;
import java.nio.ByteBuffer;
import java.util.*;
import java.util.jar.*;
import org.apache.kafka.common.protocol.*;

/**
 * Kafka's own classes decode the messages that samples/main.go prints, and encode them again. The bytes must be equal.
 * Run: go run ./samples | java -cp 'JARS/*' RoundTrip.java JARS   (run.sh does)
 */
public class RoundTrip {
    public static void main(String[] args) throws Exception {
        Map<String, Class<?>> classes = new HashMap<>();
        for (File f : new File(args[0]).listFiles((d, n) -> n.startsWith("kafka") && n.endsWith(".jar")))
            try (JarFile jar = new JarFile(f)) {
                jar.stream().map(JarEntry::getName)
                    .filter(n -> n.endsWith(".class") && !n.contains("$") && (n.contains("/generated/") || n.startsWith("org/apache/kafka/common/message/") || n.startsWith("org/apache/kafka/common/metadata/")))
                    .forEach(n -> {
                        try {
                            Class<?> c = Class.forName(n.substring(0, n.length() - 6).replace('/', '.'));
                            if (Message.class.isAssignableFrom(c) && !c.isInterface()) classes.put(c.getSimpleName().replaceAll("Data$", ""), c);
                        } catch (Throwable ignored) { }
                    });
            }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int count = 0, bad = 0;
        for (String line; (line = in.readLine()) != null; count++) {
            String[] parts = line.split(" ", -1);
            short version = Short.parseShort(parts[1]);
            String out;
            try {
                Message m = (Message) classes.get(parts[0]).getDeclaredConstructor().newInstance();
                ByteBuffer buf = ByteBuffer.wrap(HexFormat.of().parseHex(parts[2]));
                m.read(new ByteBufferAccessor(buf), version);
                ByteBuffer again = MessageUtil.toByteBufferAccessor(m, version).buffer();
                byte[] b = new byte[again.remaining()];
                again.get(b);
                out = buf.hasRemaining() ? buf.remaining() + " bytes were not read" : HexFormat.of().formatHex(b);
            } catch (Throwable t) {
                out = String.valueOf(t);
            }
            if (!out.equals(parts[2]) && bad++ < 50) System.out.println(parts[0] + " v" + version + "\n  gregor " + parts[2] + "\n  kafka  " + out);
        }
        System.out.println(count + " messages, " + bad + " different");
        if (bad > 0 || count == 0) System.exit(1);
    }
}
