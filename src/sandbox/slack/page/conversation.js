import { createComposer } from './composer.js';
import { dayLabel } from './dates.js';
import { confirmAction } from './dialogs.js';
import { h, reconcile } from './dom.js';
import { drawMessage } from './message.js';

const closeTogetherSeconds = 300;

/**
 * A list of messages with a composer under it: the channel, or a thread. Only messages that changed are drawn again, so that what
 * somebody is reading or choosing stays where it is; the list follows new messages while its end is in view.
 *
 * `deps`: `state()`, `context()` for blocks, `request(body)` → seen, `fail(text)`, `openThread(ts)`, `dismiss(ephemeral)`.
 */
export function createConversation(deps, { testid, label, isThread }) {
  const list = h('div', {
    class: 'messages',
    role: 'log',
    'aria-label': label,
    tabindex: '0',
    dataset: { testid: `${testid}-messages` },
  });
  const status = h('div', { class: 'status-line', role: 'status', dataset: { testid: `${testid}-status` } });
  const drawn = new Map();
  let place = { channel: '', thread: undefined };
  let isAtEnd = true;

  const composer = createComposer({
    testid,
    label,
    placeholder: '',
    hint: isThread
      ? 'Enter sends · @ calls the app (commands with / do not work in threads, as in Slack)'
      : 'Enter sends · Shift+Enter breaks the line · / for commands · @ calls the app',
    state: deps.state,
    send: async (text) => {
      const body = {
        person: deps.state().me,
        channel: place.channel,
        text,
        ...(place.thread === undefined ? {} : { thread: place.thread }),
      };
      const isCommand = text.startsWith('/');
      const seen = await deps.request({ act: isCommand ? 'command' : 'say', ...body });
      // Slack shows a command's failure as a message only the person can see, which comes by itself.
      if (seen.visible === 'failure' && !isCommand) deps.fail(seen.text);
      if (seen.visible !== 'failure') isAtEnd = true;
      return seen.visible !== 'failure';
    },
  });

  list.addEventListener('scroll', () => {
    isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  });
  // Images of the layout settle late (fonts, previews): keep the end in view when it was.
  new ResizeObserver(() => {
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }).observe(list);

  const act = (message) => async (element, _block, chosen) => {
    if (!(await confirmAction(element, deps.context().names))) return;
    const base = { person: deps.state().me, channel: message.channel, ts: message.ts, actionId: element.action_id };
    const isButton = element.type === 'button';
    const seen = await deps.request(
      isButton
        ? { act: 'click', ...base, ...(chosen === undefined ? {} : { value: chosen }) }
        : { act: 'select', ...base, chosen },
    );
    if (isButton && /^https?:\/\//.test(element.url ?? '')) window.open(element.url, '_blank', 'noopener');
    if (seen.visible === 'failure') deps.fail(seen.text);
  };

  const nodeOf = (message, isCompact) => {
    const me = deps.state().me;
    const known = drawn.get(message.ts);
    if (known && known.message === message && known.isCompact === isCompact && known.me === me) return known.node;
    const request = (name, more) => async (ts) => {
      const seen = await deps.request({ act: name, person: deps.state().me, channel: message.channel, ts, ...more });
      if (seen.visible === 'failure') deps.fail(seen.text);
    };
    const node = drawMessage(
      deps.state(),
      message,
      { ...deps.context(), act: act(message) },
      {
        isCompact,
        inThread: isThread,
        openThread: deps.openThread,
        shortcuts: deps.state().shortcuts.filter(({ type }) => type === 'message'),
        runShortcut: (callbackId, ts) => request('shortcut', { callbackId })(ts),
        pin: request('pin', {}),
        dismiss: () => deps.dismiss(message),
      },
    );
    // A preview somebody unfolded stays unfolded when the message is edited.
    if (known)
      [...known.node.querySelectorAll('details')].forEach((one, index) => {
        if (one.open) node.querySelectorAll('details')[index]?.setAttribute('open', '');
      });
    drawn.set(message.ts, { node, message, isCompact, me });
    return node;
  };

  /** Shows these items. `head` are nodes above the list's items that belong to the place (a divider, an intro). */
  const draw = (next, items, { placeholder, empty, statusText, afterFirst }) => {
    const isNewPlace = next.channel !== place.channel || next.thread !== place.thread;
    if (isNewPlace) {
      drawn.clear();
      isAtEnd = true;
    }
    place = next;
    composer.setPlaceholder(placeholder);
    const nodes = [];
    let previous;
    items.forEach((message, index) => {
      const day = dayLabel(message.ts);
      if (!isThread && (previous === undefined || dayLabel(previous.ts) !== day)) nodes.push(dayDivider(day));
      const isCompact = previous !== undefined && !(isThread && index === 1) && isContinuation(previous, message);
      nodes.push(nodeOf(message, isCompact));
      if (isThread && index === 0 && afterFirst) nodes.push(afterFirst);
      previous = message;
    });
    const alive = new Set(items.map(({ ts }) => ts));
    for (const ts of drawn.keys()) if (!alive.has(ts)) drawn.delete(ts);
    reconcile(list, items.length === 0 && empty ? empty : nodes);
    status.textContent = statusText;
    status.classList.toggle('busy', statusText !== '');
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  };

  const dividers = new Map();
  const dayDivider = (day) => {
    const known = dividers.get(day) ?? h('div', { class: 'day', role: 'separator' }, h('span', {}, day));
    dividers.set(day, known);
    return known;
  };

  return { nodes: [list, status, composer.node], draw, focus: composer.focus, list, isAtEnd: () => isAtEnd };
}

function isContinuation(previous, message) {
  const sameAuthor = (previous.from ?? previous.user) === (message.from ?? message.user);
  const bothPublic = previous.type !== undefined && message.type !== undefined;
  return (
    sameAuthor &&
    bothPublic &&
    Number(message.ts) - Number(previous.ts) < closeTogetherSeconds &&
    !previous.reply_count &&
    message.subtype !== 'tombstone'
  );
}
