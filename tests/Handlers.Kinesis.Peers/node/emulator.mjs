// An emulator on 127.0.0.1, each of its servers on a free port, as a process that ends with its input.
//   node emulator.mjs kinesalite|dynalite [OPTION=VALUE ...]   the package's options
//   node emulator.mjs kinesis-local                            settings come from the environment; PACE=10: what it waits for takes a tenth of the time
// Prints "plain PORT" ("tls PORT" for kinesis-local too) when a server takes connections, and "ready" when all do.
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [name, ...settings] = process.argv.slice(2);
let waiting = name === 'kinesis-local' ? 2 : 1;

function listening(kind, port) {
  console.log(`${kind} ${port}`);
  if (--waiting === 0) console.log('ready');
}

function start() {
  const options = Object.fromEntries(settings.map(s => s.split('=')).map(([key, value]) => [key, Number(value)]));
  const server = require(name)(options);
  server.listen(0, '127.0.0.1', () => listening('plain', server.address().port));
}

// It would listen on every interface, at ports that are fixed beforehand: which one it asks for only tells its two servers apart.
function startLocal() {
  const folder = path.dirname(require.resolve('kinesis-local/package.json'));
  process.env.KINESIS_MOCK_CERT_PATH ??= path.join(folder, 'server.json');
  process.env.KINESIS_MOCK_TLS_PORT = '1';
  process.env.KINESIS_MOCK_PLAIN_PORT = '2';
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...given) {
    const asked = typeof given[0] === 'object' ? given[0] : { port: given[0] };
    const done = given.find(argument => typeof argument === 'function');
    this.once('listening', () => listening(asked.port === 1 ? 'tls' : 'plain', this.address().port));
    return listen.call(this, { ...asked, port: 0, host: '127.0.0.1' }, ...(done ? [done] : []));
  };
  hurry(Number(process.env.PACE ?? 1));
  process.argv = [process.argv[0], path.join(folder, 'main.js')];
  require('kinesis-local/main.js');
}

// Its pauses and the clock that it measures them by, not the time of day: that it takes from elsewhere where this clock has no origin.
function hurry(pace) {
  if (pace === 1) return;
  Object.defineProperty(performance, 'timeOrigin', { value: NaN });
  const later = globalThis.setTimeout;
  const now = performance.now.bind(performance);
  globalThis.setTimeout = (act, time, ...given) => later(act, time / pace, ...given);
  performance.now = () => now() * pace;
}

process.stdin.resume();
// At once: kinesis-local makes process.exit wait half a minute for connections that clients keep.
for (const over of ['end', 'close', 'error']) process.stdin.on(over, () => process.kill(process.pid, 'SIGKILL'));
if (name === 'kinesis-local') startLocal();
else start();
