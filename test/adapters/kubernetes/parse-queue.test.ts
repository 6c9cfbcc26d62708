import { expect, it } from 'vitest';
import { createParseQueue } from '../../../src/adapters/kubernetes/parse-queue.ts';

const large = JSON.stringify({ text: 'x'.repeat(40_000) });

it('parses large pages one in each turn of the event loop, in their order', async () => {
  const parse = createParseQueue();
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const turns = await Promise.all(Array.from({ length: 6 }, () => parse(large).then(() => turn)));
  counting = false;
  expect(new Set(turns).size).toBe(6);
  expect(turns).toEqual(turns.toSorted((a, b) => a - b));
});

it('parses small ones at once', async () => {
  const parse = createParseQueue();
  const slow = parse(large);
  expect(await Promise.race([parse('[1]'), slow])).toEqual([1]);
  await slow;
});

it.each(['{"a":', `{${'x'.repeat(40_000)}`])('gives nothing for what is no JSON, and goes on', async (text) => {
  const parse = createParseQueue();
  expect(await parse(text)).toBeUndefined();
  expect(await parse(large)).toBeDefined();
});
