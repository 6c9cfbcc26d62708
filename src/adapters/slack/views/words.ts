import type { Phase, RunStatus } from '../../../core/incident/state.ts';

const phases: Readonly<Record<Phase, string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  mitigated: 'Mitigated',
  resolved: 'Resolved',
};
const statuses: Readonly<Record<RunStatus, string>> = {
  planned: 'Planned',
  waiting: 'Waiting for approval',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
  stopped: 'Stopped',
  'not-applicable': 'Not applicable',
  unknown: 'Outcome unknown',
};

// The word carries the state; the mark only helps the eye.
const phaseMarks: Readonly<Record<Phase, string>> = { open: '🔴', acknowledged: '🟠', mitigated: '🟡', resolved: '🟢' };

export function sayPhase(phase: Phase): string {
  return `${phaseMarks[phase]} *${phases[phase]}*`;
}

export function wordOfPhase(phase: Phase): string {
  return phases[phase];
}

export function sayStatus(status: RunStatus): string {
  return statuses[status];
}
