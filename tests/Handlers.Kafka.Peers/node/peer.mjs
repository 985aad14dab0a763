// kafkajs as a peer: one operation a run.
//   node peer.mjs produce BOOTSTRAP TOPIC none|gzip   records on stdin, one JSON object a line
//   node peer.mjs read BOOTSTRAP TOPIC GROUP          to the topic's end as it is now, records on stdout; commits what it read
// A record: {partition?, key, value, headers: [[name, value], ...], offset?, timestamp?}; keys, values and headers are text or null,
// except that kafkajs writes no header whose value is null.
import readline from 'node:readline';
import { CompressionTypes, Kafka, Partitioners, logLevel } from 'kafkajs';

const [operation, bootstrap, topic, argument] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'peer', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });
const text = bytes => bytes === null || bytes === undefined ? null : bytes.toString('utf8');

async function produce() {
  const messages = [];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { partition, key, value, headers } = JSON.parse(line);
    messages.push({ partition: partition ?? undefined, key, value, headers: group(headers) });
  }
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages, compression: argument === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None });
  await producer.disconnect();
}

// kafkajs takes headers as an object: a name that comes again has a list of values.
function group(pairs) {
  const headers = {};
  for (const [name, value] of pairs) headers[name] = name in headers ? [headers[name], value].flat() : value;
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
  console.log(JSON.stringify({ partition, offset: Number(offset), timestamp: Number(timestamp), key: text(key), value: text(value), headers: pairs }));
}

try {
  if (operation === 'produce') await produce();
  else if (operation === 'read') await read();
  else throw new Error('produce BOOTSTRAP TOPIC none|gzip, or read BOOTSTRAP TOPIC GROUP');
} catch (error) {
  console.error(error.message);
  process.exit(1); // what is connected would keep it alive
}
