import { describe, expect, it } from 'vitest';
import { analyzeAdmission } from '../../../../src/core/diagnosis/analyzers/admission.ts';
import { everything, requesting } from '../../../support/placement-objects.ts';
import { resourceQuota, statefulSet } from '../../../support/refusal-objects.ts';
import { event } from '../../../support/shop-objects.ts';
import { runAnalyzer } from '../analyzers/run-analyzer.ts';

describe('a StatefulSet whose claims a quota refuses', () => {
  const db = statefulSet(requesting({ cpu: '500m' }), {
    claims: [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '10Gi' } } } }],
  });
  const run = (message: string, used: string) =>
    runAnalyzer(
      analyzeAdmission,
      [
        db,
        event({ about: db, reason: 'FailedCreate', message }),
        resourceQuota({ persistentvolumeclaims: '2' }, { persistentvolumeclaims: used }),
      ],
      { wholeLists: everything },
    );
  const claim =
    'persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: compute, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=2, limited: persistentvolumeclaims=2';

  it.each<[wording: string, message: string]>([
    ['of the claim', `create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: ${claim}`],
    ['of the pod', `create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: ${claim}`],
    ['that nobody knows, so that the numbers decide', 'could not make what db-0 needs'],
  ])('is told by the sentence %s', (_wording, message) => {
    expect(run(message, '2')).toMatchObject([
      { code: 'quota-exceeded', cause: { path: 'spec.hard.persistentvolumeclaims' } },
    ]);
    expect(run(message, '1')).toEqual([]);
  });
});
