/** What a manager owns of an object, in the form of managedFields: `f:` names, lists of named members by key. */
export function fieldsV1(value: unknown): unknown {
  if (Array.isArray(value)) {
    const keyed = value.map((member) => ({ member, key: keyOf(member) }));
    if (!keyed.every(({ key }) => key !== undefined)) return {};
    return { '.': {}, ...Object.fromEntries(keyed.map(({ member, key }) => [key, withDot(fieldsV1(member))])) };
  }
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [`f:${key}`, fieldsV1(member)]),
  );
}

function withDot(fields: unknown): unknown {
  return typeof fields === 'object' && fields !== null ? { '.': {}, ...fields } : fields;
}

function keyOf(member: unknown): string | undefined {
  if (typeof member !== 'object' || member === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(member));
  if (fields.has('containerPort'))
    return `k:${JSON.stringify({ containerPort: fields.get('containerPort'), protocol: fields.get('protocol') ?? 'TCP' })}`;
  if (fields.has('mountPath')) return `k:${JSON.stringify({ mountPath: fields.get('mountPath') })}`;
  if (fields.has('type') && fields.has('status')) return `k:${JSON.stringify({ type: fields.get('type') })}`;
  if (fields.has('port'))
    return `k:${JSON.stringify({ port: fields.get('port'), protocol: fields.get('protocol') ?? 'TCP' })}`;
  if (fields.has('name')) return `k:${JSON.stringify({ name: fields.get('name') })}`;
  return undefined;
}
