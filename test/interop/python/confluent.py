"""Drives confluent-kafka, the Python client on librdkafka."""
import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lines import closed, say, say_record, serve

bootstrap = sys.argv[-1]


class Driver:
    def hello(self):
        say("client", version="%s, librdkafka %s" % (confluent_kafka.__version__, confluent_kafka.libversion()[0]),
            codecs="none,gzip,snappy,lz4,zstd", headers=1, tombstones=1, idempotent=1)

    client = None

    def admin(self):
        self.client = self.client or AdminClient({"bootstrap.servers": bootstrap})
        return self.client

    def create(self, topic, partitions):
        for f in self.admin().create_topics([NewTopic(topic, int(partitions), 1)]).values():
            f.result(20)

    def list(self):
        for name, t in self.admin().list_topics(timeout=10).topics.items():
            say("topic", name=name, partitions=len(t.partitions))

    def delete(self, topic):
        for f in self.admin().delete_topics([topic]).values():
            f.result(20)

    def produce(self, topic, codec, records, idempotent=None):
        conf = {"bootstrap.servers": bootstrap, "compression.type": codec, "linger.ms": 5, "message.timeout.ms": 20000}
        if idempotent:
            conf.update({"enable.idempotence": True, "batch.num.messages": 7})
        failed = []
        p = Producer(conf)
        for r in records:
            extra = {"partition": r.partition} if r.partition >= 0 else {}
            p.produce(topic, r.value, r.key, headers=r.headers, on_delivery=lambda e, m: e and failed.append(e), **extra)
        left = p.flush(25)
        if failed or left:
            raise Exception("%s, %d left in the queue" % (failed[:1], left))

    def consumer(self, group):
        return Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                         "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 1500,
                         "enable.partition.eof": False})

    def take(self, c, count, commit):
        n, until = 0, time.time() + 20
        while n < count and time.time() < until:
            m = c.poll(0.2)
            if m is None:
                continue
            if m.error():
                raise KafkaException(m.error())
            n += 1
            self.record(m)
            if commit:
                c.commit(m, asynchronous=False)
        if n < count:
            raise Exception("%d of %s records in 20 s" % (n, count))

    def record(self, m):
        say_record(m.partition(), m.offset(), m.timestamp()[1], m.key(), m.value(), m.headers())

    def partitions(self, topic):
        return [TopicPartition(topic, p) for p in self.admin().list_topics(topic, timeout=10).topics[topic].partitions]

    def read(self, topic, count, time=None):
        c = self.consumer("reader")
        parts = self.partitions(topic)
        if time:
            for p in parts:
                p.offset = int(time)
            parts = c.offsets_for_times(parts, 10)
        else:
            for p in parts:
                p.offset = confluent_kafka.OFFSET_BEGINNING
        c.assign(parts)
        self.take(c, int(count), False)
        c.close()

    def consume(self, group, topic, max):
        c = self.consumer(group)
        c.subscribe([topic])
        try:
            self.take(c, int(max), True)
        finally:
            c.close()

    def committed(self, group, topic):
        c = self.consumer(group)
        for p in c.committed(self.partitions(topic), 10):
            say("offset", p=p.partition, o=p.offset)
        c.close()

    def reset(self, group, topic):
        c = self.consumer(group)
        c.commit(offsets=[TopicPartition(p.topic, p.partition, 0) for p in self.partitions(topic)], asynchronous=False)
        c.close()

    def member(self, group, topic):
        end = closed()
        c = self.consumer(group)
        c.subscribe([topic])
        while not end.is_set():
            m = c.poll(0.1)
            if m is None:
                continue
            if m.error():
                raise KafkaException(m.error())
            self.record(m)
            try:
                c.commit(m, asynchronous=False)
            except KafkaException as e:
                print("commit:", e, file=sys.stderr)
        c.close()


serve(Driver())
