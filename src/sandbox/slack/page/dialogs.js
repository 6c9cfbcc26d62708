import { drawBlocks } from './blocks.js';
import { h } from './dom.js';
import { drawPlain, drawTextObject } from './text.js';

/** Asks before a button that has a confirm object. Resolves true when the person confirmed. */
export function confirmAction(element, names) {
  if (!element.confirm) return Promise.resolve(true);
  const dialog = document.getElementById('confirm');
  const { title, text, confirm, deny, style } = element.confirm;
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.close();
      resolve(answer);
    };
    dialog.replaceChildren(
      h('header', { class: 'modal-head' }, h('h2', { id: 'confirm-title' }, drawPlain(title?.text ?? 'Are you sure?'))),
      h('div', { class: 'modal-body' }, drawTextObject(text, names)),
      h(
        'footer',
        { class: 'modal-foot' },
        h(
          'button',
          { type: 'button', class: 'button', dataset: { testid: 'confirm-cancel' }, on: { click: () => done(false) } },
          drawPlain(deny?.text ?? 'Cancel'),
        ),
        h(
          'button',
          {
            type: 'button',
            class: style === 'danger' ? 'button danger solid' : 'button primary',
            dataset: { testid: 'confirm-ok' },
            autofocus: true,
            on: { click: () => done(true) },
          },
          drawPlain(confirm?.text ?? 'Yes'),
        ),
      ),
    );
    dialog.oncancel = (event) => {
      event.preventDefault();
      done(false);
    };
    dialog.showModal();
  });
}

/**
 * Shows the topmost modal of the current person, and keeps what was typed while the app updates it.
 * `deps`: `context(act)` for blocks, `act(request)` → what is seen, `fail(text)`.
 */
export function createModalHost({ state, context, act, fail }) {
  const dialog = document.getElementById('modal');
  const typed = new Map();
  let shownHash = '';
  let errors = {};

  const current = () => state().views.get(state().me)?.stack.at(-1);

  const submit = async (view) => {
    const values = Object.fromEntries(typed.get(view.id) ?? []);
    dialog.setAttribute('aria-busy', 'true');
    const seen = await act({ act: 'submit-view', person: state().me, view: view.id, values });
    dialog.removeAttribute('aria-busy');
    if (seen.visible === 'failure') fail(seen.text);
    errors = seen.visible === 'modal' && seen.viewId === view.id ? (seen.errors ?? {}) : {};
    draw(true);
    dialog.querySelector('[aria-invalid]')?.focus();
  };

  const close = async (view) => {
    const seen = await act({ act: 'close-view', person: state().me, view: view.id });
    if (seen.visible === 'failure') fail(seen.text);
  };

  const draw = (isForced = false) => {
    const view = current();
    if (view === undefined) {
      if (dialog.open) dialog.close();
      shownHash = '';
      errors = {};
      typed.clear();
      return;
    }
    const hash = `${view.id} ${view.hash}`;
    if (hash === shownHash && !isForced) return;
    if (!shownHash.startsWith(`${view.id} `)) errors = {};
    shownHash = hash;
    const fields = typed.get(view.id) ?? new Map();
    typed.set(view.id, fields);
    const focused = dialog.contains(document.activeElement) ? document.activeElement.dataset?.testid : undefined;
    const blockContext = {
      ...context(),
      errors,
      field: (block) => ({ value: fields.get(block.block_id), set: (value) => fields.set(block.block_id, value) }),
      act: async (element, _block, chosen) => {
        if (!(await confirmAction(element, context().names))) return;
        const request = { act: 'act-in-view', person: state().me, view: view.id, actionId: element.action_id };
        const seen = await act(chosen === undefined || element.type === 'button' ? request : { ...request, chosen });
        if (seen.visible === 'failure') fail(seen.text);
      },
    };
    const form = h(
      'form',
      {
        class: 'modal-body',
        id: 'modal-form',
        on: {
          submit: (event) => {
            event.preventDefault();
            submit(view);
          },
        },
      },
      drawBlocks(view.blocks, blockContext),
    );
    dialog.replaceChildren(
      h(
        'header',
        { class: 'modal-head' },
        h('h2', { id: 'modal-title' }, drawPlain(view.title?.text ?? '')),
        h(
          'button',
          {
            type: 'button',
            class: 'icon-button',
            'aria-label': 'Close',
            dataset: { testid: 'modal-close' },
            on: { click: () => close(view) },
          },
          '✕',
        ),
      ),
      form,
      h(
        'footer',
        { class: 'modal-foot' },
        h(
          'button',
          { type: 'button', class: 'button', dataset: { testid: 'modal-cancel' }, on: { click: () => close(view) } },
          drawPlain(view.close?.text ?? (view.submit ? 'Cancel' : 'Close')),
        ),
        view.submit
          ? h(
              'button',
              { type: 'submit', form: 'modal-form', class: 'button primary', dataset: { testid: 'modal-submit' } },
              drawPlain(view.submit.text),
            )
          : undefined,
      ),
    );
    dialog.oncancel = (event) => {
      event.preventDefault();
      close(view);
    };
    if (!dialog.open) dialog.showModal();
    if (focused) [...dialog.querySelectorAll('[data-testid]')].find((node) => node.dataset.testid === focused)?.focus();
  };

  return { draw };
}
