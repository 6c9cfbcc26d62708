import type { Channel, Person, Usergroup } from '../slack/records.ts';

const onCall: Person = {
  id: 'U0ONCALL01',
  name: 'maya',
  realName: 'Maya Okafor',
  email: 'maya@example.com',
  title: 'Engineer on call',
};
const lead: Person = {
  id: 'U0LEAD0001',
  name: 'jonas',
  realName: 'Jonas Lindqvist',
  email: 'jonas@example.com',
  title: 'SRE lead, may approve',
};
const developer: Person = {
  id: 'U0DEVEL001',
  name: 'priya',
  realName: 'Priya Raman',
  email: 'priya@example.com',
  title: 'Developer, may not approve',
};

const incidentsChannel = 'C0INCIDENT';

/** Who is in the sandbox's workspace, and who may approve there. */
export const demoPeople: {
  readonly onCall: Person;
  readonly lead: Person;
  readonly developer: Person;
  readonly incidentsChannel: string;
  readonly people: readonly Person[];
  readonly channels: readonly Channel[];
  readonly usergroups: readonly Usergroup[];
} = {
  onCall,
  lead,
  developer,
  incidentsChannel,
  people: [onCall, lead, developer],
  channels: [
    {
      id: incidentsChannel,
      name: 'incidents',
      topic: 'Alerts land here',
      members: [onCall.id, lead.id, developer.id, 'sre-copilot'],
    },
    {
      id: 'C0GENERAL1',
      name: 'general',
      topic: 'Everything else',
      members: [onCall.id, lead.id, developer.id, 'sre-copilot'],
    },
  ],
  usergroups: [
    { id: 'S0LEADS001', handle: 'sre-leads', name: 'SRE leads', members: [lead.id] },
    { id: 'S0ONCALL01', handle: 'sre-oncall', name: 'SRE on call', members: [onCall.id, lead.id] },
  ],
};
