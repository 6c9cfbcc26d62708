import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { at, isRecord, numberAt, stringsAt, textAt } from '../../core/cluster/wire.ts';
import { readAlerts } from '../../core/diagnosis/alerts-file.ts';
import { readAuditEntry } from '../../core/diagnosis/audit-entry.ts';
import type {
  AuditEntry,
  Call,
  HostServices,
  Observations,
  ObservedAlert,
  Probe,
} from '../../core/diagnosis/observations.ts';
import { loadObjects } from './load-objects.ts';
import { parseDocuments, readSmallFile } from './read-document.ts';

const maxHosts = 5000;
const maxMembers = 50_000;
const maxAuditBytes = 64 * 2 ** 20;

/**
 * What a snapshot holds besides objects, logs and metrics: services of hosts, connectivity checks, who calls whom, what was declared, alerts, the audit log.
 * Each is optional; what cannot be understood is told in `problems`.
 */
export async function loadRecordedFacts(
  folder: string,
  alerts: unknown,
  problems: string[],
): Promise<Partial<Observations>> {
  const [probes, calls] = await Promise.all([
    readList(folder, 'probes.json', probeOf, problems),
    readList(folder, 'dependencies.json', callOf, problems),
  ]);
  return {
    hosts: await readHosts(join(folder, 'hosts'), problems),
    probes,
    calls,
    declared: await loadDeclared(join(folder, 'manifests'), problems),
    alerts: alertsOf(alerts),
    audit: await readAudit(folder, problems),
  };
}

async function readHosts(folder: string, problems: string[]): Promise<readonly HostServices[]> {
  const hosts: HostServices[] = [];
  for (const node of (await namesIn(folder)).slice(0, maxHosts)) {
    const document = await readJson(join(folder, node, 'services.json'));
    if (document === undefined) continue;
    if (isRecord(document)) hosts.push({ node, services: stringsAt(document) });
    else problems.push(`hosts/${node}/services.json: is no map of services`);
  }
  return hosts;
}

async function readList<T>(
  folder: string,
  name: string,
  read: (member: unknown) => T | undefined,
  problems: string[],
): Promise<readonly T[]> {
  if (!(await namesIn(folder)).includes(name)) return [];
  const document = await readJson(join(folder, name));
  if (!Array.isArray(document)) {
    problems.push(`${name}: is no list`);
    return [];
  }
  const members = document.slice(0, maxMembers).map(read);
  const understood = members.filter((member) => member !== undefined);
  if (understood.length < document.length)
    problems.push(`${name}: ${document.length - understood.length} of ${document.length} members could not be read`);
  return understood;
}

function probeOf(raw: unknown): Probe | undefined {
  const [from, host, port] = [textAt(raw, 'from'), textAt(raw, 'host'), numberAt(raw, 'port')];
  const result = at(raw, 'ok') ?? null;
  const error = textAt(raw, 'error');
  if (from === undefined || host === undefined || port === undefined) return undefined;
  if (result !== null && typeof result !== 'boolean') return undefined;
  return { from, host, port, ok: result, ...(error === undefined ? {} : { error }) };
}

function callOf(raw: unknown): Call | undefined {
  const [from, to] = [textAt(raw, 'from'), textAt(raw, 'to')];
  return from === undefined || to === undefined ? undefined : { from, to };
}

function alertsOf(document: unknown): readonly ObservedAlert[] {
  return (readAlerts(document) ?? []).map(({ firing, alert, startsAt, endsAt }) => ({
    name: alert.name,
    labels: alert.labels,
    firing,
    startsAt,
    endsAt,
  }));
}

async function loadDeclared(folder: string, problems: string[]): Promise<Observations['declared']> {
  if ((await namesIn(folder)).length === 0) return [];
  const own: string[] = [];
  const declared = await loadObjects(folder, own);
  // A folder from Git holds values files and kustomizations beside manifests: those are no problem of the snapshot.
  problems.push(...own.filter((why) => why.includes('could not be read')).map((why) => `manifests/${why}`));
  return declared;
}

async function readAudit(folder: string, problems: string[]): Promise<readonly AuditEntry[]> {
  const inFolder = (await namesIn(join(folder, 'audit'))).filter((name) => name.endsWith('.log'));
  const names = [
    ...((await namesIn(folder)).includes('audit.log') ? ['audit.log'] : []),
    ...inFolder.map((name) => join('audit', name)),
  ];
  const entries: AuditEntry[] = [];
  for (const name of names) {
    const text = await readSmallFile(join(folder, name), maxAuditBytes);
    if (text === undefined) {
      problems.push(`${name}: could not be read, or is larger than ${maxAuditBytes} bytes`);
      continue;
    }
    let unread = 0;
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const event = parseLine(line);
      if (event === undefined) unread++;
      const entry = readAuditEntry(event);
      if (entry !== undefined && entries.length < maxMembers) entries.push(entry);
    }
    if (unread > 0) problems.push(`${name}: ${unread} lines are no JSON`);
  }
  return entries.toSorted((a, b) => a.at - b.at);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function readJson(path: string): Promise<unknown> {
  const text = await readSmallFile(path);
  return text === undefined ? undefined : parseDocuments(text, path)?.[0];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch {
    return [];
  }
}
