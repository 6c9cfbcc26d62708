/** Asks the workspace to do something in a person's name. Never rejects: trouble comes back as a visible failure. */
export async function act(request) {
  try {
    const response = await fetch('/page/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    return await response.json();
  } catch {
    return {
      visible: 'failure',
      text: 'The local workspace does not answer. Nothing was sent; is the program still running?',
    };
  }
}

async function fetchState() {
  const response = await fetch('/page/state');
  if (!response.ok) throw new Error(`The workspace answered ${response.status}.`);
  return response.json();
}

export async function fetchScenarios() {
  try {
    return await (await fetch('/page/scenarios')).json();
  } catch {
    return { scenarios: [], error: 'The scenarios cannot be listed: the local workspace does not answer.' };
  }
}

export async function startScenario(name) {
  try {
    const response = await fetch(`/page/scenarios/${encodeURIComponent(name)}/start`, { method: 'POST' });
    return await response.json();
  } catch {
    return { error: 'The scenario was not started: the local workspace does not answer.' };
  }
}

/**
 * Live changes. After every (re)connection the whole state is fetched first, so that nothing that happened in between is missed;
 * changes that arrive meanwhile wait for it.
 */
export function follow({ onState, onChange, onLive }) {
  const source = new EventSource('/page/changes');
  let waiting = [];
  source.addEventListener('ready', async () => {
    waiting = [];
    try {
      onState(await fetchState());
      for (const change of waiting ?? []) onChange(change);
      waiting = undefined;
      onLive(true);
    } catch {
      onLive(false);
    }
  });
  source.addEventListener('message', (event) => {
    const change = JSON.parse(event.data);
    if (waiting) waiting.push(change);
    else onChange(change);
  });
  source.addEventListener('error', () => onLive(false));
}
