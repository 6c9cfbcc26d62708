import { fail, ok, type Result } from '../../../core/result.ts';
import { renderLog } from '../kubelet/container-logs.ts';
import type { ObjectOf } from '../store/stored-object.ts';
import type { Answer, ApiParts, ApiRequest } from './exchange.ts';
import { parseCount } from './read-objects.ts';
import type { ResourceRoute } from './route.ts';
import { type ApiFailure, badRequest, notFound } from './status.ts';

/** GET …/pods/<name>/log, without `follow`. */
export function readPodLog(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Result<Answer, ApiFailure> {
  const { info, name = '', namespace } = route;
  const { query } = request;
  const pod = parts.store.get('Pod', namespace, name);
  if (pod === undefined) return fail(notFound(info, name));
  const container = chooseContainer(pod, query.get('container') ?? '');
  if (!container.ok) return container;
  if (query.get('follow') === 'true')
    return fail(badRequest('follow is not served by the simulated cluster; ask again for newer lines'));
  const tailLines = parseCount(query, 'tailLines');
  const limitBytes = parseCount(query, 'limitBytes');
  const sinceSeconds = parseCount(query, 'sinceSeconds');
  if (!tailLines.ok) return tailLines;
  if (!limitBytes.ok) return limitBytes;
  if (!sinceSeconds.ok) return sinceSeconds;
  if (pod.spec?.nodeName === undefined) return ok({ code: 204, body: '', contentType: 'text/plain' });

  const wantsPrevious = query.get('previous') === 'true';
  const lines = parts.kubelet.logs(pod.metadata.uid ?? '', container.value, wantsPrevious ? 'previous' : 'current');
  if (wantsPrevious && lines === undefined) {
    return fail(badRequest(`previous terminated container "${container.value}" in pod "${name}" not found`));
  }
  const waiting = waitsForFirstStart(pod, container.value);
  if (!wantsPrevious && (waiting !== undefined || lines === undefined)) {
    return fail(
      badRequest(
        `container "${container.value}" in pod "${name}" is waiting to start: ${waiting ?? 'ContainerCreating'}`,
      ),
    );
  }
  const sinceMs = sinceSeconds.value === undefined ? undefined : parts.now() - sinceSeconds.value * 1000;
  const wanted = {
    tailLines: tailLines.value,
    limitBytes: limitBytes.value,
    sinceMs,
    timestamps: query.get('timestamps') === 'true',
  };
  return ok({ code: 200, body: renderLog(lines ?? [], wanted), contentType: 'text/plain' });
}

function chooseContainer(pod: ObjectOf<'Pod'>, wanted: string): Result<string, ApiFailure> {
  const names = (pod.spec?.containers ?? []).map(({ name }) => name);
  const podName = pod.metadata.name;
  if (wanted !== '')
    return names.includes(wanted)
      ? ok(wanted)
      : fail(badRequest(`container ${wanted} is not valid for pod ${podName}`));
  const [only] = names;
  if (only !== undefined && names.length === 1) return ok(only);
  return fail(badRequest(`a container name must be specified for pod ${podName}, choose one of: [${names.join(' ')}]`));
}

/** Why a container has never run yet, in the kubelet's words; undefined once it has. */
function waitsForFirstStart(pod: ObjectOf<'Pod'>, container: string): string | undefined {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === container);
  const reason = status?.state?.waiting?.reason;
  if (reason === undefined || status?.lastState?.terminated !== undefined) return undefined;
  return reason === 'ErrImagePull' || reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
}
