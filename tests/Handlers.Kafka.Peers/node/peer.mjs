// kafkajs as a peer: one operation a run.
//   node peer.mjs produce BOOTSTRAP TOPIC none|gzip|snappy|lz4|zstd [latin1]   records on stdin, one JSON object a line
//   node peer.mjs read BOOTSTRAP TOPIC GROUP [latin1]                          to the topic's end as it is now, records on stdout; commits what it read
// A record: {partition?, key, value, headers: [[name, value], ...], offset?, timestamp?, codecs?}; keys, values and headers are text or null,
// except that kafkajs writes no header whose value is null. Text is UTF-8; with latin1 each character is one byte. Codecs are those that were
// met up to there.
import readline from 'node:readline';
import kafkajs from 'kafkajs';
import snappy from 'kafkajs-snappy';
import lz4 from 'lz4js';
import * as zstd from '@bokuweb/zstd-wasm';

const { CompressionCodecs, CompressionTypes, Kafka, Partitioners, logLevel } = kafkajs;
const [operation, bootstrap, topic, argument, encoding = 'utf8'] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'peer', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });
const text = bytes => bytes === null || bytes === undefined ? null : bytes.toString(encoding);
const bytes = text => text === null ? null : Buffer.from(text, encoding);

// kafkajs has gzip itself, and takes the others from whoever brings them.
await zstd.init();
const codecs = {
  none: { type: CompressionTypes.None },
  gzip: { type: CompressionTypes.GZIP, codec: CompressionCodecs[CompressionTypes.GZIP] },
  snappy: { type: CompressionTypes.Snappy, codec: snappy },
  lz4: { type: CompressionTypes.LZ4, codec: () => ({ compress: async encoder => Buffer.from(lz4.compress(encoder.buffer)), decompress: async buffer => Buffer.from(lz4.decompress(buffer)) }) },
  zstd: { type: CompressionTypes.ZSTD, codec: () => ({ compress: async encoder => Buffer.from(zstd.compress(encoder.buffer)), decompress: async buffer => Buffer.from(zstd.decompress(buffer)) }) },
};
const met = new Set();
for (const [name, { type, codec }] of Object.entries(codecs)) {
  if (codec) CompressionCodecs[type] = () => ({ compress: codec().compress, decompress: buffer => { met.add(name); return codec().decompress(buffer); } });
}

async function produce() {
  const messages = [];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { partition, key, value, headers } = JSON.parse(line);
    messages.push({ partition: partition ?? undefined, key: bytes(key), value: bytes(value), headers: group(headers) });
  }
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages, compression: codecs[argument].type });
  await producer.disconnect();
}

// kafkajs takes headers as an object: a name that comes again has a list of values.
function group(pairs) {
  const headers = {};
  for (const [name, value] of pairs) headers[name] = name in headers ? [headers[name], bytes(value)].flat() : bytes(value);
  return headers;
}

async function read() {
  const admin = kafka.admin();
  await admin.connect();
  const missing = new Map();
  for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) if (high !== low) missing.set(partition, BigInt(high) - 1n);
  await admin.disconnect();
  if (missing.size === 0) return;

  const consumer = kafka.consumer({ groupId: argument, maxWaitTimeInMs: 10 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, event => reject(event.payload.error));
    consumer.run({
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) print(batch.partition, message);
        if (missing.has(batch.partition) && BigInt(batch.lastOffset()) >= missing.get(batch.partition)) missing.delete(batch.partition);
        if (missing.size === 0) resolve();
      },
    }).catch(reject);
  });
  await consumer.disconnect();
}

function print(partition, { offset, timestamp, key, value, headers }) {
  const pairs = Object.entries(headers ?? {}).flatMap(([name, values]) => [values].flat().map(v => [name, text(v)]));
  console.log(JSON.stringify({ partition, offset: Number(offset), timestamp: Number(timestamp), key: text(key), value: text(value), headers: pairs, codecs: [...met] }));
}

try {
  if (operation === 'produce') await produce();
  else if (operation === 'read') await read();
  else throw new Error('produce BOOTSTRAP TOPIC CODEC [latin1], or read BOOTSTRAP TOPIC GROUP [latin1]');
} catch (error) {
  console.error(error.message);
  process.exit(1); // what is connected would keep it alive
}
