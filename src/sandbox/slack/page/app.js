import { drawBlocks } from './blocks.js';
import { createConversation } from './conversation.js';
import { confirmAction, createModalHost } from './dialogs.js';
import { h, reconcile } from './dom.js';
import { readRoute, routeHash } from './route.js';
import { drawScenarios } from './scenarios.js';
import { act, fetchScenarios, follow, startScenario } from './server.js';
import { drawPersonSwitch, drawSidebar } from './sidebar.js';
import { channelItems, createStore, namesOf, threadItems, unreadCount } from './store.js';

const store = createStore();
const state = () => store.state;
const byId = (id) => document.getElementById(id);
const mainPane = byId('main-pane');
const threadPane = byId('thread-pane');
const scenarioPollMs = 2_000;
let route = { place: 'channel', channel: '' };
let shownHomeFor = '';

const context = () => ({
  names: namesOf(state()),
  people: state().people,
  channels: state().channels.filter(({ id }) => !id.startsWith('D')),
});

function fail(text) {
  const toast = h('div', { class: 'toast', dataset: { testid: 'toast' } }, text);
  const close = h(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': 'Dismiss', on: { click: () => toast.remove() } },
    '✕',
  );
  toast.append(close);
  byId('toasts').append(toast);
  setTimeout(() => toast.remove(), 12_000);
}

const go = (target) => {
  if (location.hash === routeHash(target)) onRoute();
  else location.hash = routeHash(target);
};

const deps = {
  state,
  context,
  request: act,
  fail,
  openThread: (ts) => go({ place: 'channel', channel: route.channel, thread: ts }),
  dismiss: (ephemeral) => store.apply({ kind: 'ephemeral-gone', ephemeral }),
};
const channelView = createConversation(deps, { testid: 'composer', label: 'Message the channel', isThread: false });
const threadView = createConversation(deps, {
  testid: 'thread-composer',
  label: 'Reply in the thread',
  isThread: true,
});
const modalHost = createModalHost({ state, context, act, fail });

const channelHead = h('header', { class: 'pane-head' });
const plainHead = h('header', { class: 'pane-head' });
const plainBody = h('div', { class: 'plain-body', tabindex: '0' });
const threadHead = h('header', { class: 'pane-head' });
const repliesDivider = h('div', { class: 'day', role: 'separator' }, h('span', {}, ''));
threadPane.append(threadHead, ...threadView.nodes);

function choosePerson(id) {
  if (!state().people.some((person) => person.id === id)) return;
  state().me = id;
  localStorage.setItem('sandbox-person', id);
  if (route.channel?.startsWith('D')) go({ place: 'channel', channel: `D${id.slice(1)}` });
  shownHomeFor = '';
  store.changed();
}

function draw() {
  if (!state().isReady) return;
  byId('team-name').textContent = state().team;
  drawConnection();
  reconcile(byId('person-switch'), drawPersonSwitch(state(), choosePerson));
  reconcile(
    byId('sidebar'),
    drawSidebar(state(), route, state().scenarios.length > 0 || state().scenarioProblem !== ''),
  );
  if (route.place === 'channel') drawChannel();
  else if (route.place === 'home') drawHome();
  else drawPicker();
  drawThread();
  modalHost.draw();
  const unread = state().channels.reduce(
    (sum, channel) => sum + (channel.members.includes(state().me) ? unreadCount(state(), channel.id) : 0),
    0,
  );
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${route.place === 'channel' ? `#${context().names.channel(route.channel) ?? ''}` : route.place} · ${state().team}`;
}

function drawConnection() {
  const node = byId('connection');
  const { isLive, connections } = state();
  node.className = `connection ${isLive && connections > 0 ? 'good' : 'bad'}`;
  node.textContent = !isLive
    ? 'Workspace unreachable'
    : connections > 0
      ? `${state().bot.name} connected`
      : `${state().bot.name} not connected`;
}

function drawChannel() {
  const channel = state().channels.find(({ id }) => id === route.channel);
  if (channel === undefined)
    return drawNote('No such channel', 'There is no such channel in this workspace. Choose one on the left.');
  const isDirect = channel.id.startsWith('D');
  if (!channel.members.includes(state().me))
    return drawNote(
      `#${channel.name}`,
      'The person you act as is not in this channel. Choose another person or another channel.',
    );
  const title = isDirect ? state().bot.name : `# ${channel.name}`;
  reconcile(channelHead, [
    h('h1', {}, title),
    h('span', { class: 'muted topic' }, isDirect ? 'Direct message with the app' : (channel.topic ?? '')),
    h('span', { class: 'muted member-count', title: 'Members' }, isDirect ? '' : `${channel.members.length} members`),
  ]);
  if (mainPane.firstChild !== channelHead) mainPane.replaceChildren(channelHead, ...channelView.nodes);
  const items = channelItems(state(), channel.id);
  channelView.draw({ channel: channel.id }, items, {
    placeholder: isDirect ? `Message ${state().bot.name}` : `Message #${channel.name}`,
    empty: emptyChannel(channel),
    statusText: channelStatus(channel.id),
  });
  if (document.hasFocus() && channelView.isAtEnd()) {
    const newest = [...state().messages.values()]
      .filter(
        (one) =>
          one.channel === channel.id && (isThreadOpen(one) || one.thread_ts === undefined || one.thread_ts === one.ts),
      )
      .at(-1);
    if (newest) store.markRead(channel.id, newest.ts);
  }
}

