const smallChars = 32 * 1024;

/**
 * Parses JSON one large text at a time, each in a turn of the event loop of its own. Sixteen connections can deliver their pages in the same turn: parsed at
 * once they would stop everything else for as long as all of them take.
 *
 * Undefined for what is no JSON.
 */
export function createParseQueue(): (text: string) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (text) => {
    if (text.length < smallChars) return Promise.resolve(parse(text));
    const mine = last.then(nextTurn).then(() => parse(text));
    last = mine;
    return mine;
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
