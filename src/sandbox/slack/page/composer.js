import { h } from './dom.js';
import { drawing } from './drawings.js';

/**
 * The box to write in: Enter sends, Shift+Enter breaks the line; `/` offers the app's commands, `@` people, groups and the app.
 * `options`: `label`, `placeholder`, `testid`, `state`, `send(text)` → true when the text may be cleared, `hint`.
 */
export function createComposer(options) {
  const listId = `${options.testid}-suggestions`;
  let suggestions = [];
  let chosen = 0;

  const list = h('ul', {
    id: listId,
    class: 'suggestions',
    role: 'listbox',
    'aria-label': 'Suggestions',
    dataset: { testid: `${options.testid}-suggestions` },
    hidden: true,
  });
  const input = h('textarea', {
    class: 'composer-input',
    rows: '1',
    placeholder: options.placeholder,
    'aria-label': options.label,
    'aria-autocomplete': 'list',
    'aria-controls': listId,
    'aria-expanded': 'false',
    dataset: { testid: options.testid },
  });
  const sendButton = h(
    'button',
    {
      type: 'button',
      class: 'send',
      'aria-label': 'Send',
      title: 'Send (Enter)',
      dataset: { testid: `${options.testid}-send` },
      on: { click: () => send() },
    },
    drawing('send'),
  );

  const grow = () => {
    input.style.height = '';
    // An empty box needs no measuring, and one that is not on the page yet cannot be measured.
    if (input.value !== '') input.style.height = `${Math.min(input.scrollHeight, 180)}px`;
    sendButton.disabled = input.value.trim() === '';
  };

  const show = (found) => {
    suggestions = found;
    chosen = 0;
    list.hidden = found.length === 0;
    input.setAttribute('aria-expanded', String(found.length > 0));
    draw();
  };

  const draw = () => {
    list.replaceChildren(
      ...suggestions.map((one, index) =>
        h(
          'li',
          {
            id: `${listId}-${index}`,
            role: 'option',
            'aria-selected': String(index === chosen),
            class: index === chosen ? 'suggestion chosen' : 'suggestion',
            on: {
              mousedown: (event) => {
                event.preventDefault();
                accept(index);
              },
            },
          },
          h('strong', {}, one.label),
          h('span', { class: 'muted' }, ` ${one.note}`),
        ),
      ),
    );
    if (suggestions.length > 0) input.setAttribute('aria-activedescendant', `${listId}-${chosen}`);
    else input.removeAttribute('aria-activedescendant');
  };

  const accept = (index) => {
    const one = suggestions[index];
    if (one === undefined) return;
    const before = input.value.slice(0, input.selectionStart);
    const start = before.length - one.typed.length;
    const after = input.value.slice(input.selectionStart);
    input.value = `${before.slice(0, start)}${one.insert} ${after.replace(/^ /, '')}`;
    const caret = start + one.insert.length + 1;
    input.setSelectionRange(caret, caret);
    input.focus();
    show([]);
    grow();
  };

  const look = () => show(suggest(options.state(), input.value, input.selectionStart));

  const send = async () => {
    const text = input.value.trim();
    if (text === '' || input.readOnly) return;
    show([]);
    input.readOnly = true;
    const isDone = await options.send(text);
    input.readOnly = false;
    if (isDone) input.value = '';
    grow();
    input.focus();
  };

  input.addEventListener('input', () => {
    grow();
    look();
  });
  input.addEventListener('blur', () => show([]));
  input.addEventListener('keydown', (event) => {
    const isOpen = suggestions.length > 0;
    if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      chosen = (chosen + (event.key === 'ArrowDown' ? 1 : suggestions.length - 1)) % suggestions.length;
      draw();
    } else if (isOpen && event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      show([]);
    } else if (
      isOpen &&
      (event.key === 'Tab' || (event.key === 'Enter' && suggestions[chosen]?.insert !== suggestions[chosen]?.typed))
    ) {
      event.preventDefault();
      accept(chosen);
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });

  const box = h(
    'div',
    { class: 'composer' },
    list,
    h('div', { class: 'composer-row' }, input, sendButton),
    h('div', { class: 'composer-hint' }, options.hint),
  );
  grow();
  return {
    node: box,
    focus: () => input.focus(),
    setPlaceholder: (text) => {
      input.placeholder = text;
      input.setAttribute('aria-label', text);
    },
  };
}

/** What may complete the word before the caret. */
function suggest(state, value, caret) {
  const before = value.slice(0, caret);
  const command = /^\/\S*$/.exec(before);
  if (command) {
    return state.commands
      .filter((one) => one.command.startsWith(before.toLowerCase()))
      .map((one) => ({
        label: one.command,
        note: `${one.usageHint} — ${one.description}`.replace(/^ — /, ''),
        insert: one.command,
        typed: before,
      }));
  }
  const mention = /(?:^|\s)(@[\w.-]*)$/.exec(before);
  if (!mention) return [];
  const typed = mention[1];
  const names = [
    { name: state.bot.name, note: 'the app' },
    ...state.people.map((person) => ({
      name: person.name,
      note: `${person.realName}${person.title ? `, ${person.title}` : ''}`,
    })),
    ...state.usergroups.map((group) => ({ name: group.handle, note: `${group.name} (group)` })),
  ];
  return names
    .filter(({ name }) => name.toLowerCase().startsWith(typed.slice(1).toLowerCase()))
    .slice(0, 8)
    .map(({ name, note }) => ({ label: `@${name}`, note, insert: `@${name}`, typed }));
}
