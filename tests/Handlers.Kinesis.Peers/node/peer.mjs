// AWS's client for Node.js and aws-kinesis-agg as peers: one operation a run.
//   node peer.mjs put ENDPOINT STREAM                    records on stdin, one JSON object a line
//   node peer.mjs aggregate ENDPOINT STREAM              the same, in as few aggregates as they fit in
//   node peer.mjs read ENDPOINT STREAM [deaggregate]     every shard from its oldest record to its end as it is now, records on stdout
// A record: {key, hashKey?, data, shard?, sequence?, subSequence?, arrived?}; data is base64, arrived is milliseconds since 1970.
// What was put is told on stdout: {shard, sequence} for each record, or for each aggregate.
import readline from 'node:readline';
import agg from 'aws-kinesis-agg';
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const [operation, endpoint, StreamName, mode] = process.argv.slice(2);
// Its own handler speaks HTTP/2 without asking, which not every emulator does.
const kinesis = new KinesisClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, requestHandler: new NodeHttpHandler() });

async function records() {
  const read = [];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { key, hashKey, data } = JSON.parse(line);
    read.push({ partitionKey: key, data: Buffer.from(data, 'base64'), ...(hashKey ? { explicitHashKey: hashKey } : {}) });
  }
  return read;
}

async function put(entries) {
  for (let at = 0; at < entries.length; at += 500) {
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName, Records: entries.slice(at, at + 500) }));
    for (const { ShardId, SequenceNumber, ErrorCode, ErrorMessage } of answer.Records) {
      if (ErrorCode) throw new Error(`${ErrorCode}: ${ErrorMessage}`);
      console.log(JSON.stringify({ shard: ShardId, sequence: SequenceNumber }));
    }
  }
}

// An aggregate has the first of its records' explicit hash keys: whoever aggregates sees to it that they belong together.
function aggregates(records) {
  const built = [];
  let open = new agg.RecordAggregator();
  const close = () => {
    const { partitionKey, ExplicitHashKey, data } = open.build();
    built.push({ PartitionKey: partitionKey, Data: data, ...(ExplicitHashKey ? { ExplicitHashKey } : {}) });
    open = new agg.RecordAggregator();
  };
  let held = 0;
  for (const record of records) {
    if (held > 0 && !open.checkIfUserRecordFits(record)) {
      close();
      held = 0;
    }
    open.addUserRecord(record);
    held++;
  }
  if (held > 0) close();
  return built;
}

async function read() {
  for (const shard of await shards()) {
    let { ShardIterator } = await kinesis.send(new GetShardIteratorCommand({ StreamName, ShardId: shard, ShardIteratorType: 'TRIM_HORIZON' }));
    while (ShardIterator) {
      const answer = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
      for (const record of answer.Records) print(shard, record);
      if (answer.Records.length === 0 && answer.MillisBehindLatest === 0) break;
      ShardIterator = answer.NextShardIterator;
    }
  }
}

async function shards() {
  const ids = [];
  let token;
  do {
    const answer = await kinesis.send(new ListShardsCommand(token ? { NextToken: token } : { StreamName }));
    ids.push(...answer.Shards.map(s => s.ShardId));
    token = answer.NextToken;
  } while (token);
  return ids;
}

function print(shard, record) {
  const { SequenceNumber, ApproximateArrivalTimestamp, PartitionKey, Data } = record;
  const line = { shard, sequence: SequenceNumber, arrived: ApproximateArrivalTimestamp.getTime() };
  if (mode !== 'deaggregate') return console.log(JSON.stringify({ ...line, key: PartitionKey, data: Buffer.from(Data).toString('base64') }));
  agg.deaggregateSync({ SequenceNumber, PartitionKey, Data: Buffer.from(Data) }, true, (error, inner) => {
    if (error) throw error;
    for (const one of inner) {
      const data = typeof one.Data === 'string' ? one.Data : Buffer.from(one.Data).toString('base64');
      console.log(JSON.stringify({ ...line, subSequence: one.SubSequenceNumber, key: one.PartitionKey, hashKey: one.ExplicitPartitionKey, data }));
    }
  });
}

try {
  if (operation === 'put') await put((await records()).map(r => ({ PartitionKey: r.partitionKey, ExplicitHashKey: r.explicitHashKey, Data: r.data })));
  else if (operation === 'aggregate') await put(aggregates(await records()));
  else if (operation === 'read') await read();
  else throw new Error('put, aggregate or read, then ENDPOINT STREAM');
  kinesis.destroy();
} catch (error) {
  console.error(error.stack);
  process.exit(1); // what is connected would keep it alive
}
