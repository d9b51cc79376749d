"""Drives kafka-python, the client written in Python alone."""
import sys
import time as clock

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import NewTopic
from kafka.codec import has_lz4, has_snappy, has_zstd

from lines import closed, say, say_record, serve

bootstrap = sys.argv[-1]


class Driver:
    def hello(self):
        codecs = ["none", "gzip"] + [n for n, has in (("snappy", has_snappy), ("lz4", has_lz4), ("zstd", has_zstd)) if has()]
        say("client", version=kafka.__version__, codecs=",".join(codecs), headers=1, tombstones=1, idempotent=1)

    def admin(self):
        return KafkaAdminClient(bootstrap_servers=bootstrap)

    def create(self, topic, partitions):
        a = self.admin()
        a.create_topics([NewTopic(topic, int(partitions), 1)])
        a.close()

    def list(self):
        a = self.admin()
        for t in a.describe_topics():
            say("topic", name=t.get("topic") or t.get("name"), partitions=len(t["partitions"]))
        a.close()

    def delete(self, topic):
        a = self.admin()
        a.delete_topics([topic])
        a.close()

    def produce(self, topic, codec, records, idempotent=None):
        conf = {"compression_type": None if codec == "none" else codec, "acks": "all", "linger_ms": 5}
        if idempotent:
            conf.update({"enable_idempotence": True, "batch_size": 200})
        p = KafkaProducer(bootstrap_servers=bootstrap, **conf)
        sent = [p.send(topic, value=r.value, key=r.key, headers=r.headers, partition=r.partition if r.partition >= 0 else None)
                for r in records]
        p.flush(20)
        for f in sent:
            f.get(20)
        p.close()

    def consumer(self, group, max=500):
        return KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
                             session_timeout_ms=6000, heartbeat_interval_ms=1500, max_poll_records=max)

    def take(self, c, count, commit):
        n, until = 0, clock.time() + 20
        while n < count and clock.time() < until:
            for part in c.poll(200).values():
                for m in part:
                    n += 1
                    self.record(m)
                if commit:
                    c.commit()
        if n < count:
            raise Exception("%d of %s records in 20 s" % (n, count))

    def record(self, m):
        say_record(m.partition, m.offset, m.timestamp, m.key, m.value, m.headers)

    def partitions(self, c, topic):
        return [TopicPartition(topic, p) for p in sorted(c.partitions_for_topic(topic))]

    def read(self, topic, count, time=None):
        c = self.consumer(None)
        parts = self.partitions(c, topic)
        c.assign(parts)
        c.seek_to_beginning()
        if time:
            for p, at in c.offsets_for_times({p: int(time) for p in parts}).items():
                if at is None:
                    c.seek_to_end(p)
                else:
                    c.seek(p, at.offset)
        self.take(c, int(count), False)
        c.close()

    def consume(self, group, topic, max):
        c = self.consumer(group, 1)
        c.subscribe([topic])
        try:
            self.take(c, int(max), True)
        finally:
            c.close()

    def committed(self, group, topic):
        c = self.consumer(group)
        for p in self.partitions(c, topic):
            say("offset", p=p.partition, o=c.committed(p) or 0)
        c.close()

    def reset(self, group, topic):
        c = self.consumer(group)
        parts = self.partitions(c, topic)
        c.assign(parts)
        c.commit({p: OffsetAndMetadata(0, "", -1) for p in parts})
        c.close()

    def member(self, group, topic):
        end = closed()
        c = self.consumer(group)
        c.subscribe([topic])
        while not end.is_set():
            got = c.poll(200)
            for part in got.values():
                for m in part:
                    self.record(m)
            try:
                if got:
                    c.commit()
            except kafka.errors.KafkaError as e:
                print("commit:", e, file=sys.stderr)
        c.close()


serve(Driver())
