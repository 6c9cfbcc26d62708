/**
 * Takes the picture of the README: the sandbox at the moment when the approval card of `bad-image` waits for a lead.
 *
 * `node scripts/screenshot.ts [FILE]` writes a PNG, docs/images/thread.png by default. It needs an installed Chromium; CHROMIUM_PATH names one that is not in
 * the usual place, and without a font of emoji (Debian: fonts-noto-color-emoji) the picture has boxes in their places.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { startSandbox } from '../src/composition/start-sandbox.ts';
import { demoPeople } from '../src/sandbox/demo/people.ts';
import { launchChromium } from '../test/support/chromium.ts';

const root = join(import.meta.dirname, '..');
const file = process.argv[2] ?? join(root, 'docs', 'images', 'thread.png');
const viewport = { width: 1440, height: 1000 };
const patienceMs = 20_000;

const sandbox = await startSandbox({ root, log: pino({ level: 'silent' }) });
if (!sandbox.ok) throw new Error(sandbox.error.sentence);
const browser = await launchChromium(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium');
try {
  const context = await browser.newContext({ viewport, colorScheme: 'light', locale: 'en-GB', deviceScaleFactor: 1 });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  await page.goto(sandbox.value.url);
  await page.getByTestId(`person-${demoPeople.lead.id}`).click();
  await page.getByTestId('open-scenarios').click();
  await page.getByTestId('scenario-start-bad-image').click();
  await page.getByTestId('open-thread').first().click();
  const thread = page.getByTestId('thread');
  const approve = thread.getByTestId('action-approval_approve');
  await approve.waitFor();
  // The case file is edited once more when the card is there; the picture is of what stays.
  await sandbox.value.copilot.idle();
  const card = thread.getByTestId('message').filter({ has: page.getByTestId('action-approval_approve') });
  await card.evaluate('(node) => node.scrollIntoView({ block: "end" })');
  // Neither a hovered message nor a focused field is part of the story.
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement?.blur()');
  await mkdir(dirname(file), { recursive: true });
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  await sandbox.value.stop();
}
