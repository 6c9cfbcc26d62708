import { h } from './dom.js';

/** The picker: one card per scenario, with its story and where it stands. */
export function drawScenarios(state, start) {
  const cards = state.scenarios.map((scenario) => {
    const begin = async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      button.textContent = 'Starting…';
      await start(scenario.name);
      button.disabled = false;
      button.textContent = 'Start';
    };
    return h(
      'section',
      {
        class: 'scenario',
        dataset: { testid: `scenario-${scenario.name}`, key: `scenario-${scenario.name}` },
        'aria-label': scenario.title,
      },
      h(
        'div',
        { class: 'scenario-head' },
        h('h3', {}, scenario.title),
        h('span', { class: 'state', dataset: { testid: `scenario-state-${scenario.name}` } }, scenario.state),
      ),
      h('p', { class: 'scenario-story' }, scenario.story),
      h(
        'button',
        {
          type: 'button',
          class: 'button primary',
          'aria-label': `Start ${scenario.title}`,
          dataset: { testid: `scenario-start-${scenario.name}` },
          on: { click: begin },
        },
        'Start',
      ),
    );
  });
  return [
    h(
      'p',
      { class: 'scenario-intro' },
      'Something breaks, an alert arrives, and the bot answers in the channel. Pick one, then follow the thread; act as somebody else at the top right to approve or to be refused.',
    ),
    state.scenarioProblem ? h('p', { class: 'alert', role: 'alert' }, state.scenarioProblem) : undefined,
    h('div', { class: 'scenarios' }, cards),
  ].filter(Boolean);
}
