import { drawBlocks } from './blocks.js';
import { ago, clockTime, fullTime, messageTime } from './dates.js';
import { h } from './dom.js';
import { drawing } from './drawings.js';
import { drawFile } from './file.js';
import { drawEmoji, drawMrkdwn } from './text.js';

const hueCount = 6;

/** A square with initials; `index` is the person's place in the list of people, and so the colour. */
export function avatar(author) {
  if (author.isBot && !author.isSlackbot)
    return h(
      'span',
      { class: 'avatar bot', 'aria-hidden': 'true' },
      h('img', { src: '/page/assets/icon.svg', alt: '' }),
    );
  const initials = author.name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
  return h('span', { class: `avatar hue-${author.index % hueCount}`, 'aria-hidden': 'true' }, initials);
}

function authorOf(state, message) {
  const id = message.from ?? message.user;
  if (id === state.bot.id) return { id, name: state.bot.name, isBot: true };
  if (id === state.slackbot) return { id, name: 'Slackbot', isBot: true, isSlackbot: true, index: 1 };
  const index = Math.max(
    0,
    state.people.findIndex((one) => one.id === id),
  );
  return { id, name: state.people[index]?.id === id ? state.people[index].realName : id, isBot: false, index };
}

/**
 * Draws a message or an ephemeral one.
 * `options`: `isCompact` (same author just before), `inThread`, `openThread(ts)`, `act(…)`, `shortcuts`, `runShortcut(id)`, `dismiss()`.
 */
export function drawMessage(state, message, context, options) {
  const author = authorOf(state, message);
  const isEphemeral = message.type === undefined;
  const time = h(
    'time',
    { class: 'time', title: fullTime(message.ts), datetime: new Date(Number(message.ts) * 1000).toISOString() },
    options.isCompact ? clockTime(message.ts) : messageTime(message.ts),
  );
  const body = drawBody(message, context);
  const classes = [
    'message',
    options.isCompact ? 'compact' : '',
    isEphemeral ? 'ephemeral' : '',
    message.subtype === 'tombstone' ? 'tombstone' : '',
  ];
  return h(
    'article',
    {
      class: classes.filter(Boolean).join(' '),
      tabindex: '-1',
      dataset: { testid: isEphemeral ? 'ephemeral' : 'message', key: message.ts, ts: message.ts, user: author.id },
      'aria-label': `${author.name}, ${messageTime(message.ts)}`,
    },
    h('div', { class: 'gutter' }, options.isCompact ? time : avatar(author)),
    h(
      'div',
      { class: 'message-body' },
      isEphemeral ? h('div', { class: 'only-you' }, drawing('eye'), 'Only visible to you') : undefined,
      options.isCompact
        ? undefined
        : h(
            'div',
            { class: 'byline' },
            h('span', { class: 'author' }, author.name),
            author.isBot ? h('span', { class: 'badge' }, 'APP') : undefined,
            time,
          ),
      h('div', { class: 'content' }, body, message.edited ? h('span', { class: 'edited' }, '(edited)') : undefined),
      (message.files ?? []).map((file) => drawFile(file)),
      drawReactions(message),
      message.pinned_to ? h('div', { class: 'pinned' }, drawing('pin'), 'Pinned') : undefined,
      isEphemeral
        ? h('button', { type: 'button', class: 'link-button', on: { click: options.dismiss } }, 'Dismiss message')
        : undefined,
      options.inThread ? undefined : drawThreadFooter(state, message, options),
    ),
    isEphemeral ? undefined : drawToolbar(message, options),
  );
}

/** The blocks where there are some from an app, otherwise the text. */
function drawBody(message, context) {
  const hasBlocks = (message.blocks ?? []).length > 0 && (message.bot_id !== undefined || message.type === undefined);
  return hasBlocks ? drawBlocks(message.blocks, context) : drawMrkdwn(message.text ?? '', context.names);
}

function drawReactions(message) {
  if (!message.reactions?.length) return undefined;
  return h(
    'div',
    { class: 'reactions' },
    message.reactions.map((reaction) =>
      h(
        'span',
        { class: 'reaction', title: reaction.name, 'aria-label': `${reaction.name}: ${reaction.count}` },
        drawEmoji(reaction.name),
        ` ${reaction.count}`,
      ),
    ),
  );
}

function drawThreadFooter(state, message, options) {
  if (!message.reply_count) return undefined;
  const people = (message.reply_users ?? []).slice(0, 4).map((id) => avatar(authorOf(state, { user: id })));
  const replies = `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}`;
  return h(
    'button',
    {
      type: 'button',
      class: 'thread-footer',
      dataset: { testid: 'open-thread' },
      on: { click: () => options.openThread(message.ts) },
    },
    h('span', { class: 'reply-avatars' }, people),
    h('span', { class: 'reply-count' }, replies),
    h('span', { class: 'muted' }, `Last reply ${ago(new Date(Number(message.latest_reply) * 1000))}`),
  );
}

function drawToolbar(message, options) {
  const button = (label, sign, testid, click) =>
    h(
      'button',
      { type: 'button', class: 'tool', title: label, 'aria-label': label, dataset: { testid }, on: { click } },
      sign,
    );
  const tools = [
    options.inThread
      ? undefined
      : button('Reply in thread', drawing('reply'), 'reply-in-thread', () =>
          options.openThread(message.thread_ts ?? message.ts),
        ),
    ...options.shortcuts.map((shortcut) =>
      button(`${shortcut.name} (shortcut of the app)`, drawing('shortcut'), `shortcut-${shortcut.callbackId}`, () =>
        options.runShortcut(shortcut.callbackId, message.ts),
      ),
    ),
    button('Pin to channel', drawing('pin'), 'pin', () => options.pin(message.ts)),
  ];
  return h('div', { class: 'toolbar', role: 'toolbar', 'aria-label': 'Message actions' }, tools);
}
