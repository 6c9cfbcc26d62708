import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evalCommand } from '../../src/cli/eval.ts';
import { evalDependencies } from '../../src/composition/eval-dependencies.ts';
import { badImageShop, healthyShop } from '../support/shop-objects.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const folder = temporaryFolders();

async function write(root: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

async function run(root: string, json = false) {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await evalCommand(
    root,
    { json, verbose: false },
    { ...evalDependencies(), stdout: (text) => out.push(text), stderr: (text) => err.push(text) },
  );
  return { exit, out: out.join(''), err: err.join('') };
}

const about = 'capturedAt: "2026-11-21T10:00:00Z"\n';
const badImage = {
  'snapshot/snapshot.yaml': about,
  'snapshot/objects/all.json': badImageShop(),
  'expected.yaml':
    'family: start-up\ncode: image-pull-failed\nobject: Deployment shop/checkout\nalsoTrue: [rollout-stuck]\n',
};
const well = {
  'snapshot/snapshot.yaml': about,
  'snapshot/objects/all.json': healthyShop(),
  'expected.yaml': 'status: healthy\n',
};
const inFolder = (name: string, files: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(files).map(([file, content]) => [`${name}/${file}`, content]));

describe('eval', () => {
  it('asks every case below the folder and prints scores, as a table or one document', async () => {
    const root = await folder();
    await write(root, {
      ...inFolder('start-up/bad-image', badImage),
      ...inFolder('well', well),
      'notes/README.md': 'not a case',
    });
    const { exit, out, err } = await run(root, true);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      schema: 'sre-copilot/eval/v1',
      cases: 2,
      faulty: 1,
      top1: 1,
      high: { precision: 1, coverage: 1 },
      silent: { cases: 1, silent: 1 },
      families: { 'start-up': { cases: 1 } },
      results: [
        { name: 'start-up/bad-image', right: true },
        { name: 'well', right: true, status: 'healthy' },
      ],
    });
    expect((await run(root)).out).toContain('start-up');
  });

  it('tells what is not as expected, and ends with 1', async () => {
    const root = await folder();
    await write(
      root,
      inFolder('twin', { ...badImage, 'expected.yaml': 'status: healthy\nnotClaimed: [image-pull-failed]\n' }),
    );
    const { exit, out } = await run(root);
    expect(exit).toBe(1);
    expect(out).toContain('BAD twin: image-pull-failed Deployment shop/checkout');
    expect(out).toContain('it is diagnosed, not healthy');
  });

  it('asks the question that a case narrows', async () => {
    const root = await folder();
    await write(root, {
      ...badImage,
      'expected.yaml': 'status: inconclusive\nquestion: { object: deployment/shop/unknown }\n',
    });
    expect((await run(root, true)).exit).toBe(0);
  });

  it.each<[what: string, files: Readonly<Record<string, unknown>>, exit: number, says: string]>([
    ['no case', { 'a/readme.txt': 'x' }, 3, 'holds no case'],
    ['an expectation that is none', { ...badImage, 'expected.yaml': 'codes: [x]\n' }, 2, 'not judged'],
    ['an expectation that is no YAML', { ...badImage, 'expected.yaml': ': [' }, 2, 'not judged'],
    [
      'a snapshot without objects',
      { 'snapshot/snapshot.yaml': about, 'expected.yaml': 'status: healthy\n' },
      3,
      'no Kubernetes objects',
    ],
  ])('says so of %s', async (_what, files, exit, says) => {
    const root = await folder();
    await write(root, files);
    const result = await run(root);
    expect(result.exit).toBe(exit);
    expect(result.err).toContain(says);
  });

  it('says so of a folder that is not there', async () => {
    expect(await run(join(await folder(), 'none'))).toMatchObject({ exit: 3, out: '' });
  });
});
