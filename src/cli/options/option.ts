import { InvalidArgumentError, Option } from 'commander';
import { HostError } from '../../util/host-error.ts';

/** A maker of options under one heading of the help. */
export function group(heading: string): (flags: string, description: string) => Option {
  return (flags, description) => new Option(flags, description).helpGroup(heading);
}

/** `parse` for commander, which puts the option's name before the message. */
export function checked<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof HostError ? new InvalidArgumentError(`${error.message}.`) : error;
    }
  };
}
