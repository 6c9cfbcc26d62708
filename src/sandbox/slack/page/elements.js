import { h } from './dom.js';
import { drawPlain, plainText } from './text.js';

/**
 * Draws one interactive element. Outside of an input block a choice is sent at once; inside one it waits for the submission.
 * `attributes` go onto the control itself (id and aria references of an input block).
 */
export function drawElement(element, block, context, attributes = {}) {
  const draw = Object.hasOwn(drawers, element?.type) ? drawers[element.type] : undefined;
  if (draw === undefined)
    return h(
      'span',
      { class: 'muted' },
      `An element of type ${element?.type} is here. This page does not draw it; Slack does.`,
    );
  return draw(element, block, context, { ...attributes, dataset: { testid: `action-${element.action_id}` } });
}

const text = (object) => plainText(object?.text ?? '');
const label = (object) => drawPlain(object?.text ?? '');
const allOptions = (element) => [
  ...(element.options ?? []),
  ...(element.option_groups ?? []).flatMap((group) => group.options ?? []),
];

const drawers = {
  button(element, block, context, attributes) {
    const style = element.style === 'primary' ? ' primary' : element.style === 'danger' ? ' danger' : '';
    const press = async (event) => {
      const button = event.currentTarget;
      if (button.getAttribute('aria-busy') === 'true') return;
      button.setAttribute('aria-busy', 'true');
      await context.act(element, block, element.value);
      button.removeAttribute('aria-busy');
    };
    return h(
      'button',
      {
        ...attributes,
        type: 'button',
        class: `button${style}`,
        'aria-label': element.accessibility_label,
        on: { click: press },
      },
      label(element.text),
    );
  },
  overflow(element, block, context, attributes) {
    const menu = h('div', { class: 'menu', role: 'menu', hidden: true });
    const opener = h(
      'button',
      {
        ...attributes,
        type: 'button',
        class: 'button overflow',
        'aria-label': 'More actions',
        'aria-haspopup': 'menu',
        on: {
          click: () => {
            menu.hidden = !menu.hidden;
            if (!menu.hidden) menu.querySelector('button')?.focus();
          },
        },
      },
      '⋯',
    );
    menu.append(
      ...(element.options ?? []).map((option) =>
        h(
          'button',
          {
            type: 'button',
            role: 'menuitem',
            class: 'menu-item',
            dataset: { testid: `option-${option.value}` },
            on: {
              click: () => {
                menu.hidden = true;
                context.act(element, block, option.value);
              },
            },
          },
          label(option.text),
        ),
      ),
    );
    const close = (event) => {
      if (event.key === 'Escape') {
        menu.hidden = true;
        opener.focus();
      }
    };
    return h('span', { class: 'menu-holder', on: { keydown: close } }, opener, menu);
  },
  static_select: (element, block, context, attributes) =>
    drawSelect(element, block, context, attributes, groupsOf(element)),
  external_select: (element, block, context, attributes) =>
    drawSelect(element, block, context, attributes, groupsOf(element)),
  users_select: (element, block, context, attributes) =>
    drawSelect(element, block, context, attributes, [
      { options: context.people.map((person) => ({ value: person.id, label: person.realName })) },
    ]),
  channels_select: (element, block, context, attributes) =>
    drawSelect(element, block, context, attributes, channelGroups(context)),
  conversations_select: (element, block, context, attributes) =>
    drawSelect(element, block, context, attributes, channelGroups(context)),
  multi_static_select: (element, block, context, attributes) =>
    drawChoices(element, block, context, attributes, 'checkbox'),
  checkboxes: (element, block, context, attributes) => drawChoices(element, block, context, attributes, 'checkbox'),
  radio_buttons: (element, block, context, attributes) => drawChoices(element, block, context, attributes, 'radio'),
  plain_text_input(element, block, context, attributes) {
    const field = context.field(block, element);
    const shared = {
      ...attributes,
      class: 'text-input',
      placeholder: element.placeholder ? text(element.placeholder) : undefined,
      value: field.value ?? element.initial_value ?? '',
      autofocus: element.focus_on_load ? true : undefined,
      on: { input: (event) => field.set(event.target.value) },
    };
    return element.multiline
      ? h('textarea', { ...shared, rows: '4' })
      : h('input', { ...shared, type: 'text', autocomplete: 'off' });
  },
  email_text_input: (element, block, context, attributes) => drawTyped(element, block, context, attributes, 'email'),
  url_text_input: (element, block, context, attributes) => drawTyped(element, block, context, attributes, 'url'),
  number_input: (element, block, context, attributes) => drawTyped(element, block, context, attributes, 'number'),
  datepicker: (element, block, context, attributes) => drawTyped(element, block, context, attributes, 'date'),
  timepicker: (element, block, context, attributes) => drawTyped(element, block, context, attributes, 'time'),
};

