import { join } from 'node:path';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/composition/start-sandbox.ts';
import { demoPeople } from '../../src/sandbox/demo/people.ts';
import { launchChromium } from '../support/chromium.ts';
import { readRunFacts } from './run-facts.ts';
import { waitFor } from './wait-for.ts';

const { chromium } = readRunFacts().parts;
const root = join(import.meta.dirname, '..', '..');
const patienceMs = 20_000;
const phone = { width: 375, height: 740 };

describe.skipIf(chromium.state !== 'found')('the page of the sandbox, in a real browser', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  beforeAll(async () => {
    if (chromium.state !== 'found') return;
    const started = await startSandbox({ root, log: pino({ level: 'silent' }) });
    if (!started.ok) throw new Error(started.error.sentence);
    sandbox = started.value;
    browser = await launchChromium(chromium.path);
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
  });

  /** A page of its own, and everything that went wrong in it: errors of scripts, of the console, of requests. */
  async function openPage(viewport: { width: number; height: number }): Promise<{ page: Page; troubles: string[] }> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
    });
    page.on('requestfailed', (request) => troubles.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on('response', (response) => {
      if (response.status() >= 400) troubles.push(`${response.url()}: ${response.status()}`);
      if (!response.url().startsWith(sandbox.url)) troubles.push(`something came from elsewhere: ${response.url()}`);
    });
    await page.goto(sandbox.url);
    return { page, troubles };
  }

  const incident = () => sandbox.copilot.incidents.all()[0];

  it('shows the incident from the picker to its end: refused for the developer, approved by the lead', async () => {
    const { page, troubles } = await openPage({ width: 1280, height: 800 });
    await page.getByTestId('open-scenarios').click();
    await page.getByTestId('scenario-start-bad-image').click();
    await page.getByTestId('open-thread').first().click();
    const thread = page.getByTestId('thread');
    const approve = thread.getByTestId('action-approval_approve');
    await approve.waitFor();

    await page.getByTestId(`person-${demoPeople.developer.id}`).click();
    await approve.click();
    await page.getByTestId('confirm-ok').click();
    const refusal = thread.getByTestId('ephemeral').filter({ hasText: 'you are not one' });
    await refusal.waitFor();
    expect(await refusal.textContent()).toContain('Only visible to you');
    expect(Object.values(incident()?.approvals ?? {}).map(({ status, given }) => [status, given.length])).toEqual([
      ['pending', 0],
    ]);

    await page.getByTestId(`person-${demoPeople.lead.id}`).click();
    await refusal.waitFor({ state: 'detached' });
    // Who asks in the confirm dialog for time to think has decided nothing.
    await approve.click();
    expect(await page.getByTestId('confirm').textContent()).toContain('Approve this change?');
    await page.getByTestId('confirm-cancel').click();
    expect(incident()?.runs[0]?.status).toBe('waiting');
    await approve.click();
    await page.getByTestId('confirm-ok').click();

    await waitFor('the run to succeed', () => incident()?.runs[0]?.status === 'succeeded', { timeoutMs: patienceMs });
    await thread.getByText('Run ended: Succeeded.').waitFor();
    await thread.getByText('Resolved. The alert ended at its source.', { exact: true }).waitFor();
    expect(incident()?.phase).toBe('resolved');
    expect(await approve.count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  it('fits a phone: channel, thread and picker are as wide as the screen', async () => {
    const { page, troubles } = await openPage(phone);
    const widest = () => page.evaluate('document.scrollingElement.scrollWidth');
    await page.getByTestId('open-thread').first().waitFor();
    expect(await widest()).toBe(phone.width);
    await page.getByTestId('open-thread').first().click();
    const thread = page.getByTestId('thread');
    await thread.getByText('Run ended: Succeeded.').waitFor();
    expect(await widest()).toBe(phone.width);
    // Nothing that is cut off at the edge either: no message is wider than the pane it is in.
    expect((await thread.boundingBox())?.width).toBe(phone.width);
    for (const message of await thread.getByTestId('message').all())
      expect((await message.boundingBox())?.width).toBeLessThanOrEqual(phone.width);
    // What a card would change is read whole, not scrolled for.
    expect(
      await thread.evaluate(
        '(node) => [...node.querySelectorAll(".code-block")].map((block) => block.scrollWidth - block.clientWidth)',
      ),
    ).toEqual(await thread.locator('.code-block').evaluateAll('(blocks) => blocks.map(() => 0)'));
    // Everybody that one can be is on the screen whole.
    for (const { id } of demoPeople.people) {
      const seen = await page.getByTestId(`person-${id}`).boundingBox();
      expect((seen?.x ?? phone.width) + (seen?.width ?? 0)).toBeLessThanOrEqual(phone.width);
    }
    await page.getByTestId('close-thread').click();
    await page.getByLabel('Open the sidebar').click();
    await page.getByTestId('open-scenarios').click();
    await page.getByTestId('scenario-oom').waitFor();
    expect(await widest()).toBe(phone.width);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
