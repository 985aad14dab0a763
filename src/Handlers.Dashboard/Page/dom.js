// Elements and words. Texts go in as text only: nothing that is shown can become markup.

export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'text') node.textContent = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter(c => c !== null && c !== undefined && c !== false));
  return node;
}

/** Sets a text only where it differs, so that nothing is painted or read out again for nothing. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
  return node;
}

export function show(node, is) {
  if (node.hidden === is) node.hidden = !is;
  return is;
}

export function attr(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Children by key: kept where they are still wanted, so that focus, scrolling and what is open survive. */
export function keyed(parent, items, key, create, update) {
  const old = parent.keyed ?? (parent.keyed = new Map());
  const now = new Map();
  let before = null;
  for (const item of items) {
    const k = key(item);
    if (now.has(k)) continue;
    const node = old.get(k) ?? create(item);
    old.delete(k);
    now.set(k, node);
    update(node, item);
    const place = before ? before.nextSibling : parent.firstChild;
    if (place !== node) parent.insertBefore(node, place);
    before = node;
  }
  for (const node of old.values()) node.remove();
  parent.keyed = now;
}

/** A name that may be broken behind its dots, where it is too long for its place. */
export const dotted = name => name.split(/(?<=[.])/).flatMap((part, i) => i ? [document.createElement('wbr'), part] : [part]);

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

export const none = '–';

export function count(n) {
  if (n === null || n === undefined) return none;
  return Math.abs(n) >= 100000 ? short.format(n) : whole.format(n);
}

export function rate(n) {
  if (n === null || n === undefined) return none;
  return (n > 0 && n < 10 ? precise.format(n) : count(n)) + '/s';
}

export function seconds(s) {
  if (s === null || s === undefined) return none;
  if (s === 0) return '0 s';
  if (s < 1e-3) return precise.format(s * 1e6) + ' µs';
  if (s < 1) return precise.format(s * 1e3) + ' ms';
  if (s < 10) return precise.format(s) + ' s';
  if (s < 120) return whole.format(Math.floor(s)) + ' s';
  const two = (a, one, b, other) => b ? `${a} ${one} ${b} ${other}` : `${a} ${one}`;
  if (s < 7200) return two(Math.floor(s / 60), 'min', Math.floor(s % 60), 's');
  if (s < 172800) return two(Math.floor(s / 3600), 'h', Math.floor(s % 3600 / 60), 'min');
  return `${Math.floor(s / 86400)} days`;
}

export function plural(n, one, many) {
  return `${count(n)} ${n === 1 ? one : many ?? one + 's'}`;
}

/** Of a moment in the past, by the server's clock: the browser's may be wrong. */
export function ago(at, now) {
  const s = Math.max(0, (Date.parse(now) - Date.parse(at)) / 1000);
  return s < 2 ? 'just now' : seconds(s) + ' ago';
}

/** What an answer says. A page that asks to sign in comes with 200 where a browser follows to it, and is no answer. */
export async function answer(response) {
  const is = (response.headers.get('Content-Type') ?? '').includes('json') && !response.redirected;
  const said = is ? await response.json() : {};
  if (response.ok && is) return said;
  throw new Error(said.detail ?? ([401, 403].includes(response.status) || response.ok ? 'You may not do this, or not any more. Sign in, and load the page again.' : `It answers with ${response.status}.`));
}
