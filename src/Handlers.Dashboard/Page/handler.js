// One handler: its charts, what is under way, its lanes, failures, dead letters and settings; and steering, where it is granted.

import { h, text, show, attr, keyed, dotted, count, rate, seconds, plural, ago, none } from './dom.js';
import { panel } from './charts.js';
import { api, chip, state, trouble } from './app.js';
import { ask } from './ask.js';
import { letters } from './letters.js';

const PAGE = 25;

export function handlerView(name, known) {
  const title = h('h1', {}, ...dotted(name));
  const how = chip();
  const about = h('p', { class: 'muted about' });
  const troubles = h('ul', { class: 'troubles', 'aria-label': 'Troubles' });
  const steer = steering(name);
  const options = { points: known.points, step: known.step };
  const charts = {
    rate: panel('Throughput', { ...options, format: rate, fill: true }),
    time: panel('Time of a call', { ...options, format: seconds, names: ['p50', 'p99'], log: true }),
    lag: panel('Lag', { ...options, format: count, fill: true }),
    oldest: panel('Oldest message', { ...options, format: seconds, fill: true }),
  };
  const totals = h('dl', { class: 'totals' });
  const parts = [underWay(name), failures(name), letters(name), lanes(name), steer, settings()];
  const gone = h('p', { class: 'muted', hidden: true, text: `No handler named ${name} runs here now.` });
  const body = h('div', {},
    h('div', { class: 'panels' }, ...Object.values(charts)), totals, ...parts.map(p => p.node));
  const node = h('div', {}, h('p', { class: 'back' }, h('a', { href: '#/', text: '← All handlers' })),
    h('div', { class: 'title' }, title, how, steer.buttons), about, troubles, gone, body);

  return {
    node,
    name,
    render(status) {
      const x = status.handlers.find(o => o.name === name);
      show(gone, !x);
      show(body, Boolean(x));
      if (!x) return;
      how.update(state(x, status.troubles));
      text(about, `Reads ${x.topic} as group ${x.group} on ${plural(x.lanes.count, 'lane')}${x.transport === 'default' ? '' : ` of ${x.transport}`}. ${order(x)}`);
      const own = status.troubles.filter(t => t.handler === name);
      keyed(troubles, own, t => [t.kind, t.lane, t.position].join('|'), trouble, (n, t) => n.update(t));
      show(troubles, own.length > 0);
      const line = known.series.get(name) ?? [];
      const of = i => line.map(p => p[i]);
      charts.rate.update([of(0)]);
      charts.time.update([of(2), of(3)]);
      charts.lag.update([of(4)]);
      charts.oldest.update([of(5)]);
      const c = x.counts;
      keyed(totals, [['received', c.received], ['handled', c.handled], ['failed', c.failed], ['invalid', c.invalid], ['tried again', c.retried], ['deferred', c.deferred], ['dead-lettered', c.deadLettered], ['skipped', c.skipped], ['too late', c.late]]
        .filter(([k, n]) => n > 0 || k === 'received' || k === 'handled' || k === 'failed'), i => i[0],
      ([k]) => h('div', {}, h('dt', { text: k }), h('dd')), (n, [, v]) => text(n.lastChild, count(v)));
      for (const part of parts) part.update(x, status);
    },
  };
}

function order(x) {
  const at = { Lane: 'One message at a time in each lane', Key: `One at a time for each key, ${x.concurrency} at once`, None: `In any order, ${x.concurrency} at once` }[x.ordering] ?? x.ordering;
  const done = { Watermark: 'committed as the watermark moves', EachMessage: 'committed after each message', OnRead: 'committed before it is handled (at most once)', Transaction: 'committed with its results' }[x.commit] ?? x.commit;
  return `${at}, ${done}.`;
}

function section(id, title, ...children) {
  return h('section', { 'aria-labelledby': id, class: 'part' }, h('h2', { id, text: title }), ...children);
}

