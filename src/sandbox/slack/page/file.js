import { h } from './dom.js';

const previewBytes = 6_000;
const textual = /^(?:text\/|application\/(?:json|x-ndjson))/;

/** A shared file: name, size, download, and for text a preview that unfolds. */
export function drawFile(file) {
  const size = file.size < 1024 ? `${file.size} B` : `${(file.size / 1024).toFixed(1)} kB`;
  const path = new URL(file.url_private).pathname;
  const preview = textual.test(file.mimetype) ? drawPreview(path) : undefined;
  return h(
    'div',
    { class: 'file', dataset: { testid: 'file', file: file.id } },
    h(
      'div',
      { class: 'file-head' },
      h('span', { class: 'file-kind', 'aria-hidden': 'true' }, file.filetype),
      h(
        'span',
        { class: 'file-name' },
        file.title || file.name,
        h('span', { class: 'muted' }, ` ${file.name} · ${size}`),
      ),
      h(
        'a',
        { class: 'button small', href: path, download: file.name, 'aria-label': `Download ${file.name}` },
        'Download',
      ),
    ),
    preview,
  );
}

function drawPreview(path) {
  const code = h('code', {});
  const box = h(
    'details',
    { class: 'preview' },
    h('summary', {}, 'Preview'),
    h('pre', { class: 'code-block', tabindex: '0' }, code),
  );
  box.addEventListener(
    'toggle',
    async () => {
      try {
        const response = await fetch(path);
        if (!response.ok) throw new Error();
        const text = await response.text();
        code.textContent =
          text.length > previewBytes ? `${text.slice(0, previewBytes)}\n… the rest is in the download.` : text;
      } catch {
        code.textContent = 'This file could not be read. Try the download.';
      }
    },
    { once: true },
  );
  return box;
}
