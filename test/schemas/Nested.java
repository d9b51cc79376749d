import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.*;
import java.util.jar.*;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.*;

/**
 * Prints facts that the SCHEMAS constants lack, one JSON object per line for every message class and every struct inside one: the
 * defaults of its fields, and the versions in which a struct field can be written as null. It finds the latter by trying.
 * Run: java -cp 'JARS/*' Nested.java JARS   (run.sh does)
 */
public class Nested {
    public static void main(String[] args) throws Exception {
        java.io.File[] jars = new java.io.File(args[0]).listFiles((d, n) -> n.startsWith("kafka") && n.endsWith(".jar"));
        Set<String> names = new TreeSet<>();
        for (java.io.File f : jars)
            try (JarFile jar = new JarFile(f)) {
                jar.stream().map(JarEntry::getName)
                    .filter(n -> n.endsWith(".class") && (n.contains("/generated/") || n.startsWith("org/apache/kafka/common/message/") || n.startsWith("org/apache/kafka/common/metadata/")))
                    .forEach(n -> names.add(n.substring(0, n.length() - 6).replace('/', '.')));
            }
        for (String name : names) {
            Class<?> c;
            try { c = Class.forName(name); } catch (Throwable t) { continue; }
            if (!Message.class.isAssignableFrom(c) || c.isInterface() || Modifier.isAbstract(c.getModifiers())) continue;
            Message fresh;
            try { fresh = (Message) c.getDeclaredConstructor().newInstance(); } catch (NoSuchMethodException e) { continue; }
            System.out.println("{\"class\":\"" + c.getName() + "\",\"defaults\":\"" + String.valueOf(fresh).replace("\\", "\\\\").replace("\"", "\\\"")
                + "\",\"structs\":{" + structs(c) + "}}");
        }
    }

    static String structs(Class<?> c) throws Exception {
        StringJoiner out = new StringJoiner(",");
        for (Field f : c.getDeclaredFields()) {
            if (Modifier.isStatic(f.getModifiers()) || !Message.class.isAssignableFrom(f.getType())) continue;
            f.setAccessible(true);
            StringJoiner ok = new StringJoiner(",", "[", "]");
            Message probe = (Message) c.getDeclaredConstructor().newInstance();
            // A nested class claims all versions up to 32767. No message has more than 30.
            for (short v = probe.lowestSupportedVersion(); v <= Math.min(probe.highestSupportedVersion(), 30); v++) {
                Message m = (Message) c.getDeclaredConstructor().newInstance();
                f.set(m, null);
                try {
                    MessageUtil.toByteBufferAccessor(m, v);
                    ok.add(String.valueOf(v));
                } catch (NullPointerException | UnsupportedVersionException e) {
                    // not nullable, or no such struct in this version
                }
            }
            out.add("\"" + f.getName() + "\":" + ok);
        }
        return out.toString();
    }
}
