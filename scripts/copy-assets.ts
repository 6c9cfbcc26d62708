import { cp } from 'node:fs/promises';

// The page of the local workspace is plain HTML, CSS and JavaScript: the compiler does not carry it over.
await cp(
  new URL('../src/sandbox/slack/page', import.meta.url),
  new URL('../dist/sandbox/slack/page', import.meta.url),
  {
    recursive: true,
  },
);