const isThreadOpen = (message) => route.thread !== undefined && message.thread_ts === route.thread;

function channelStatus(channelId) {
  const busy = [...state().statuses.values()].filter(
    (status) => status.channel === channelId && status.thread_ts !== route.thread,
  );
  return busy.length === 0 ? '' : `${state().bot.name} ${busy[0].status}`;
}

let emptyNodes = { key: '', nodes: [] };
function emptyChannel(channel) {
  const hasApp = channel.members.includes(state().bot.id) && !channel.id.startsWith('D');
  const hasScenarios = hasApp && state().scenarios.length > 0;
  const key = `${channel.id} ${state()
    .scenarios.map(({ name, state: at }) => `${name} ${at}`)
    .join()}`;
  if (emptyNodes.key === key) return emptyNodes.nodes;
  const command = hasApp ? state().commands[0]?.command : undefined;
  const hint = command
    ? ` Type ${command} to see what the app can do${hasScenarios ? ', or start a scenario:' : '.'}`
    : '';
  const text = `Nothing was said here yet.${hint}`;
  const nodes = [
    h('div', { class: 'empty' }, h('p', {}, text), hasScenarios ? drawScenarios(state(), start) : undefined),
  ];
  emptyNodes = { key, nodes };
  return nodes;
}

function drawThread() {
  const isOpen = route.place === 'channel' && route.thread !== undefined;
  threadPane.hidden = !isOpen;
  byId('layout').classList.toggle('with-thread', isOpen);
  if (!isOpen) return;
  const { root, replies } = threadItems(state(), route.channel, route.thread);
  const name = context().names.channel(route.channel) ?? '';
  const close = h(
    'button',
    {
      type: 'button',
      class: 'icon-button',
      'aria-label': 'Close the thread',
      dataset: { testid: 'close-thread' },
      on: { click: () => go({ place: 'channel', channel: route.channel }) },
    },
    '✕',
  );
  if (threadHead.dataset.of !== `${route.channel} ${name}`) {
    threadHead.dataset.of = `${route.channel} ${name}`;
    threadHead.replaceChildren(
      h('h1', {}, 'Thread'),
      h('span', { class: 'muted topic' }, route.channel.startsWith('D') ? '' : `# ${name}`),
      close,
    );
  }
  repliesDivider.firstChild.textContent = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  const status = state().statuses.get(`${route.channel} ${route.thread}`);
  threadView.draw({ channel: route.channel, thread: route.thread }, root ? [root, ...replies] : [], {
    placeholder: 'Reply…',
    empty: [
      h(
        'div',
        { class: 'empty' },
        h('p', {}, 'This thread is not here. It was deleted, or the workspace was started anew.'),
      ),
    ],
    statusText: status ? `${state().bot.name} ${status.status}` : '',
    afterFirst: replies.length > 0 ? repliesDivider : undefined,
  });
}

