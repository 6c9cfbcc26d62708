const teams = [
  'shop',
  'billing',
  'ledger',
  'catalog',
  'search',
  'media',
  'identity',
  'orders',
  'fraud',
  'reports',
  'mailing',
  'pricing',
  'stock',
  'returns',
  'partners',
  'maps',
  'loyalty',
  'risk',
  'content',
  'chat',
  'tickets',
  'fleet',
  'travel',
];
const places = ['', '-prod', '-stage', '-eu', '-blue', '-core', '-api', '-west', '-lab', '-two', '-next', '-live'];

/** Names for the namespaces of the n-th case of a run: like a team's, and of no other case of the run. */
export function namespaceNames(n: number): () => string {
  let given = 0;
  return () => {
    given++;
    const base = `${teams[n % teams.length]}${places[Math.floor(n / teams.length) % places.length]}`;
    return given === 1 ? base : `${base}-${['tools', 'data', 'edge', 'batch'][(given - 2) % 4]}`;
  };
}
