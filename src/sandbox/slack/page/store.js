/** What the page knows of the workspace. `subscribe` is called once per burst of changes. */
export function createStore() {
  const state = {
    isReady: false,
    isLive: false,
    team: '',
    bot: { id: '', name: '' },
    slackbot: '',
    hasHome: false,
    commands: [],
    shortcuts: [],
    people: [],
    usergroups: [],
    channels: [],
    messages: new Map(),
    ephemerals: new Map(),
    views: new Map(),
    statuses: new Map(),
    connections: 0,
    scenarios: [],
    scenarioProblem: '',
    me: '',
    read: new Map(),
  };
  const listeners = new Set();
  let isScheduled = false;
  const changed = () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      for (const listener of listeners) listener(state);
    });
  };
  const key = (message) => `${message.channel} ${message.ts}`;

  return {
    state,
    changed,
    subscribe: (listener) => listeners.add(listener),
    load(snapshot) {
      const { messages, views, statuses, ...rest } = snapshot;
      const isFirst = !state.isReady;
      Object.assign(state, rest, { isReady: true });
      state.messages = new Map(messages.map((message) => [key(message), message]));
      state.views = new Map(views.map((entry) => [entry.person, entry]));
      state.statuses = new Map(statuses.map((status) => [`${status.channel} ${status.thread_ts}`, status]));
      if (isFirst)
        for (const message of messages)
          for (const person of state.people) markRead(state, person.id, message.channel, message.ts);
      changed();
    },
    apply(change) {
      switch (change.kind) {
        case 'message':
          state.messages.set(key(change.message), change.message);
          break;
        case 'message-gone':
          state.messages.delete(key(change));
          break;
        case 'ephemeral-shown':
          state.ephemerals.set(change.ephemeral.ts, change.ephemeral);
          break;
        case 'ephemeral-gone':
          state.ephemerals.delete(change.ephemeral.ts);
          break;
        case 'views':
          state.views.set(change.person, change);
          break;
        case 'status':
          if (change.status.status === '') state.statuses.delete(`${change.status.channel} ${change.status.thread_ts}`);
          else state.statuses.set(`${change.status.channel} ${change.status.thread_ts}`, change.status);
          break;
        case 'connections':
          state.connections = change.count;
          break;
        case 'channel':
          state.channels = [...state.channels.filter(({ id }) => id !== change.channel.id), change.channel];
          break;
      }
      changed();
    },
    markRead(channel, ts) {
      if (markRead(state, state.me, channel, ts)) changed();
    },
  };
}

function markRead(state, person, channel, ts) {
  const entry = `${person} ${channel}`;
  if (Number(ts) <= Number(state.read.get(entry) ?? 0)) return false;
  state.read.set(entry, ts);
  return true;
}

const byTs = (a, b) => Number(a.ts) - Number(b.ts) || (a.ts < b.ts ? -1 : 1);
const isShownInChannel = (one) =>
  one.thread_ts === undefined || one.thread_ts === one.ts || one.subtype === 'thread_broadcast';

/** What the channel shows the current person: messages, and what only they can see. */
export function channelItems(state, channel) {
  const messages = [...state.messages.values()].filter((one) => one.channel === channel && isShownInChannel(one));
  return [...messages, ...ownEphemerals(state, channel).filter((one) => one.thread_ts === undefined)].sort(byTs);
}

/** A thread's root, and what follows it. */
export function threadItems(state, channel, root) {
  const replies = [...state.messages.values()].filter(
    (one) => one.channel === channel && one.thread_ts === root && one.ts !== root,
  );
  const own = ownEphemerals(state, channel).filter((one) => one.thread_ts === root);
  return { root: state.messages.get(`${channel} ${root}`), replies: [...replies, ...own].sort(byTs) };
}

const ownEphemerals = (state, channel) =>
  [...state.ephemerals.values()].filter((one) => one.channel === channel && one.user === state.me && one.isShown);

/** How many messages of others came to a channel (or its threads) since the current person last looked. */
export function unreadCount(state, channel) {
  const read = Number(state.read.get(`${state.me} ${channel}`) ?? 0);
  return [...state.messages.values()].filter(
    (one) => one.channel === channel && one.user !== state.me && Number(one.ts) > read,
  ).length;
}

/** Looks names up for text rendering. */
export function namesOf(state) {
  return {
    me: state.me,
    user: (id) =>
      id === state.bot.id
        ? state.bot.name
        : id === state.slackbot
          ? 'Slackbot'
          : state.people.find((person) => person.id === id)?.name,
    channel: (id) => state.channels.find((channel) => channel.id === id)?.name,
    usergroup: (id) => state.usergroups.find((group) => group.id === id)?.handle,
  };
}
