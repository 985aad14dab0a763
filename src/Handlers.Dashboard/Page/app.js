// Asks every two seconds, and shows the first screen: lights, troubles as sentences, handlers.

import { h, text, show, attr, keyed, dotted, count, rate, seconds, plural, none, answer } from './dom.js';
import { chart } from './charts.js';
import { handlerView } from './handler.js';

const $ = id => document.getElementById(id);
const EVERY = 2000;
const LONGEST = 30000;

/** What is known. Views read it; `poll` alone writes it. */
const known = { status: null, run: null, last: 0, step: 2, points: 150, series: new Map() };
let view = null;
let wait = EVERY;
let timer = 0;
let asking = false;
let told = null;

export const api = async path => answer(await fetch('api/' + path, { headers: { Accept: 'application/json' } }));

async function poll() {
  clearTimeout(timer);
  if (asking || document.hidden) return;
  asking = true;
  try {
    let status = await read(`status?after=${known.last}`);
    if (known.run !== null && status.run !== known.run) { // another process answers: its charts begin anew
      status = await read('status');
      known.series.clear();
    }
    take(status);
    wait = EVERY;
    away(null);
    render();
  } catch (e) {
    wait = Math.min(LONGEST, wait * 2);
    away(e);
  } finally {
    asking = false;
    timer = setTimeout(poll, wait);
  }
}

async function read(path) {
  return answer(await fetch('api/' + path, { headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(10000) }));
}

function take(status) {
  known.status = status;
  known.run = status.run;
  known.last = status.history.last;
  known.step = status.history.step;
  known.points = status.history.points;
  for (const [name, points] of Object.entries(status.history.series)) {
    const line = known.series.get(name) ?? [];
    line.push(...points);
    known.series.set(name, line.slice(-known.points));
  }
}

function away(error) {
  const banner = $('banner');
  if (!error) {
    if (!banner.hidden) { show(banner, false); say('The process answers again.'); }
    document.body.classList.remove('away');
    return;
  }
  const why = error instanceof TypeError || error.name === 'TimeoutError' ? 'The process does not answer.' : error.message;
  text(banner, `${why} What is shown is what it said last. Asking again every ${Math.round(wait / 1000)} s.`);
  show(banner, true);
  document.body.classList.add('away');
}

export const say = words => text($('said'), words);

const LIGHTS = [
  ['startup', 'Started', { green: 'yes', yellow: 'yes', red: 'not yet' }, 'Has it come up?'],
  ['ready', 'Consuming', { green: 'yes', yellow: 'look', red: 'no' }, 'Is it consuming?'],
  ['live', 'Alive', { green: 'yes', yellow: 'look', red: 'no' }, 'Would a restart help? No where only that does.'],
];

function renderTop(status) {
  text($('application'), status.application);
  keyed($('lights'), LIGHTS, l => l[0], ([light, name, , title]) => h('li', { 'data-light': light, title }, h('i', { class: 'dot', 'aria-hidden': 'true' }), h('span', { text: name + ': ' }), h('b')), (node, [light, , words]) => {
    const color = status.lights[light] ?? 'red';
    attr(node, 'data-color', color);
    text(node.querySelector('b'), words[color]);
  });
  const bad = status.troubles.filter(t => t.status === 'red').length;
  document.title = `${bad ? `(${bad}) ` : ''}${view?.name ? view.name + ' · ' : ''}${status.application}`;
  text($('fresh'), `Handlers ${status.version} · as of ${new Date(status.at).toISOString().slice(0, 19).replace('T', ' ')} UTC`);
  const now = status.troubles.map(t => [t.kind, t.handler, t.lane, t.position].join('|')).sort().join('\n');
  if (told !== null && told !== now) say(status.troubles.length ? status.troubles.map(t => t.text).slice(0, 3).join(' ') : 'All is well again.');
  told = now;
}

