"""Drives kcat, librdkafka's command line: every request is a kcat process or several."""
import json
import os
import subprocess
import sys
import tempfile

from lines import Lacking, closed, say, say_record, serve

bootstrap = sys.argv[-1]
kcat = os.environ.get("KCAT", "kcat")
# One line per record. %R and %S would need a parser. JSON distinguishes null from empty.
json_out = ["-J", "-u"]


def run(*args, input=None, timeout=30):
    done = subprocess.run([kcat, "-b", bootstrap, *args], input=input, capture_output=True, timeout=timeout)
    sys.stderr.write(done.stderr.decode())
    if done.returncode != 0:
        raise Exception("kcat %s: %s" % (" ".join(args), done.stderr.decode().strip()[-300:]))
    return done.stdout


def record(line):
    m = json.loads(line)
    pairs = m.get("headers") or []
    value = m.get("payload")
    key = m.get("key")
    say_record(m["partition"], m["offset"], m["ts"], key.encode() if key is not None else None,
               value.encode() if value is not None else None,
               [(pairs[i], pairs[i + 1].encode()) for i in range(0, len(pairs), 2)])


class Driver:
    def hello(self):
        text = subprocess.run([kcat, "-V"], capture_output=True).stdout.decode()
        version = text.split("Version ")[1].split(" ")[0]
        librdkafka = text.split("librdkafka ")[1].split(" ")[0]
        say("client", version="%s, librdkafka %s" % (version, librdkafka), codecs="none,gzip,snappy,lz4,zstd", idempotent=1, headers="same")

    def create(self, topic, partitions):
        """kcat cannot create a topic; asking for it makes the broker create it, with num.partitions partitions."""
        for _ in range(20):
            if self.count(topic) == int(partitions):
                return
        raise Exception("the topic was not created automatically with %s partitions: %d" % (partitions, self.count(topic)))

    def count(self, topic):
        for t in json.loads(run("-L", "-J", "-t", topic, "-X", "allow.auto.create.topics=true"))["topics"]:
            if t["topic"] == topic:
                return len(t["partitions"])
        return 0

    def list(self):
        for t in json.loads(run("-L", "-J"))["topics"]:
            say("topic", name=t["topic"], partitions=len(t["partitions"]))

    def delete(self, topic):
        raise Lacking("kcat deletes no topic")

    def produce(self, topic, codec, records, idempotent=None):
        """Records with the same headers, with a key or without, go to a partition in one call: -K splits key and value."""
        extra = ["-X", "enable.idempotence=true", "-X", "batch.num.messages=7"] if idempotent else []
        lots = {}
        for r in records:
            lots.setdefault((r.partition, r.key is not None, tuple(r.headers)), []).append(r)
        for (partition, keyed, headers), lot in lots.items():
            args = ["-P", "-t", topic, "-z", codec, "-D", "\x1e", *extra]
            if partition >= 0:
                args += ["-p", str(partition)]
            elif keyed:
                args += ["-X", "topic.partitioner=murmur2_random"]
            for name, value in headers:
                args += ["-H", name + "=" + value.decode()]
            data = []
            for r in lot:
                data.append(r.key + b"\x1f" + r.value if keyed else r.value)
            run(*args, *(["-K", "\x1f"] if keyed else []), input=b"\x1e".join(data))

    def read(self, topic, count, time=None):
        args = ["-C", "-t", topic, "-o", "s@" + time if time else "beginning", "-e", "-q", *json_out]
        for line in run(*args).splitlines():
            record(line)

    def consume(self, group, topic, max):
        for line in run("-c", max, "-q", *json_out, "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000",
                        "-X", "heartbeat.interval.ms=1500", "-G", group, topic).splitlines():
            record(line)

    def committed(self, group, topic):
        raise Lacking("kcat does not show committed offsets")

    def reset(self, group, topic):
        raise Lacking("kcat resets no group")

    def member(self, group, topic):
        end = closed()
        p = subprocess.Popen([kcat, "-b", bootstrap, "-q", *json_out, "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000",
                              "-X", "heartbeat.interval.ms=1500", "-X", "auto.commit.interval.ms=100", "-G", group, topic],
                             stdout=subprocess.PIPE)
        import threading
        threading.Thread(target=lambda: (end.wait(), p.terminate()), daemon=True).start()
        for line in p.stdout:
            record(line)
        p.wait()


serve(Driver())