/** A table that may be wider than a phone; it scrolls by itself, by the keyboard too. */
export function table(label, columns) {
  const body = h('tbody');
  const node = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label }, h('table', {}, h('thead', {}, h('tr', {}, ...columns.map(c => h('th', { scope: 'col', text: c, class: c === '' || c.endsWith('*') ? 'n' : null })))), body));
  for (const th of node.querySelectorAll('th')) if (th.textContent.endsWith('*')) { th.textContent = th.textContent.slice(0, -1); }
  return [node, body];
}

/** Asks for a part of the page, one question at a time; what is shown stays where none comes. */
function source(update) {
  let busy = false;
  let next = null; // what was asked for meanwhile
  return async path => {
    next = path;
    if (busy) return;
    busy = true;
    while (next) {
      const asked = next;
      next = null;
      try {
        const data = await api(asked);
        if (!next || next === asked) update(data);
      } catch {
        // The first screen's question says that the process is gone.
      }
      if (next === asked) next = null;
    }
    busy = false;
  };
}

const where = m => `${m.topic}/${m.partition}`;

function underWay(name) {
  const [list, body] = table('Messages in flight', ['Lane', 'Position', 'For*']);
  const nothing = h('p', { class: 'muted', text: 'Nothing is in flight just now.' });
  const more = h('p', { class: 'muted', hidden: true });
  const load = source(data => {
    keyed(body, data.messages, m => where(m) + '@' + m.position,
      m => h('tr', {}, h('td', { text: where(m) }), h('td', { class: 'mono', text: m.position }), h('td', { class: 'n' })),
      (n, m) => text(n.lastChild, m.age > 0 ? seconds(m.age) : 'just begun'));
    show(list, data.messages.length > 0);
    show(nothing, data.messages.length === 0);
    const hidden = data.count - data.messages.length;
    if (show(more, hidden > 0 && data.messages.length > 0)) text(more, `and ${count(hidden)} more that began later.`);
    text(nothing, data.count > 0 ? `${plural(data.count, 'message')}, all begun within the last second.` : 'Nothing is in flight just now.');
  });
  show(list, false);
  return { node: section('in-flight', 'In flight', list, nothing, more), update: () => load(`in-flight?handler=${encodeURIComponent(name)}`) };
}

function lanes(name) {
  let sort = 'age';
  let skip = 0;
  let may = false;
  const [list, body] = table('Lanes', ['Lane', 'State', 'Lag*', 'Uncommitted*', 'In flight*', 'Oldest*', 'Watermark*', 'Watermark stands*', 'Read to*', '']);
  const sorts = h('select', { id: 'lanes-sort', onchange: e => { sort = e.target.value; skip = 0; go(); } },
    ...[['age', 'Oldest message'], ['lag', 'Lag'], ['partition', 'Name']].map(([v, t]) => h('option', { value: v, text: t })));
  const less = h('button', { type: 'button', text: 'Before', onclick: () => { skip = Math.max(0, skip - PAGE); go(); } });
  const next = h('button', { type: 'button', text: 'Next', onclick: () => { skip += PAGE; go(); } });
  const which = h('span', { class: 'muted' });
  const load = source(data => {
    keyed(body, data.lanes, l => `${l.topic}/${l.partition}`, l => laneRow(name, l), (n, l) => n.update(l, may));
    const to = skip + data.lanes.length;
    text(which, data.count === 0 ? 'None now.' : data.count <= PAGE ? plural(data.count, 'lane') : `${count(skip + 1)} to ${count(to)} of ${count(data.count)}`);
    show(list, data.count > 0);
    show(less, data.count > PAGE);
    show(next, data.count > PAGE);
    less.disabled = skip === 0;
    next.disabled = to >= data.count;
  });
  const go = () => load(`lanes?handler=${encodeURIComponent(name)}&sort=${sort}&skip=${skip}&take=${PAGE}`);
  const node = section('lanes', 'Lanes', h('div', { class: 'tools' }, h('label', { for: 'lanes-sort', text: 'First by' }), sorts, which, less, next), list);
  return { node, update: (x, status) => { may = status.may.control; go(); } };
}

