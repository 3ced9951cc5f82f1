import { Command, type Option } from 'commander';
import { DEFAULTS } from '../../config/options.ts';
import { parseAddress } from '../options/address.ts';
import { clientLimitOptions } from '../options/client-limits.ts';
import { parseCountFrom } from '../options/count.ts';
import { parseDuration } from '../options/duration.ts';
import { listLimits } from '../options/guest-limits.ts';
import { checked, group } from '../options/option.ts';
import type { ServeFlags } from './serve-flags.ts';
import { parseWorkerCount } from '../options/worker-count.ts';

const EXAMPLES = `
Examples:
  wasi-serve app.wasm --addr 0.0.0.0:8080 --env LOG=debug
  wasi-serve app.wasm -W timeout=5s --max-concurrent-requests 100 --log-format json`;

/** The options that may be given several times, where they are not. As a default of commander's they would fill the help with `[]`. */
const NONE_GIVEN = {
  env: [],
  header: [],
  outbound: [],
  dir: [],
  limit: [],
  wasi: [],
  wasm: [],
  codegen: [],
  optimize: [],
  debug: [],
};

/** `serve FILE` with its options. `run` gets them each parsed by itself. */
export function createServeCommand(run: (file: string, flags: ServeFlags) => Promise<void>): Command {
  const command = new Command('serve')
    .description('serve a component over HTTP (the default command)')
    .argument('<file>', 'a component that implements wasi:http/proxy')
    .addHelpText('after', () => `${listLimits()}\n${EXAMPLES}`)
    .helpOption('-h, --help', 'this text')
    .action((file: string, flags: ServeFlags) => run(file, { ...NONE_GIVEN, ...flags }));
  for (const option of [
    ...servingOptions(),
    ...guestOptions(),
    ...limitOptions(),
    ...clientLimitOptions(),
    ...outputOptions(),
    ...engineOptions(),
  ]) {
    command.addOption(option);
  }
  return command;
}

function servingOptions(): Option[] {
  const inGroup = group('Serving:');
  return [
    inGroup('--addr <host:port>', 'where to listen; port 0 takes any free one')
      .argParser(checked(parseAddress))
      .default({ hostname: '127.0.0.1', port: 8080 }, '127.0.0.1:8080'),
    inGroup(
      '--workers <n>',
      'processes that serve, each with all of the limits, while this one replaces those that end; auto: one for each core ' +
        '(default: this one serves by itself)',
    ).argParser(checked(parseWorkerCount)),
    inGroup('--shutdown-addr <host:port>', 'a connection to this address stops the host').argParser(
      checked(parseAddress),
    ),
    inGroup('--admin-addr <host:port>', 'where /healthz, /readyz and /metrics are').argParser(checked(parseAddress)),
    inGroup(
      '--shutdown-delay <time>',
      'how long a stop goes on accepting, for load balancers that go on sending ' +
        '(default: until clients are done, 1s at most)',
    ).argParser(checked(parseDuration)),
    inGroup('--drain-timeout <time>', 'how long a stop waits for guests after that')
      .argParser(checked(parseDuration))
      .default(30_000, '30s'),
    inGroup(
      '--stall-timeout <time>',
      'a process that serves ends once its event loop has stood still for so long; 0 for never ' +
        '(default: 15s longer than a guest may compute)',
    ).argParser(checked(parseDuration)),
    inGroup('--dev', 'error replies tell the client the reason'),
  ];
}

function guestOptions(): Option[] {
  const inGroup = group('Guest:');
  return [
    repeatable(inGroup('--env <name=value>', 'a variable for the guest; NAME alone passes ours')),
    repeatable(inGroup('-H, --header <field>', "'name: value' in place of the client's; @FILE holds one a line")),
    repeatable(
      inGroup(
        '--outbound <pattern>',
        'what the guest may call, and nothing else: scheme://host[:port] with * or *.name, or a network: http://10.0.0.0/8 ' +
          '(default: all but link-local and metadata addresses)',
      ),
    ),
    repeatable(inGroup('-S, --wasi <key=value,…>', 'as in wasmtime; inherit-env passes all our variables')),
    inGroup('--coarse-clock', 'time stands still while a guest runs'),
    repeatable(inGroup('--dir <dir>', 'not supported yet').hideHelp()),
  ];
}

function limitOptions(): Option[] {
  const inGroup = group('Limits:');
  return [
    repeatable(
      inGroup(
        '-W, --wasm <key=value,…>',
        'as in wasmtime; timeout=5s bounds a request (default 30s, 0 for none), max-memory-size=1GiB its memory',
      ),
    ),
    inGroup('--cpu-timeout <time>', 'how much of that time the guest may compute, 0 for all of it')
      .argParser(checked(parseDuration))
      .default(DEFAULTS.cpuTimeoutMs, '30s'),
    repeatable(inGroup('--limit <name=value>', 'on guests; the names stand below')),
    count(inGroup('--max-concurrent-requests <n>', 'at work at once'), 1).default(DEFAULTS.maxConcurrentRequests),
    count(inGroup('--max-queued-requests <n>', 'waiting; more get 503').default(DEFAULTS.maxQueuedRequests), 0),
    inGroup('--grace <time>', 'how long a guest goes on after its client left')
      .argParser(checked(parseDuration))
      .default(DEFAULTS.graceMs, '0'),
    count(inGroup('--max-instance-reuse-count <n>', 'requests an instance serves: 1').hideHelp(), 1).default(1),
  ];
}

function count(option: Option, min: number): Option {
  return option.argParser(checked(parseCountFrom(min)));
}

function outputOptions(): Option[] {
  const inGroup = group('Output:');
  return [
    inGroup('--log-format <format>', 'for people or machines').choices(['text', 'json']).default('text'),
    inGroup('--access-log <on|off>', 'a line for each request').choices(['on', 'off']).default('on'),
    inGroup('--no-logging-prefix', "guest output without 'stdout [ID] :: '"),
  ];
}

function engineOptions(): Option[] {
  const inGroup = group('Engine:');
  return [
    inGroup('--engine <name>', 'what runs the component').choices(['auto', 'linker', 'jco']).default('auto'),
    inGroup('--isolation <way>', 'how each request gets an instance')
      .choices(['auto', 'fresh', 'reset'])
      .default('auto'),
    inGroup('--preemption <on|off>', 'whether a guest that computes for long lets others go on')
      .choices(['on', 'off'])
      .default('on'),
    repeatable(inGroup('-C, --codegen <key=value,…>', 'as in wasmtime; cache=DIR or cache=no')),
    repeatable(inGroup('-O, --optimize <key=value,…>', 'as in wasmtime: without effect').hideHelp()),
    repeatable(inGroup('-D, --debug <key=value,…>', 'as in wasmtime: without effect').hideHelp()),
  ];
}

/** An option that may be given several times: all its texts, in order. */
function repeatable(option: Option): Option {
  return option.argParser(collect);
}

function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}