function drawNote(title, text) {
  drawPlain(title, [h('p', { class: 'empty' }, text)]);
}

function drawPlain(title, nodes) {
  plainHead.replaceChildren(h('h1', {}, title));
  if (mainPane.firstChild !== plainHead) mainPane.replaceChildren(plainHead, plainBody);
  reconcile(plainBody, nodes);
}

let homeNodes = { view: undefined, nodes: [] };
function drawHome() {
  if (shownHomeFor !== state().me) {
    shownHomeFor = state().me;
    act({ act: 'open-home', person: state().me });
  }
  const view = state().views.get(state().me)?.home;
  if (!view) return drawNote(state().bot.name, 'The app has not published a Home tab for this person yet.');
  if (homeNodes.view !== view) {
    const actInHome = async (element, _block, chosen) => {
      if (!(await confirmAction(element, context().names))) return;
      const request = { act: 'act-in-view', person: state().me, view: view.id, actionId: element.action_id };
      const seen = await act(element.type === 'button' ? request : { ...request, chosen });
      if (seen.visible === 'failure') fail(seen.text);
    };
    homeNodes = {
      view,
      nodes: [
        h(
          'div',
          { class: 'home content', dataset: { testid: 'home' } },
          drawBlocks(view.blocks, { ...context(), act: actInHome, field: () => ({ set() {} }) }),
        ),
      ],
    };
  }
  drawPlain(state().bot.name, homeNodes.nodes);
}

let pickerNodes = { key: '', nodes: [] };
function drawPicker() {
  const key = JSON.stringify([state().scenarios, state().scenarioProblem]);
  if (pickerNodes.key !== key) pickerNodes = { key, nodes: drawScenarios(state(), start) };
  drawPlain('Scenarios', pickerNodes.nodes);
}

async function start(name) {
  const answer = await startScenario(name);
  if (answer.error) return fail(answer.error);
  await refreshScenarios();
  const channel = state().channels.find(({ id, members }) => id.startsWith('C') && members.includes(state().me));
  if (channel && route.place === 'scenarios') go({ place: 'channel', channel: channel.id });
  return undefined;
}

async function refreshScenarios() {
  const { scenarios, error } = await fetchScenarios();
  const before = JSON.stringify([state().scenarios, state().scenarioProblem]);
  state().scenarios = scenarios ?? [];
  state().scenarioProblem = error ?? '';
  if (JSON.stringify([state().scenarios, state().scenarioProblem]) !== before) store.changed();
}

function onRoute() {
  const first =
    state().channels.find(({ id, members }) => id.startsWith('C') && members.includes(state().me)) ??
    state().channels[0];
  const before = route;
  route = readRoute(location.hash) ?? { place: 'channel', channel: first?.id ?? '' };
  byId('layout').classList.remove('with-sidebar');
  byId('menu-button').setAttribute('aria-expanded', 'false');
  if (route.place !== 'home') shownHomeFor = '';
  draw();
  if (route.thread !== undefined && route.thread !== before.thread) threadView.focus();
}

byId('menu-button').addEventListener('click', () => {
  const isOpen = byId('layout').classList.toggle('with-sidebar');
  byId('menu-button').setAttribute('aria-expanded', String(isOpen));
  if (isOpen) byId('sidebar').querySelector('a')?.focus();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
  if (byId('layout').classList.contains('with-sidebar')) byId('menu-button').click();
  else if (route.thread !== undefined) go({ place: 'channel', channel: route.channel });
});
window.addEventListener('hashchange', onRoute);
window.addEventListener('focus', draw);

store.subscribe(draw);
follow({
  onState(snapshot) {
    store.load(snapshot);
    if (state().me === '') {
      const wanted = new URLSearchParams(location.search).get('as') ?? localStorage.getItem('sandbox-person');
      state().me = state().people.find(({ id }) => id === wanted)?.id ?? state().people[0]?.id ?? '';
    }
    onRoute();
  },
  onChange: store.apply,
  onLive(isLive) {
    state().isLive = isLive;
    store.changed();
  },
});
refreshScenarios();
setInterval(() => {
  if (document.visibilityState === 'visible') refreshScenarios();
}, scenarioPollMs);
