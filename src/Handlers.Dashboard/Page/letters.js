// Dead letters of a handler: a look at the newest, and putting them back. A look moves nothing.

import { h, text, show, keyed, count, plural, ago } from './dom.js';
import { api } from './app.js';
import { ask, post } from './ask.js';

export function letters(name) {
  let topic = null;
  let now = '';
  const about = h('p', { class: 'muted' });
  const look = h('button', { type: 'button', text: 'Look at the newest', onclick: () => load() });
  const back = h('button', { type: 'button', text: 'Put back', onclick: () => ask(`Put back dead letters of ${name}`, 'Put back', 'redrive', { topic, handler: name }) });
  const running = h('p', { role: 'status', hidden: true });
  const stop = h('button', { type: 'button', class: 'small', text: 'Stop', hidden: true, onclick: () => post('redrive/stop', { topic }).catch(() => {}) });
  const said = h('p', { class: 'muted', role: 'status' });
  const list = h('ul', { class: 'letters' });
  const node = h('section', { 'aria-labelledby': 'letters', class: 'part', hidden: true }, h('h2', { id: 'letters', text: 'Dead letters' }), about,
    h('div', { class: 'tools' }, look, back), h('div', { class: 'tools' }, running, stop), said, list);

  async function load() {
    text(said, 'Looking.');
    look.disabled = true;
    try {
      const data = await api(`letters?topic=${encodeURIComponent(topic)}&take=50`);
      text(said, data.letters.length ? `${data.hasMore ? `The newest ${count(data.letters.length)}${data.count === null ? '' : ` of ${count(data.count)}`} letters` : plural(data.letters.length, 'letter')}.${data.isComplete ? '' : ' The time was over before all lanes were looked at.'}${data.withBody ? '' : ' You may not see keys, headers and bodies.'}` : 'There is none.');
      keyed(list, data.letters, l => `${l.partition}@${l.position}`, letter, () => {});
    } catch (e) {
      text(said, e.message);
    } finally {
      look.disabled = false;
    }
  }

  function letter(l) {
    const head = [h('b', { text: l.exception ?? (l.attempts === 0 ? 'Invalid' : 'Not written by a handler') }), l.handler && l.handler !== name ? h('span', { text: ` of ${l.handler}` }) : null, h('span', { class: 'mono', text: ` ${l.origin ?? `${topic}/${l.partition}@${l.position}`}` }), h('span', { class: 'muted', text: ` ${ago(l.at, now)}${l.attempts > 1 ? `, after ${plural(l.attempts, 'call')}` : ''}${l.redriven ? `, put back ${plural(l.redriven, 'time')} before` : ''}` })];
    if (!l.body) return h('li', {}, h('div', {}, ...head.filter(Boolean)));
    const headers = l.headers.filter(x => !x.name.startsWith('handlers-'));
    return h('li', {}, h('details', {}, h('summary', {}, ...head.filter(Boolean), l.reason ? h('p', { text: l.reason }) : null),
      h('dl', { class: 'settings' },
        h('div', {}, h('dt', { text: 'Key' }), h('dd', { class: 'mono', text: l.key ?? 'none' })),
        ...headers.map(x => h('div', {}, h('dt', { text: x.name }), h('dd', { class: 'mono', text: x.value ?? 'null' })))),
      h('pre', { text: l.body.text, tabindex: '0', role: 'region', 'aria-label': 'Body' }),
      h('p', { class: 'muted', text: l.body.kind === 'none' ? 'It has no body.' : `${count(l.body.bytes)} bytes${l.body.kind === 'binary' ? ', not text' : ''}${l.body.cut ? ', of which the beginning is shown' : ''}` })));
  }

  return {
    node,
    update(x, status) {
      topic = x.deadLetter;
      now = status.at;
      if (!show(node, topic !== null)) return;
      text(about, `${plural(x.counts.deadLettered, 'letter')} went to ${topic} since this process began.`);
      show(back, status.may.control);
      const run = status.redrives.find(r => r.topic === topic);
      show(stop, Boolean(run?.running) && status.may.control);
      if (show(running, Boolean(run))) text(running, run.running ? `Putting back: ${count(run.putBack)} so far${run.toRead ? `, ${count(run.toRead)} to read` : ''}.` : run.text);
    },
  };
}
