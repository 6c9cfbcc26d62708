import type { ReceiverEvent } from '@slack/bolt';
import type { EventSink } from '../socket.ts';

/**
 * Bolt acknowledges an event before anybody has looked at it; a crash then loses it. Here it is acknowledged when a listener says that it is safe
 * (`context.acknowledge`), at the latest when all listeners are through. Commands and clicks are acknowledged by their listeners as ever.
 */
export function acknowledgeWhenDone(app: EventSink): EventSink {
  return {
    async processEvent(event: ReceiverEvent) {
      if (event.body.type !== 'event_callback') return app.processEvent(event);
      let acknowledgement: Promise<void> | undefined;
      const acknowledge = () => {
        acknowledgement ??= Promise.resolve(event.ack());
        return acknowledgement.catch(() => undefined);
      };
      await app.processEvent({
        ...event,
        ack: async () => undefined,
        customProperties: { ...event.customProperties, acknowledge },
      });
      await acknowledge();
    },
  };
}
