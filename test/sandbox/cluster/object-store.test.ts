import { describe, expect, it } from 'vitest';
import { type Change, createObjectStore } from '../../../src/sandbox/cluster/store/object-store.ts';

const thing = (name: string, value = 0) => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace: 'shop' },
  spec: { value },
});

describe('createObjectStore', () => {
  it('gives every change the next revision of one counter', () => {
    const store = createObjectStore();
    const first = store.insert(thing('a'));
    const second = store.insert({ ...thing('a'), kind: 'Other' });
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    const removed = store.remove('Thing', 'shop', 'a');
    expect(removed?.metadata.resourceVersion).toBe(String(store.revision()));
  });

  it('takes no new revision for a state equal to the stored one', () => {
    const store = createObjectStore();
    const first = store.insert(thing('a'));
    expect(store.replace(thing('a')).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('lists what was there at an earlier revision', () => {
    const store = createObjectStore();
    store.insert(thing('a', 1));
    store.insert(thing('b', 1));
    const then = store.revision();
    store.replace(thing('a', 2));
    store.remove('Thing', 'shop', 'b');
    store.insert(thing('c', 1));
    expect(store.listAt('Thing', then)).toMatchObject([{ spec: { value: 1 } }, { metadata: { name: 'b' } }]);
    expect(store.list('Thing', 'shop').map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
  });

  it('says that a revision is expired once the history has lost it', () => {
    const store = createObjectStore({ historySize: 3 });
    store.insert(thing('a'));
    const then = store.revision();
    for (let value = 1; value <= 10; value += 1) store.replace(thing('a', value));
    expect(store.listAt('Thing', then)).toBe('expired');
    expect(store.changesSince('Thing', then)).toBe('expired');
    expect(store.changesSince('Thing', store.revision() - 1)).toHaveLength(1);
  });

  it('hands out what nobody can change', () => {
    const store = createObjectStore();
    const stored = store.insert(thing('a'));
    expect(() => Object.assign(stored.metadata, { name: 'b' })).toThrow(TypeError);
  });

  it('tells subscribers what was before', () => {
    const store = createObjectStore();
    const seen: Change[] = [];
    const unsubscribe = store.subscribe((change) => seen.push(change));
    store.insert(thing('a', 1));
    store.replace(thing('a', 2));
    unsubscribe();
    store.remove('Thing', 'shop', 'a');
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED']);
    expect(seen[1]?.previous?.spec).toEqual({ value: 1 });
  });

  it('goes on after a load with revisions nobody has seen, and expires older watches', () => {
    const first = createObjectStore();
    first.insert(thing('a', 1));
    const dump = JSON.parse(JSON.stringify(first.dump()));
    const second = createObjectStore();
    second.load(dump);
    expect(second.list('Thing')).toEqual(first.list('Thing'));
    expect(second.revision()).toBeGreaterThan(first.revision());
    expect(second.changesSince('Thing', first.revision())).toBe('expired');
  });
});
