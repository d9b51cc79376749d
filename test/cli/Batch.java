import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs many calls of Apache Kafka's tools in one process, because each start of Java takes seconds. A line of input is
 * {"class","args","stdin","timeout"}, a line of output {"out","err","code"}. Each call gets the tools' classes anew,
 * since they keep counters in static fields, and a thread that stays parked where the tool would have ended the process.
 */
public class Batch {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Loads the tools' own classes itself, everything else (clients, parsers) from the parent. */
    static class Fresh extends URLClassLoader {
        Fresh(URL[] urls, ClassLoader parent) { super(urls, parent); }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.apache.kafka.tools.") && !name.startsWith("kafka.tools.") && !name.startsWith("kafka.admin.")
                    || name.startsWith("org.apache.kafka.tools.api.")) return super.loadClass(name, resolve);
            synchronized (getClassLoadingLock(name)) {
                Class<?> c = findLoadedClass(name);
                return c != null ? c : findClass(name);
            }
        }
    }

    public static void main(String[] a) throws Exception {
        PrintStream answer = System.out;
        List<URL> urls = new ArrayList<>();
        for (String p : System.getProperty("java.class.path").split(":")) urls.add(Path.of(p).toUri().toURL());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            answer.println(JSON.writeValueAsString(run(urls.toArray(new URL[0]), JSON.readTree(line))));
            answer.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    static ObjectNode run(URL[] urls, JsonNode call) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream(), err = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        InputStream stdin = new ByteArrayInputStream(call.path("stdin").asText("").getBytes(StandardCharsets.UTF_8));
        System.setIn(stdin);
        String[] args = JSON.convertValue(call.get("args"), String[].class);
        AtomicInteger code = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1);
        Fresh loader = new Fresh(urls, Batch.class.getClassLoader());
        exitProcedures(code, done);
        Thread t = new Thread(() -> {
            try {
                Class.forName(call.get("class").asText(), true, loader).getMethod("main", String[].class).invoke(null, (Object) args);
            } catch (Throwable e) {
                (e.getCause() == null ? e : e.getCause()).printStackTrace();
                code.compareAndSet(0, 1);
            }
            done.countDown();
        });
        t.setContextClassLoader(loader);
        t.setDaemon(true);
        t.start();
        if (!done.await(call.path("timeout").asLong(30), TimeUnit.SECONDS)) code.set(124);
        System.out.flush();
        System.err.flush();
        ObjectNode r = JSON.createObjectNode();
        r.put("out", out.toString(StandardCharsets.UTF_8));
        r.put("err", err.toString(StandardCharsets.UTF_8));
        r.put("code", code.get());
        return r;
    }

    /** Where a tool ends the process, its code is kept and its thread waits for ever. */
    static void exitProcedures(AtomicInteger code, CountDownLatch done) throws Exception {
        Class<?> exit = Class.forName("org.apache.kafka.common.utils.Exit");
        Class<?> procedure = Class.forName("org.apache.kafka.common.utils.Exit$Procedure");
        Object p = Proxy.newProxyInstance(Batch.class.getClassLoader(), new Class<?>[] {procedure}, (self, m, a) -> {
            if (!m.getName().equals("execute")) return null;
            code.compareAndSet(0, (Integer) a[0]);
            done.countDown();
            new CountDownLatch(1).await();
            return null;
        });
        for (String set : new String[] {"setExitProcedure", "setHaltProcedure"}) {
            Method m = exit.getMethod(set, procedure);
            m.invoke(null, p);
        }
    }
}