/** How a handler is, in a word or two. */
export function state(handler, troubles) {
  const own = troubles.filter(t => t.handler === handler.name);
  const worst = own.find(t => t.status === 'red') ?? own[0];
  const words = { hung: 'stuck', 'circuit-open': 'paused' };
  if (worst && worst.kind !== 'paused') return [worst.status, words[worst.kind] ?? worst.kind.replaceAll('-', ' ')];
  if (handler.lanes.count > 0 && handler.lanes.paused === handler.lanes.count) return ['yellow', 'paused'];
  if (handler.lanes.paused > 0) return ['yellow', plural(handler.lanes.paused, 'lane') + ' paused'];
  if (handler.lanes.count === 0) return ['idle', 'no lanes'];
  if (handler.failing > 0) return ['yellow', 'failing'];
  if (handler.lanes.caughtUp === handler.lanes.count) return ['green', 'caught up'];
  return ['green', 'running'];
}

export function chip() {
  const node = h('span', { class: 'chip' }, h('i', { class: 'dot', 'aria-hidden': 'true' }), h('span'));
  node.update = ([color, words]) => { attr(node, 'data-color', color); text(node.lastChild, words); };
  return node;
}

export function trouble() {
  const node = h('li', { class: 'trouble' }, h('i', { class: 'dot', 'aria-hidden': 'true' }), h('p'));
  node.update = t => {
    attr(node, 'data-color', t.status);
    const p = node.lastChild;
    if (p.said === t.text) return;
    p.said = t.text;
    const words = t.text.replace(/\b(\d{3,}) s\b/g, (_, s) => seconds(Number(s)));
    const quoted = `Handler '${t.handler}'`;
    const [name, at] = words.startsWith(quoted) ? [quoted, 0] : [t.handler, t.handler ? words.indexOf(t.handler) : -1];
    p.replaceChildren(...(at < 0 ? [words] : [words.slice(0, at), h('a', { href: link(t.handler), text: t.handler }), words.slice(at + name.length)]));
  };
  return node;
}

export const link = name => '#/handler/' + encodeURIComponent(name);

function overview() {
  const verdict = h('h1', { class: 'verdict' });
  const sum = h('p', { class: 'muted sum' });
  const troubles = h('ul', { class: 'troubles', 'aria-label': 'Troubles' });
  const more = h('p', { class: 'muted', hidden: true });
  const longest = h('p', { class: 'longest', hidden: true });
  const find = h('input', { type: 'search', id: 'find', placeholder: 'Find a handler', 'aria-label': 'Find a handler', oninput: () => render() });
  const head = h('div', { class: 'row head', 'aria-hidden': 'true' }, h('span', { text: 'Handler' }), h('div', { class: 'head-cells' }, ...['Throughput, 5 min', 'Time of a call, 5 min', 'Lag', 'In flight', 'Failed'].map(t => h('span', { text: t }))));
  const list = h('ul', { class: 'handlers' });
  const nothing = h('p', { class: 'muted', hidden: true });
  const node = h('div', {}, verdict, sum, troubles, more, longest, h('section', { 'aria-labelledby': 'handlers-title' },
    h('div', { class: 'title' }, h('h2', { id: 'handlers-title', text: 'Handlers' }), find), head, list, nothing));

  return {
    node,
    focus: verdict,
    render(status) {
      const red = status.troubles.filter(t => t.status === 'red').length;
      const all = status.troubles.length + status.moreTroubles;
      text(verdict, all ? red ? `${plural(all, 'thing')} ${all === 1 ? 'needs' : 'need'} attention` : `${plural(all, 'thing')} to look at` : 'All is well');
      attr(verdict, 'data-color', red ? 'red' : all ? 'yellow' : 'green');
      const lanes = status.handlers.reduce((n, x) => n + x.lanes.count, 0);
      const handled = status.handlers.reduce((n, x) => n + (x.rate ?? 0), 0);
      text(sum, `${plural(status.handlers.length, 'handler')} · ${plural(lanes, 'lane')} · ${rate(handled)} handled`);
      keyed(troubles, status.troubles, t => [t.kind, t.handler, t.lane, t.position, t.handler ? '' : t.text].join('|'), trouble, (n, t) => n.update(t));
      show(troubles, status.troubles.length > 0);
      if (show(more, status.moreTroubles > 0)) text(more, `and ${count(status.moreTroubles)} more.`);
      const waits = oldest(status);
      if (show(longest, Boolean(waits))) longest.replaceChildren('Waits longest: ', h('a', { href: link(waits.handler), text: waits.handler }), ` at ${waits.lane}${waits.position === null ? '' : ` position ${waits.position}`} for ${seconds(waits.age)}.`);
      show(find, status.handlers.length > 8);
      const wanted = find.value.trim().toLowerCase();
      const shown = status.handlers.filter(x => !wanted || `${x.name} ${x.topic} ${x.group}`.toLowerCase().includes(wanted));
      keyed(list, shown, x => x.name, row, (n, x) => n.update(x, status));
      show(head, shown.length > 0);
      if (show(nothing, shown.length === 0)) text(nothing, wanted ? 'No handler is called so.' : 'No handler runs here.');
    },
  };
}