function laneRow(name, lane) {
  const how = chip();
  const cells = Object.fromEntries(['lag', 'uncommitted', 'inFlight', 'age', 'watermark', 'stands', 'read'].map(k => [k, h('td', { class: 'n' })]));
  const button = h('button', { type: 'button', class: 'small' });
  const node = h('tr', {}, h('td', { text: where(lane) }), h('td', {}, how), ...Object.values(cells), h('td', {}, button));
  node.update = (l, may) => {
    const asked = l.paused.includes('asked');
    how.update(l.paused.length ? ['yellow', asked ? 'paused' : l.paused[0]] : l.age >= 10 ? ['red', 'waits'] : l.caughtUp ? ['green', 'caught up'] : ['green', 'running']);
    text(cells.lag, l.lag === null ? l.lagSeconds === null ? none : seconds(l.lagSeconds) : count(l.lag));
    text(cells.uncommitted, count(l.uncommitted));
    text(cells.inFlight, count(l.inFlight));
    text(cells.age, l.age > 0 ? seconds(l.age) : none);
    attr(cells.age, 'title', l.position ? `position ${l.position}` : null);
    text(cells.watermark, l.watermark ?? none);
    text(cells.stands, l.watermarkAge > 0 ? seconds(l.watermarkAge) : none);
    text(cells.read, l.lastRead ?? none);
    show(button, may && l.lane !== null);
    text(button, asked ? 'Resume' : 'Pause');
    attr(button, 'aria-label', `${asked ? 'Resume' : 'Pause'} lane ${where(l)}`);
    button.onclick = () => ask(`${asked ? 'Resume' : 'Pause'} ${where(l)}`, asked ? 'Resume' : 'Pause', asked ? 'resume' : 'pause', { handler: name, lane: l.lane });
  };
  return node;
}

function failures(name) {
  const list = h('ul', { class: 'failures' });
  const nothing = h('p', { class: 'muted', text: 'None.' });
  const note = h('p', { class: 'muted', hidden: true, text: 'Texts of exceptions may quote messages; you may not see them.' });
  let now = '';
  const load = source(data => {
    keyed(list, data.failures, f => `${f.at}|${where(f)}|${f.position}`, f => {
      const head = [h('b', { text: f.type }), h('span', { class: 'mono', text: ` ${where(f)}@${f.position}` }), h('span', { class: 'muted' })];
      return h('li', {}, f.exception
        ? h('details', {}, h('summary', {}, ...head, f.reason ? h('p', { text: f.reason }) : null), h('pre', { text: f.exception, tabindex: '0', role: 'region', 'aria-label': 'Exception' }))
        : h('div', {}, ...head, f.reason ? h('p', { text: f.reason }) : null));
    }, (n, f) => text(n.querySelector('.muted'), ` ${ago(f.at, now)}, ${f.outcome}`));
    show(nothing, data.failures.length === 0);
    show(note, data.failures.length > 0 && !data.withText);
  });
  return { node: section('failures', 'Last failures', list, nothing, note), update: (x, status) => { now = status.at; load(`failures?handler=${encodeURIComponent(name)}`); } };
}

function settings() {
  const list = h('dl', { class: 'settings' });
  return {
    node: section('settings', 'Settings', list),
    update(x) {
      const items = [
        ['Topic', x.topic], ['Group', x.group], ['Transport', x.transport], ['Ordering', x.ordering], ['Commit', x.commit],
        ['At once', x.concurrency === null ? 'one in each lane' : count(x.concurrency)], ['Attempts', x.attempts === null ? '1' : count(x.attempts)],
        ['Retry topics', x.retryTopics.length ? x.retryTopics.map(seconds).join(', ') : null], ['Time limit of a call', x.timeLimit === null ? null : seconds(x.timeLimit)],
        ['Where it failed', x.onFailure], ['Where it is invalid', x.onInvalid], ['Dead letters', x.deadLetter], ['Publishes to', x.publishTo],
        ['Began again', x.restarts ? plural(x.restarts, 'time') : null],
      ].filter(([, v]) => v !== null);
      keyed(list, items, i => i[0], ([k]) => h('div', {}, h('dt', { text: k }), h('dd')), (n, [, v]) => text(n.lastChild, v));
    },
  };
}

