// Small charts over the last five minutes, as SVG. The newest point is at the right edge.

const NS = 'http://www.w3.org/2000/svg';

function s(tag, attributes) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** The next of some round numbers: a scale that does not jump with each point. */
function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(step => step * power >= value * 0.999) * power;
}

/**
 * How high a value stands, from 0 to 1. With `log` each step up is so many times as much: the few calls that take a hundred times as long
 * do not press all the others into one line.
 */
function scale(series, log) {
  const all = series.flat().filter(v => v > 0);
  const max = ceiling(Math.max(0, ...all));
  if (!log || !all.length) return [max, v => v / max];
  const low = Math.log(Math.min(...all) / 1.5);
  return [max, v => v > 0 ? (Math.log(v) - low) / (Math.log(max) - low) : 0];
}

function path(values, points, share, width, height) {
  const step = width / (points - 1);
  let d = '';
  let open = false;
  values.forEach((value, i) => {
    if (value === null || value === undefined) { open = false; return; }
    const x = width - (values.length - 1 - i) * step;
    const y = height - 1.5 - (height - 4) * Math.min(1, share(value));
    d += open ? `L${x.toFixed(1)} ${y.toFixed(1)}` : `M${x.toFixed(1)} ${y.toFixed(1)}h0`; // h0: a point that stands alone is a dot
    open = true;
  });
  return d;
}

/**
 * A chart of one line or two. `update(lines, say)` takes arrays of numbers (null: a gap), each a point, and says in words what there is to see.
 */
export function chart({ points, width = 160, height = 36, fill = false, kind = 'spark', log = false }) {
  const svg = s('svg', { viewBox: `0 0 ${width} ${height}`, class: kind, role: 'img', preserveAspectRatio: 'none', 'aria-label': 'no data yet' });
  svg.append(s('line', { x1: 0, y1: height - 0.5, x2: width, y2: height - 0.5, class: 'base' }));
  const area = s('path', { class: 'area' });
  const lines = [s('path', { class: 'line second' }), s('path', { class: 'line' })];
  svg.append(...(fill ? [area] : []), ...lines);
  svg.update = (series, say) => {
    const [max, share] = scale(series, log);
    series.forEach((values, i) => {
      const line = lines[lines.length - 1 - i];
      const d = path(values, points, share, width, height);
      if (line.getAttribute('d') !== d) line.setAttribute('d', d);
    });
    if (fill && series[0].length > 1) {
      const from = (width - (series[0].length - 1) * (width / (points - 1))).toFixed(1);
      const d = path(series[0].map(v => v ?? 0), points, share, width, height);
      area.setAttribute('d', `${d}L${width} ${height}L${from} ${height}Z`);
    }
    if (svg.getAttribute('aria-label') !== say) svg.setAttribute('aria-label', say);
    return max;
  };
  return svg;
}

/** A larger one with its scale, and the value under the pointer. */
export function panel(title, { points, step, format, fill, names, log }) {
  const node = document.createElement('figure');
  node.className = 'panel';
  const caption = document.createElement('figcaption');
  const name = document.createElement('span');
  name.textContent = title;
  const value = document.createElement('strong');
  caption.append(name, value);
  const svg = chart({ points, width: 320, height: 96, fill, log, kind: 'plot' });
  const top = document.createElement('span');
  top.className = 'scale';
  const box = document.createElement('div');
  box.className = 'box';
  const cursor = document.createElement('i');
  cursor.hidden = true;
  box.append(svg, top, cursor);
  const axis = document.createElement('div');
  axis.className = 'axis';
  const from = document.createElement('span');
  from.textContent = `${Math.round(points * step / 60)} min ago`;
  const to = document.createElement('span');
  to.textContent = 'now';
  axis.append(from, to);
  node.append(caption, box, axis);

  let shown = [[]];
  let at = null; // points before the newest; null: the pointer is elsewhere
  const words = i => shown.every(line => (line[i] ?? null) === null) ? format(null) : shown.map((line, k) => `${names ? names[k] + ' ' : ''}${format(line[i] ?? null)}`).join(' · ');
  const tell = () => {
    const last = shown[0].length - 1;
    const i = at === null ? last : last - at;
    value.textContent = i < 0 ? format(null) : words(i) + (at ? `, ${Math.round(at * step)} s ago` : '');
  };
  box.addEventListener('pointermove', e => {
    const r = box.getBoundingClientRect();
    at = Math.max(0, Math.min(points - 1, Math.round((1 - (e.clientX - r.left) / r.width) * (points - 1))));
    cursor.hidden = false;
    cursor.style.left = `${100 - at / (points - 1) * 100}%`;
    tell();
  });
  box.addEventListener('pointerleave', () => { at = null; cursor.hidden = true; tell(); });
  node.update = series => {
    shown = series;
    const last = series[0].length - 1;
    const all = series.flat().filter(v => v !== null && v !== undefined);
    const max = svg.update(series, last < 0 ? `${title}: no data yet` : `${title}: now ${words(last)}, highest ${format(all.length ? Math.max(...all) : null)} in ${Math.max(1, Math.round(series[0].length * step / 60))} minutes`);
    top.textContent = format(max) + (log ? ', logarithmic' : '');
    tell();
  };
  return node;
}
