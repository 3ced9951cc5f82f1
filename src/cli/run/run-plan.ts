import { COMMAND_OPTIONS } from '../../config/command-options.ts';
import { withDefaults } from '../../config/option.ts';
import type { ComponentOptions, LoadOptions } from '../../config/options.ts';
import { assertNetPatterns } from '../../wasi/sockets/net-policy.ts';
import { compilePolicy } from '../../outbound/outbound-policy.ts';
import { toGuestEnv } from '../options/guest-env.ts';
import { NO_TIME_LIMITS } from '../options/no-time-limits.ts';
import { type GivenFlags, readSettings } from '../options/read-settings.ts';

/** Everything that `run` needs to know. */
export interface RunPlan {
  readonly file: string;
  /** The program's own, its name first. */
  readonly args: readonly string[];
  readonly load: LoadOptions;
  readonly component: ComponentOptions;
  /** The file for a profile of the program. */
  readonly profile: string | undefined;
  /** What the user should know about options. */
  readonly notices: readonly string[];
}

/** What the options mean, given as flags or in the environment. Throws `HostError` if one is malformed or asks for what we cannot do. */
export function toRunPlan(file: string, args: readonly string[], flags: GivenFlags, env: NodeJS.ProcessEnv): RunPlan {
  const settings = readSettings(flags, env);
  const { command, component, load } = settings;
  const { inheritEnv, profile } = withDefaults(COMMAND_OPTIONS, command);
  if (component.outbound !== undefined) compilePolicy(component.outbound);
  assertNetPatterns(component.allowNet);
  return {
    file,
    args,
    load,
    component: { ...NO_TIME_LIMITS, ...component, env: toGuestEnv({ inheritEnv }, component.env, env) },
    profile,
    notices: settings.notices,
  };
}
