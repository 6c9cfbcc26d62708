/** Steps into an object: keys and list indexes. */
export type FieldPath = readonly (string | number)[];

/** `spec.containers[0].resources`, `spec.nodeSelector["topology.kubernetes.io/zone"]`: a path as people and kubectl write it. */
export function sayPath(path: FieldPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
