import { h } from './dom.js';
import { avatar } from './message.js';
import { routeHash } from './route.js';
import { unreadCount } from './store.js';

/** Channels, the conversation with the app, its Home tab, and the scenarios. */
export function drawSidebar(state, route, hasScenarios) {
  const entry = (target, label, testid, unread = 0) =>
    h(
      'a',
      {
        href: routeHash(target),
        class: unread > 0 ? 'entry unread' : 'entry',
        'aria-current': target.place === route.place && target.channel === route.channel ? 'page' : undefined,
        dataset: { testid },
      },
      h('span', { class: 'entry-label' }, label),
      unread > 0 ? h('span', { class: 'count', 'aria-label': `${unread} unread` }, String(unread)) : undefined,
    );
  const mine = state.channels.filter(({ id, members }) => !id.startsWith('D') && members.includes(state.me));
  const direct = state.channels.find(({ id, name }) => id.startsWith('D') && name === state.me);
  return [
    hasScenarios ? entry({ place: 'scenarios' }, '▶  Scenarios', 'open-scenarios') : undefined,
    h('h2', {}, 'Channels'),
    mine.map((channel) =>
      entry(
        { place: 'channel', channel: channel.id },
        `#  ${channel.name}`,
        `channel-${channel.id}`,
        unreadCount(state, channel.id),
      ),
    ),
    mine.length === 0 ? h('p', { class: 'sidebar-note' }, 'This person is in no channel.') : undefined,
    h('h2', {}, 'App'),
    direct
      ? entry(
          { place: 'channel', channel: direct.id },
          `✉  ${state.bot.name}`,
          'direct-message',
          unreadCount(state, direct.id),
        )
      : undefined,
    state.hasHome ? entry({ place: 'home' }, '⌂  Home tab', 'open-home') : undefined,
    h(
      'p',
      { class: 'sidebar-note foot' },
      'A Slack workspace of your own, on this machine only. Nothing here leaves it.',
    ),
  ]
    .flat()
    .filter(Boolean);
}

/** Who one is. Up to four people as a row of radio buttons, more as a list. */
export function drawPersonSwitch(state, choose) {
  if (state.people.length > 4) {
    const options = state.people.map((person) =>
      h(
        'option',
        { value: person.id, selected: person.id === state.me ? true : undefined },
        `${person.realName}${person.title ? ` — ${person.title}` : ''}`,
      ),
    );
    return [
      h(
        'select',
        { class: 'select', 'aria-label': 'Act as', on: { change: (event) => choose(event.target.value) } },
        options,
      ),
    ];
  }
  return state.people.map((person, index) => {
    const isMe = person.id === state.me;
    const move = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = state.people[(index + step + state.people.length) % state.people.length];
      choose(next.id);
      requestAnimationFrame(() => document.querySelector(`[data-testid="person-${next.id}"]`)?.focus());
    };
    return h(
      'button',
      {
        type: 'button',
        class: isMe ? 'person me' : 'person',
        role: 'radio',
        'aria-checked': String(isMe),
        tabindex: isMe ? '0' : '-1',
        title: `Act as ${person.realName}${person.title ? `, ${person.title}` : ''}`,
        dataset: { testid: `person-${person.id}`, key: `person-${person.id}` },
        on: { click: () => choose(person.id), keydown: move },
      },
      avatar({ name: person.realName, isBot: false, index }),
      h(
        'span',
        { class: 'person-text' },
        h('span', { class: 'person-name' }, person.realName.split(' ')[0]),
        h('span', { class: 'person-title' }, person.title ?? ''),
      ),
    );
  });
}
