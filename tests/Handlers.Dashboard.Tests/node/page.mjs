// Drives a browser for C#: a command a line on stdin, an answer a line on stdout. It ends with its input.
// Every command is a JSON object with `do`; the answer is {"value": ...} or {"error": "..."}.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let context = null;
let page = null;
let asked = [];  // URLs of this page
let errors = []; // what its console said that is wrong
const patience = 10000; // ms

const commands = {
  // A new page, without anything of the one before.
  async open({ url, width, height, dark, user }) {
    await context?.close();
    context = await browser.newContext({
      viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC',
      extraHTTPHeaders: user ? { 'X-User': user } : {},
    });
    page = await context.newPage();
    page.setDefaultTimeout(patience);
    asked = [];
    errors = [];
    page.on('request', r => asked.push(r.url()));
    page.on('console', m => { if (m.type() === 'error') errors.push(m.text()); });
    page.on('pageerror', e => errors.push(String(e)));
    await page.goto(url);
  },
  size: ({ width, height }) => page.setViewportSize({ width, height }),
  scheme: ({ dark }) => page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' }),
  // Waits until a script is true, and returns what it is.
  async until({ script }) {
    for (const end = Date.now() + patience; ; await new Promise(next => setTimeout(next, 50))) {
      const value = await page.evaluate(script); // by the debugger: the page's own policy forbids to evaluate texts
      if (value) return value;
      if (Date.now() > end) throw new Error(`not within ${patience / 1000} s: ${script}. The page: ${(await page.evaluate('document.body.innerText')).slice(0, 2000)}`);
    }
  },
  run: ({ script }) => page.evaluate(script),
  click: ({ role, name }) => page.getByRole(role, { name, exact: true }).first().click(),
  fill: ({ label, value }) => page.getByLabel(label, { exact: true }).fill(value),
  choose: ({ label, value }) => page.getByLabel(label, { exact: true }).selectOption(value),
  press: ({ key }) => page.keyboard.press(key),
  // Whether all of the first element with this text is on the screen without scrolling.
  async sees({ text }) {
    const found = page.locator('main, header').getByText(text).first();
    await found.waitFor();
    const box = await found.boundingBox();
    const { width, height } = page.viewportSize();
    return box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
  },
  picture: async ({ path, full }) => void await page.screenshot({ path, fullPage: full }),
  // Violations of axe's rules that are serious or worse.
  async a11y() {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    return violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => `${v.id}: ${v.help} (${v.nodes.map(n => n.target.join(' ')).slice(0, 3).join('; ')})`);
  },
  asked: () => asked,
  errors: () => errors,
};

console.log(JSON.stringify({ value: browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    console.log(JSON.stringify({ value: (await commands[command.do](command)) ?? null }));
  } catch (e) {
    console.log(JSON.stringify({ error: String(e.message ?? e) }));
  }
}
await browser.close();
