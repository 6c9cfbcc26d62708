import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { refOf, type WireObject } from '../../cluster/object.ts';
import { stringsAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import { fromEvent, isOlderThan, oneLine, presentEvents } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { Claim } from './claim.ts';
import { aboutClaim, type ClaimVerdict } from './claim-verdict.ts';
import { isDown, provisionerState, sayProvisioner } from './provisioner.ts';
import { isSingleNode, provisionerOf, sharedModes } from './storage-class.ts';
import { hasSelector } from './volume.ts';

const failed: ReadonlySet<string> = new Set(['ProvisioningFailed']);
const patienceMs = 2 * 60_000;

const noSelector = /selector is not supported/i;
const noAccessMode =
  /access ?_?modes?\b[^\n]{0,200}(?:not supported|unsupported|are supported|is supported)|(?:unsupported|invalid|only support)[^\n]{0,80}access ?_?modes?|volume capabilit(?:y|ies)[^\n]{0,120}not supported|capability at index \d+ is not supported|MULTI_NODE_\w{1,30}/i;

/**
 * Why no volume is made for a claim whose class makes them on demand: what the claim asks for cannot be made, or the provisioner fails or is not there. The provisioner's
 * words count while they are fresh and the class of the claim still stands.
 */
export function dynamicVerdict(
  context: AnalysisContext,
  claim: Claim,
  storageClass: WireObject,
): ClaimVerdict | undefined {
  const { view, now } = context;
  const { name } = storageClass.metadata;
  const provisioner = provisionerOf(storageClass);
  const event = presentEvents(view, claim.object, failed, now).find(({ message }) => !isAboutMissingClass(message));
  const message = event?.message ?? '';
  const support = [
    fromObject(storageClass, now, `provisioner ${provisioner ?? 'not set'}`),
    ...(event === undefined ? [] : [fromEvent(event, claim.object)]),
  ];
  if (hasSelector(claim) && (noSelector.test(message) || isOlderThan(claim.object, patienceMs, now))) {
    return aboutClaim(claim, {
      code: 'volume-selector-unmatched',
      path: 'spec.selector',
      observed: JSON.stringify(claim.selector).slice(0, 300),
      expected: `no selector: class ${name} makes volumes on demand`,
      says: `it has a selector, and class ${name} makes volumes on demand, which cannot follow one`,
      basis: noSelector.test(message) ? 'stated' : 'likely',
      support,
      values: { storageClass: name },
    });
  }
  const shared = sharedModes(claim.accessModes);
  if (
    event !== undefined &&
    noAccessMode.test(message) &&
    (shared.length > 0 || claim.accessModes.includes('ReadWriteOncePod'))
  ) {
    const asked = shared.length > 0 ? shared : claim.accessModes;
    return aboutClaim(claim, {
      code: 'volume-access-mode-mismatch',
      path: 'spec.accessModes',
      observed: claim.accessModes.join(', '),
      expected: shared.length > 0 ? 'ReadWriteOnce, or a class that shares volumes among nodes' : 'ReadWriteOnce',
      says: `it asks for ${asked.join(', ')}, which provisioner ${provisioner} of class ${name} does not offer`,
      basis: 'stated',
      support,
      values: { storageClass: name },
    });
  }
  if (event !== undefined && shared.length > 0 && claim.volumeMode === 'Filesystem' && isSingleNode(provisioner)) {
    return aboutClaim(claim, {
      code: 'volume-access-mode-mismatch',
      path: 'spec.accessModes',
      observed: claim.accessModes.join(', '),
      expected: 'ReadWriteOnce, or a class that shares volumes among nodes',
      says: `it asks for ${shared.join(', ')}, and provisioner ${provisioner} of class ${name} makes volumes for one node at a time`,
      basis: 'likely',
      support,
      values: { storageClass: name },
    });
  }
  return event === undefined
    ? silentVerdict(context, claim, storageClass, provisioner)
    : failingVerdict(context, claim, storageClass, event);
}

// Of the time before the class was there.
function isAboutMissingClass(message: string | undefined): boolean {
  return /storageclass\.storage\.k8s\.io "[^"]{1,253}" not found/.test(message ?? '');
}

function failingVerdict(
  { view, now }: AnalysisContext,
  claim: Claim,
  storageClass: WireObject,
  event: ClusterEvent,
): ClaimVerdict {
  const { name } = storageClass.metadata;
  const provisioner = provisionerOf(storageClass) ?? 'not set';
  const said = oneLine(
    (event.message ?? '').replace(/^failed to provision volume with StorageClass "[^"]{1,253}": /i, ''),
    240,
  );
  const parameters = Object.keys(stringsAt(storageClass, 'parameters'));
  const parameter = parameters.find((key) => key.length > 2 && said.toLowerCase().includes(key.toLowerCase()));
  const state = provisionerState(view, provisioner);
  return {
    code: 'provisioner-failing',
    object: refOf(storageClass),
    path: parameter === undefined ? 'provisioner' : `parameters.${parameter}`,
    observed: parameter === undefined ? `${provisioner}: ${said}` : said,
    expected: 'a provisioner that makes the volume',
    says: `provisioner ${provisioner} of class ${name} fails: ${said}`,
    basis: 'stated',
    support: [
      fromObject(storageClass, now, `provisioner ${provisioner}`),
      fromEvent(event, claim.object),
      ...(state === undefined ? [] : [fromObject(state.workload, now, sayProvisioner(state))]),
    ],
    values: { storageClass: name, provisioner },
  };
}

/** Nobody says anything, and no volume comes: the provisioner is not there. */
function silentVerdict(
  { view, now }: AnalysisContext,
  claim: Claim,
  storageClass: WireObject,
  provisioner: string | undefined,
): ClaimVerdict | undefined {
  if (provisioner === undefined || !isOlderThan(claim.object, patienceMs, now)) return undefined;
  const events = presentEvents(view, claim.object, new Set(['ExternalProvisioning', 'Provisioning']), now);
  // It was begun a moment ago: somebody is there.
  if (events.some(({ reason }) => reason === 'Provisioning')) return undefined;
  const state = provisionerState(view, provisioner);
  const waits = events.find(({ reason }) => reason === 'ExternalProvisioning');
  const isDriver = /\.csi\.|csi/.test(provisioner);
  const driver = view.get(knownRef('CSIDriver', undefined, provisioner));
  const hasNoDriver = isDriver && driver === undefined && view.hasAll('CSIDriver');
  const { name } = storageClass.metadata;
  const isSureDown = state !== undefined && isDown(state);
  // Its pods are well and it says nothing: then it may be anything, and the claim is young or the driver slow.
  if (state !== undefined && !isSureDown && waits === undefined) return undefined;
  const why = isSureDown ? `: ${sayProvisioner(state)}` : hasNoDriver ? ': no CSIDriver of that name is installed' : '';
  return {
    code: 'provisioner-failing',
    object: refOf(storageClass),
    path: 'provisioner',
    observed: `${provisioner}${isSureDown ? ` (${sayProvisioner(state)})` : hasNoDriver ? ' (no such CSIDriver)' : ' (does not answer)'}`,
    expected: 'a provisioner that runs and is registered under that name',
    says: `provisioner ${provisioner} of class ${name} does not make the volume${why}`,
    basis: isSureDown || hasNoDriver ? 'stated' : 'likely',
    support: [
      fromObject(storageClass, now, `provisioner ${provisioner}`),
      ...(waits === undefined ? [] : [fromEvent(waits, claim.object)]),
      ...(state === undefined ? [] : [fromObject(state.workload, now, sayProvisioner(state))]),
    ],
    values: { storageClass: name, provisioner },
  };
}
