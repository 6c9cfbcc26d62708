/**
 * Builds an element. Text only ever becomes a text node, so nothing that people or apps wrote can become markup.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [props] `class`, `on` (listeners by event name), `dataset`, attributes; false and undefined are left out
 * @param {...(Node | string | undefined | null | (Node | string | undefined | null)[])} children
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false || value === null) continue;
    if (name === 'on') for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else if (name === 'value' || name === 'checked' || name === 'disabled') node[name] = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  append(node, children);
  return node;
}

/** Appends children, flattened; what is empty is left out. */
function append(node, children) {
  for (const child of children.flat(Number.POSITIVE_INFINITY))
    if (child !== undefined && child !== null && child !== '') node.append(child);
  return node;
}

/**
 * Makes `parent` show exactly `wanted` (keyed nodes), touching only what differs, so that focus, scroll position and half-filled
 * inputs of the rest survive. When the focused element goes, focus moves to its successor with the same `data-testid`.
 */
export function reconcile(parent, wanted) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : undefined;
  const key = focused?.closest('[data-key]')?.dataset.key;
  const testId = focused?.dataset?.testid;
  const keep = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  wanted.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
  if (focused && !focused.isConnected && key && testId) {
    const successor = [...parent.querySelectorAll('[data-testid]')].find(
      (node) => node.dataset.testid === testId && node.closest('[data-key]')?.dataset.key === key,
    );
    (successor ?? parent.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus();
  }
}
