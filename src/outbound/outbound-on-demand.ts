import { err } from '../util/result.ts';
import { toErrorCode } from './error-table.ts';
import type { Outbound, OutboundOptions } from './outbound.ts';

/** An `Outbound` whose code is loaded when the first request is sent or `load` is called. */
export interface OutboundOnDemand extends Outbound {
  /** Loads it before it is needed. Takes some 50 ms of the thread's time. */
  load(): Promise<void>;
}

/** Most of the code of a server is for outgoing requests, and no start waits for it. */
export function createOutboundOnDemand(options: OutboundOptions = {}): OutboundOnDemand {
  let stage: 'open' | 'disposed' = 'open';
  let loading: Promise<Outbound> | undefined;
  let loaded: Outbound | undefined;
  const make = async (): Promise<Outbound> => {
    const { createOutbound } = await import('./outbound.ts');
    loaded = createOutbound(options);
    // Whatever is sent through it then is refused by itself.
    if (stage === 'disposed') await loaded[Symbol.asyncDispose]();
    return loaded;
  };
  const load = (): Promise<Outbound> =>
    (loading ??= make().catch((error: unknown) => {
      loading = undefined;
      throw error;
    }));
  return {
    sendRequest: async (request, signal) => {
      try {
        loaded ??= await load();
      } catch (error) {
        // No file descriptor may be free to read it.
        return err(toErrorCode(error));
      }
      return await loaded.sendRequest(request, signal);
    },
    load: async () => void (await load()),
    [Symbol.asyncDispose]: async () => {
      stage = 'disposed';
      await (await loading)?.[Symbol.asyncDispose]();
    },
  };
}