function steering(name) {
  const pause = h('button', { type: 'button', text: 'Pause', onclick: () => ask(`Pause ${name}`, 'Pause', 'pause', { handler: name }) });
  const resume = h('button', { type: 'button', text: 'Resume', onclick: () => ask(`Resume ${name}`, 'Resume', 'resume', { handler: name }) });
  const buttons = h('div', { class: 'buttons', hidden: true }, pause, resume);

  const most = h('input', { type: 'number', id: 'most', min: '1', max: '100000', required: true });
  const change = h('form', { onsubmit: e => { e.preventDefault(); ask(`Concurrency of ${name}`, 'Change', 'concurrency', { handler: name, concurrency: Number(most.value) }); } },
    h('label', { for: 'most', text: 'Messages at once' }), most, h('button', { text: 'Change' }));

  const kind = h('select', { id: 'rewind-kind', onchange: () => kinds() },
    ...[['time', 'a time (UTC)'], ['position', 'a position'], ['after', 'behind a position'], ['earliest', 'the earliest message'], ['latest', 'the end']].map(([v, t]) => h('option', { value: v, text: t })));
  const value = h('input', { id: 'rewind-value', 'aria-label': 'To which' });
  const lane = h('input', { id: 'rewind-lane', placeholder: 'all lanes', autocomplete: 'off' });
  const kinds = () => {
    const is = kind.value;
    show(value, is === 'time' || is === 'position' || is === 'after');
    value.type = is === 'time' ? 'datetime-local' : 'text';
    value.step = '1';
    value.required = !value.hidden;
    value.pattern = is === 'position' ? '\\d{1,15}' : '.*';
    value.title = is === 'position' ? 'A number. For a longer position, as those of Kinesis, choose behind a position.' : '';
    lane.required = is === 'position' || is === 'after';
    lane.placeholder = lane.required ? 'which lane' : 'all lanes';
  };
  const to = () => {
    const v = value.value.trim();
    switch (kind.value) {
      case 'time': return { time: v + 'Z' };
      case 'position': return { position: Number(v) };
      case 'after': return { after: v };
      default: return { end: kind.value };
    }
  };
  const rewind = h('form', { onsubmit: e => { e.preventDefault(); ask(`Rewind ${name}`, 'Rewind', 'rewind', { handler: name, to: to(), ...(lane.value.trim() ? { lane: lane.value.trim() } : {}) }); } },
    h('label', { for: 'rewind-kind', text: 'Rewind to' }), kind, value, h('label', { for: 'rewind-lane', text: 'lane' }), lane, h('button', { text: 'Rewind' }));
  kinds();
  const node = section('steer', 'Steer', change, rewind, h('p', { class: 'muted', text: 'Each asks before it is done. It changes this process alone; a rewind is durable for the group.' }));
  show(node, false);
  return {
    node,
    buttons,
    update(x, status) {
      show(buttons, status.may.control);
      show(node, status.may.control);
      const had = document.activeElement;
      show(pause, x.lanes.paused < x.lanes.count || x.lanes.count === 0);
      show(resume, x.lanes.paused > 0);
      if (had === pause && pause.hidden) resume.focus(); // whoever uses the keyboard stays where they are
      if (had === resume && resume.hidden) pause.focus();
      show(change, x.concurrency !== null);
      if (document.activeElement !== most && !most.value && x.concurrency !== null) most.value = x.concurrency;
    },
  };
}
