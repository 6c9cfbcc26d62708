/**
 * What the address bar says: `#C…` a channel, `#C…/ts` a thread in it, `#home` the app's Home tab, `#scenarios` the picker.
 * Anything else is no place.
 */
export function readRoute(hash) {
  const [place = '', ts = ''] = decodeURIComponent(hash.replace(/^#/, '')).split('/');
  if (place === 'home' || place === 'scenarios') return { place };
  if (!/^[CDG][A-Z0-9]+$/.test(place)) return undefined;
  return { place: 'channel', channel: place, ...(/^\d+\.\d+$/.test(ts) ? { thread: ts } : {}) };
}

/** The address of a place. */
export function routeHash(route) {
  if (route.place !== 'channel') return `#${route.place}`;
  return route.thread === undefined ? `#${route.channel}` : `#${route.channel}/${route.thread}`;
}
