import { count, since, words } from '../cell.ts';
import { field, numberAt, textAt } from '../fields.ts';
import { columns, type Printer } from './printer.ts';

export const eventPrinter: Printer = {
  columns: columns(
    ...['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'SUBOBJECT+', 'SOURCE+', 'MESSAGE'],
    ...['FIRST SEEN+', 'COUNT+', 'NAME+'],
  ),
  row(event, now) {
    const firstSeen = textAt(event, 'firstTimestamp') || textAt(event, 'eventTime');
    return [
      since(lastSeenAt(event), now),
      words(textAt(event, 'type'), ''),
      words(textAt(event, 'reason'), ''),
      words(involved(event), ''),
      words(textAt(event, 'involvedObject', 'fieldPath'), ''),
      words(source(event), ''),
      words(textAt(event, 'message').trim(), ''),
      since(firstSeen, now),
      count(numberAt(event, 'series', 'count') ?? (numberAt(event, 'count') || 1)),
      words(event.metadata.name),
    ];
  },
};

/** When an event was last seen, as an RFC 3339 instant: of a series, else of its last repetition, else when it happened. */
export function lastSeenAt(event: unknown): string {
  if (field(event, 'series') !== undefined && field(event, 'series') !== null) {
    return textAt(event, 'series', 'lastObservedTime');
  }
  return textAt(event, 'lastTimestamp') || textAt(event, 'firstTimestamp') || textAt(event, 'eventTime');
}

function involved(event: unknown): string {
  const kind = textAt(event, 'involvedObject', 'kind').toLowerCase();
  const name = textAt(event, 'involvedObject', 'name');
  return name === '' ? kind : `${kind}/${name}`;
}

function source(event: unknown): string {
  const component = textAt(event, 'source', 'component') || textAt(event, 'reportingComponent');
  const host = textAt(event, 'source', 'host') || textAt(event, 'reportingInstance');
  return host === '' ? component : `${component}, ${host}`;
}
