// Drives KafkaJS. Codecs that KafkaJS does not contain come from the packages that its
// documentation names.
'use strict';
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs');
const { version } = require('kafkajs/package.json');
const readline = require('node:readline');

const load = (name) => { try { return require(name); } catch (e) { process.stderr.write(`no ${name}: ${e.message}\n`); return null; } };
const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP };
const snappy = load('kafkajs-snappy');
if (snappy) { codecs.snappy = CompressionTypes.Snappy; CompressionCodecs[CompressionTypes.Snappy] = snappy; }
const lz4 = load('lz4-napi');
if (lz4) {
  codecs.lz4 = CompressionTypes.LZ4;
  CompressionCodecs[CompressionTypes.LZ4] = () => ({ compress: async (e) => lz4.compressFrame(e.buffer), decompress: async (b) => lz4.decompressFrame(b) });
}
const zstd = load('@mongodb-js/zstd');
if (zstd) {
  codecs.zstd = CompressionTypes.ZSTD;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({ compress: async (e) => zstd.compress(e.buffer), decompress: async (b) => zstd.decompress(b) });
}

const stderr = () => ({ label, log }) => process.stderr.write(`${label} ${JSON.stringify(log)}\n`);
const kafka = new Kafka({ clientId: 'interop', brokers: [process.argv[process.argv.length - 1]], logLevel: logLevel.WARN, logCreator: stderr });

const say = (word, values = {}) => process.stdout.write(`@${word}?${new URLSearchParams(values)}\n`);
const unhex = (s) => (s === undefined ? null : Buffer.from(s, 'hex'));

function emit(partition, m) {
  const v = { p: partition, o: m.offset, t: m.timestamp };
  if (m.key !== null) v.k = m.key.toString('hex');
  if (m.value !== null) v.v = m.value.toString('hex');
  for (const [k, h] of Object.entries(m.headers || {})) v[`h.${k}`] = (h || Buffer.alloc(0)).toString('hex');
  say('rec', v);
}

async function withAdmin(f) {
  const a = kafka.admin();
  await a.connect();
  try { return await f(a); } finally { await a.disconnect(); }
}

const limited = (promise, ms, what) => {
  let timer;
  return Promise.race([promise, new Promise((_, no) => { timer = setTimeout(() => no(new Error(what())), ms); })]).finally(() => clearTimeout(timer));
};

const consumer = (group) => kafka.consumer({ groupId: group, sessionTimeout: 6000, heartbeatInterval: 1500, maxWaitTimeInMs: 200, rebalanceTimeout: 10000 });

// take joins a group, passes every record to each and leaves after each has returned that it has
// enough.
async function take(group, topic, count, each, seek) {
  const c = consumer(group);
  await c.connect();
  let n = 0, done, go;
  const all = new Promise((yes) => { done = yes; });
  const sought = new Promise((yes) => { go = yes; });
  try {
    await c.subscribe({ topics: [topic], fromBeginning: true });
    await c.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset, heartbeat, isStale }) => {
        await sought;
        if (isStale()) return; // fetched before the seek
        for (const m of batch.messages) {
          if (n >= count) break;
          emit(batch.partition, m);
          n++;
          resolveOffset(m.offset);
          await each(c, batch.partition, m);
        }
        await heartbeat();
        if (n >= count) done();
      },
    });
    if (seek) await seek(c);
    go();
    await limited(all, 20000, () => `${n} of ${count} records in 20 s`);
  } finally {
    await c.disconnect();
  }
}

const commitOne = (topic) => (c, partition, m) => c.commitOffsets([{ topic, partition, offset: String(BigInt(m.offset) + 1n) }]);

const perform = {
  hello: async () => say('client', { version, codecs: Object.keys(codecs).join(), headers: 1, tombstones: 1, idempotent: 1 }),
  create: async (v) => withAdmin((a) => a.createTopics({ waitForLeaders: true, topics: [{ topic: v.topic, numPartitions: Number(v.partitions), replicationFactor: 1 }] })),
  list: async () => withAdmin(async (a) => {
    for (const t of (await a.fetchTopicMetadata()).topics) say('topic', { name: t.name, partitions: t.partitions.length });
  }),
  delete: async (v) => withAdmin((a) => a.deleteTopics({ topics: [v.topic] })),
  produce: async (v, recs) => {
    const p = kafka.producer(v.idempotent ? { idempotent: true, maxInFlightRequests: 1 } : {});
    await p.connect();
    try {
      const messages = recs.map((r) => ({
        key: unhex(r.k), value: unhex(r.v), ...(r.p === '-1' ? {} : { partition: Number(r.p) }),
        headers: Object.fromEntries(Object.entries(r).filter(([k]) => k.startsWith('h.')).map(([k, h]) => [k.slice(2), unhex(h)])),
      }));
      const step = v.idempotent ? 21 : messages.length; // several batches a partition
      for (let i = 0; i < messages.length; i += step)
        await p.send({ topic: v.topic, compression: codecs[v.codec], acks: -1, messages: messages.slice(i, i + step) });
    } finally { await p.disconnect(); }
  },
  // KafkaJS reads only in a group. Its documentation requires that seek follows run.
  read: async (v) => {
    const seek = v.time && (async (c) => {
      const at = await withAdmin((a) => a.fetchTopicOffsetsByTimestamp(v.topic, Number(v.time)));
      for (const { partition, offset } of at) c.seek({ topic: v.topic, partition, offset });
    });
    await take(`reader-${v.topic}-${Date.now()}`, v.topic, Number(v.count), async () => {}, seek);
  },
  consume: async (v) => take(v.group, v.topic, Number(v.max), commitOne(v.topic)),
  committed: async (v) => withAdmin(async (a) => {
    for (const t of await a.fetchOffsets({ groupId: v.group, topics: [v.topic] }))
      for (const p of t.partitions) say('offset', { p: p.partition, o: p.offset });
  }),
  reset: async (v) => withAdmin((a) => a.resetOffsets({ groupId: v.group, topic: v.topic, earliest: true })),
  member: async (v) => {
    const c = consumer(v.group);
    await c.connect();
    await c.subscribe({ topics: [v.topic], fromBeginning: true });
    await c.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => { emit(partition, message); await commitOne(v.topic)(c, partition, message); },
    });
    await new Promise((yes) => { closed = yes; if (ended) yes(); });
    await c.disconnect();
  },
};

let closed, ended = false, recs = null, pending = null, queue = Promise.resolve();
const serve = (word, v, lines) => {
  queue = queue.then(async () => {
    try {
      await perform[word](v, lines);
      say('ok');
    } catch (e) {
      process.stderr.write(`${e.stack}\n`);
      say('fail', { error: `${e.name}: ${e.message}` });
    }
  });
};
readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => {
  const q = line.indexOf('?');
  const word = q < 0 ? line : line.slice(0, q);
  const v = Object.fromEntries(new URLSearchParams(q < 0 ? '' : line.slice(q + 1)));
  if (word === 'rec') recs.push(v);
  else if (word === 'end') { serve('produce', pending, recs); recs = null; }
  else if (word === 'produce') { pending = v; recs = []; }
  else serve(word, v);
}).on('close', () => { ended = true; if (closed) closed(); queue.then(() => process.exit(0)); });
