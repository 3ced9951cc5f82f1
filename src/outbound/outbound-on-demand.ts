import { err } from '../util/result.ts';
import { toErrorCode } from './to-error-code.ts';
import type { Outbound, OutboundOptions } from './outbound.ts';

/** An `Outbound` whose code is loaded when the first request is sent or `load` is called. */
export interface OutboundOnDemand extends Outbound {
  /** Loads the code before it is needed. Takes about 50 ms on the main thread. */
  load(): Promise<void>;
}

/** Most of a server's code is for outgoing requests; loading it on demand keeps it out of the start-up time. */
export function createOutboundOnDemand(options: OutboundOptions = {}): OutboundOnDemand {
  let stage: 'open' | 'disposed' = 'open';
  let loading: Promise<Outbound> | undefined;
  let loaded: Outbound | undefined;
  const make = async (): Promise<Outbound> => {
    const { createOutbound } = await import('./outbound.ts');
    loaded = createOutbound(options);
    // Once disposed, it refuses all requests itself.
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
        // There may be no free file descriptor to read the code.
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
