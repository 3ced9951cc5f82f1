import type { Isolation } from '../../config/options.ts';
import { createFreshStrategy } from '../../instance/fresh.ts';
import { HostError } from '../../util/host-error.ts';
import type { ComponentEngine } from './component-engine.ts';
import { choosePreemption, toGuestBounds } from './guest-bounds.ts';

/** The isolations for which the state of an instance must be within reach. */
export const NOT_WITH_JCO: ReadonlySet<Isolation> = new Set(['restart', 'reset']);

/** Runs components in the glue that jco makes of them: all that jco takes. jco is loaded with the first component. */
export const jcoEngine = Object.freeze<ComponentEngine>({
  name: 'jco',
  link: async ({ source, definition }, options) => {
    if (NOT_WITH_JCO.has(options.isolation)) {
      throw new HostError(
        'not-supported',
        `the jco engine gives every request a fresh instance: it does not support isolation '${options.isolation}'`,
      );
    }
    const preemption = choosePreemption(options, {
      name: 'partly',
      reason: "guests in jco's glue block the process while they compute, and are ended when their time is over",
    });
    const { linkWithJco } = await import('../../linker/jco/link-with-jco.ts');
    const pre = await linkWithJco(source, definition, options.interfaces, toGuestBounds(options, preemption));
    return {
      isolation: { name: 'fresh', reason: 'every request gets a new instance, as always with the jco engine' },
      preemption,
      createStrategy: () => createFreshStrategy(pre),
    };
  },
});
