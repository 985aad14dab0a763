// Steering in two steps: the server says what would be done, a person confirms, and the same request goes again with the token of the question.

import { text, show, answer as answerOf } from './dom.js';
import { say, refresh } from './app.js';

const $ = id => document.getElementById(id);

export async function post(action, body) {
  return answerOf(await fetch('api/' + action, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Handlers': '1' },
    body: JSON.stringify(body),
  }));
}

let turn = 0; // of the question that is open: the answer to one that was given up belongs to none

/** Asks, and does it where the answer is yes. Returns whether it was done. */
export async function ask(title, verb, action, body) {
  const dialog = $('ask');
  const [yes, no, error] = [$('ask-yes'), $('ask-no'), $('ask-error')];
  text($('ask-title'), title);
  text($('ask-text'), 'One moment.');
  text(yes, verb);
  show(error, false);
  show(yes, false);
  const mine = ++turn;
  yes.onclick = no.onclick = () => dialog.close();
  dialog.onclose = () => { turn++; };
  dialog.showModal();
  let token = null;
  const fail = e => { text(error, e.message); show(error, true); };
  try {
    const question = await post(action, body);
    if (mine !== turn) return false;
    token = question.token;
    text($('ask-text'), question.asks);
    show(yes, true);
    yes.focus();
  } catch (e) {
    if (mine !== turn) return false;
    text($('ask-text'), 'That cannot be done.');
    fail(e);
    no.focus();
  }
  return new Promise(done => {
    let open = true;
    const end = was => {
      if (!open) return; // it was given up while it was done; another question may be open by now
      open = false;
      yes.onclick = no.onclick = dialog.onclose = null;
      if (dialog.open) dialog.close();
      done(was);
    };
    no.onclick = () => end(false);
    dialog.onclose = () => end(false);
    yes.onclick = async () => {
      yes.disabled = true;
      try {
        const answer = await post(action, { ...body, token });
        end(true);
        say(answer.done);
        notice(answer.done);
        refresh();
      } catch (e) {
        if (!open) {
          say(e.message);
          notice(e.message);
          return;
        }
        show(yes, false);
        fail(e);
      } finally {
        yes.disabled = false;
      }
    };
  });
}

let gone = 0;

/** For eyes; screen readers hear of it by the status region. */
function notice(words) {
  let node = document.querySelector('.notice');
  if (!node) {
    node = document.createElement('div');
    node.className = 'notice';
    node.setAttribute('aria-hidden', 'true');
    document.body.append(node);
  }
  node.textContent = words;
  node.hidden = false;
  clearTimeout(gone);
  gone = setTimeout(() => { node.hidden = true; }, 6000);
}