/** What waits longest and is no trouble yet: it may become one. */
function oldest(status) {
  return status.handlers.flatMap(x => x.worst.map(l => ({ handler: x.name, lane: `${l.topic}/${l.partition}`, position: l.position, age: Math.max(l.age, l.watermarkAge) })))
    .filter(w => w.age >= 3 && !status.troubles.some(t => t.handler === w.handler && t.lane === w.lane))
    .sort((a, b) => b.age - a.age)[0];
}

function cell(name, ...children) {
  const value = h('b');
  const rest = h('small');
  const node = h('div', { class: 'cell' }, h('dt', { text: name }), h('dd', {}, value, rest, ...children));
  node.update = (v, r, color) => { text(value, v); text(rest, r ?? ''); attr(node, 'data-color', color); };
  return node;
}

function row(handler) {
  const how = chip();
  const about = h('p', { class: 'about' });
  const rates = chart({ points: known.points, fill: true });
  const times = chart({ points: known.points, log: true });
  const [through, call, lag, flight, failed] = [cell('Throughput', rates), cell('Time of a call', times), cell('Lag'), cell('In flight'), cell('Failed')];
  const node = h('li', { class: 'row handler' },
    h('div', { class: 'who' }, h('h3', {}, h('a', { href: link(handler.name) }, ...dotted(handler.name))), how, about),
    h('dl', {}, through, call, lag, flight, failed));
  node.update = (x, status) => {
    how.update(state(x, status.troubles));
    text(about, `${x.topic} as ${x.group}, ${plural(x.lanes.count, 'lane')}`);
    const line = known.series.get(x.name) ?? [];
    const of = i => line.map(p => p[i]);
    const high = Math.max(0, ...of(0));
    rates.update([of(0)], line.length ? `now ${rate(x.rate)}, highest ${rate(high)} in five minutes` : 'no data yet');
    times.update([of(2), of(3)], line.length ? `now half of the calls within ${seconds(x.p50)}, 99 of 100 within ${seconds(x.p99)}` : 'no data yet');
    through.update(rate(x.rate), '');
    call.update(x.p50 === null ? none : seconds(x.p50), x.p99 === null ? '' : `p99 ${seconds(x.p99)}`);
    lag.update(x.lag === null ? x.lagSeconds === null ? none : seconds(x.lagSeconds) : count(x.lag), x.lag !== null && x.lagSeconds ? seconds(x.lagSeconds) : '');
    const old = x.oldestAge >= 1;
    flight.update(count(x.inFlight), old ? `oldest ${seconds(x.oldestAge)}` : '', status.troubles.some(t => t.handler === x.name && t.kind === 'hung') ? 'red' : null);
    const bad = x.counts.failed + x.counts.invalid;
    failed.update(count(bad), x.counts.deadLettered ? plural(x.counts.deadLettered, 'dead letter') : '', x.failing > 0 ? 'red' : null);
  };
  return node;
}

/** A link may be cut off in the middle of a character. */
function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function route() {
  const [, kind, name] = location.hash.split('/');
  view = kind === 'handler' && name ? handlerView(decoded(name), known) : overview();
  $('main').replaceChildren(view.node);
  render();
}

function render() {
  if (!known.status || !view) return;
  renderTop(known.status);
  view.render(known.status);
}

/** After something was done: what it changed is to be seen at once. */
export const refresh = () => poll();

addEventListener('hashchange', () => {
  route();
  scrollTo(0, 0);
  $('main').focus({ preventScroll: true });
});
document.addEventListener('visibilitychange', () => { if (!document.hidden) { wait = EVERY; poll(); } });
$('skip').addEventListener('click', e => { e.preventDefault(); $('main').focus(); });
route();
poll();