function groupsOf(element) {
  const options = (list) => (list ?? []).map((option) => ({ value: option.value, label: text(option.text) }));
  return element.option_groups
    ? element.option_groups.map((group) => ({ label: text(group.label), options: options(group.options) }))
    : [{ options: options(element.options) }];
}

function channelGroups(context) {
  return [{ options: context.channels.map((channel) => ({ value: channel.id, label: `#${channel.name}` })) }];
}

function drawSelect(element, block, context, attributes, groups) {
  const field = context.field?.(block, element);
  const initial =
    field?.value ?? element.initial_option?.value ?? element.initial_user ?? element.initial_channel ?? '';
  const change = (event) => {
    field?.set(event.target.value === '' ? null : event.target.value);
    if (block.type !== 'input' && event.target.value !== '') context.act(element, block, event.target.value);
  };
  const draw = (option) =>
    h('option', { value: option.value, selected: option.value === initial ? true : undefined }, option.label);
  return h(
    'select',
    {
      ...attributes,
      class: 'select',
      'aria-label': attributes.id ? undefined : text(element.placeholder) || 'Choose',
      on: { change },
    },
    h('option', { value: '' }, element.placeholder ? text(element.placeholder) : 'Choose an option'),
    groups.map((group) =>
      group.label ? h('optgroup', { label: group.label }, group.options.map(draw)) : group.options.map(draw),
    ),
  );
}

function drawChoices(element, block, context, attributes, type) {
  const field = context.field?.(block, element);
  const given =
    field?.value ??
    (type === 'radio' ? element.initial_option?.value : (element.initial_options ?? []).map((option) => option.value));
  const chosen = new Set(Array.isArray(given) ? given : given === undefined || given === null ? [] : [given]);
  const { id, ...rest } = attributes;
  const change = (event) => {
    if (type === 'radio') chosen.clear();
    if (event.target.checked) chosen.add(event.target.value);
    else chosen.delete(event.target.value);
    const value = type === 'radio' ? event.target.value : [...chosen];
    field?.set(value);
    if (block.type !== 'input') context.act(element, block, value);
  };
  return h(
    'fieldset',
    { ...rest, class: 'choices', id },
    allOptions(element).map((option) =>
      h(
        'label',
        { class: 'choice' },
        h('input', {
          type,
          name: `${block.block_id}-${element.action_id}`,
          value: option.value,
          checked: chosen.has(option.value),
          on: { change },
        }),
        h(
          'span',
          {},
          label(option.text),
          option.description ? h('span', { class: 'muted' }, ` ${text(option.description)}`) : undefined,
        ),
      ),
    ),
  );
}

function drawTyped(element, block, context, attributes, type) {
  const field = context.field?.(block, element);
  const change = (event) => {
    field?.set(event.target.value);
    if (block.type !== 'input') context.act(element, block, event.target.value);
  };
  const initial = element.initial_value ?? element.initial_date ?? element.initial_time ?? '';
  return h('input', { ...attributes, type, class: 'text-input', value: field?.value ?? initial, on: { change } });
}
