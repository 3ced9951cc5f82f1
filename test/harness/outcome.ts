import type { RawReply } from './raw-client.ts';

/** The status of a reply that is whole, or how it broke off. */
export async function outcomeOf(reply: Promise<RawReply>): Promise<number | string> {
  return await reply.then(
    ({ status, ending }) => (ending === 'framed' ? status : ending),
    // A reply that breaks with its head not read is a reset without a head.
    (error: Error & { ending?: string }) => error.ending ?? error.message,
  );
}
