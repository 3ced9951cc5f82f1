/** A function that is dear to compile for its bytes, in the text of an attack's fields. */
export interface Bomb {
  readonly name: string;
  /** `count` says how much of what makes it dear; beyond some number it is refused. */
  readonly toFields: (count: number) => string;
  /** Twice as much is too much, and half as much is not. */
  readonly limit: number;
}

const ANSWER = `(func $attack (param $request i32) (param $out i32)
  (call $bomb (i32.const 1))
  (call $answer (local.get $out) (i32.const 200)))`;

const times = (count: number, text: string | ((index: number) => string)): string =>
  Array.from({ length: count }, (_, index) => (typeof text === 'string' ? text : text(index))).join(' ');

/** It is compiled when it is called, and does nothing then. */
function bomb(body: string, { locals = 0, fields = '' } = {}): string {
  return `${fields}
    (func $bomb (param $go i32) (local ${times(locals, 'i32')})
      (if (local.get $go) (then (return)))
      ${body})
    ${ANSWER}`;
}

const nothing = '(func $nothing)';
const many = times(500, 'i32');

/** Of each kind one. The limits are those by default. */
export const BOMBS: readonly Bomb[] = [
  {
    name: 'locals and loops',
    toFields: (count) => bomb(times(count, '(loop)'), { locals: 49_000 }),
    limit: 44,
  },
  {
    name: 'locals and blocks that are left early',
    toFields: (count) => bomb(times(count, '(block (br_if 0 (local.get $go)))'), { locals: 10_000 }),
    limit: 580,
  },
  {
    name: 'locals and targets of a br_table',
    toFields: (count) => bomb(`(block (br_table ${times(count, '0')} (local.get $go)))`, { locals: 20_000 }),
    limit: 520,
  },
  {
    name: 'locals and calls',
    toFields: (count) => bomb(times(count, '(call $nothing)'), { locals: 49_000, fields: nothing }),
    limit: 650,
  },
  {
    name: 'locals and assignments',
    toFields: (count) =>
      bomb(
        times(count, (at) => `(local.set ${1 + (at % 100)} (local.get $go))`),
        { locals: 49_000 },
      ),
    limit: 4900,
  },
  {
    name: 'locals and clauses that catch',
    toFields: (count) =>
      bomb(`(block $out (try_table ${times(count, '(catch_all $out)')} (call $nothing)))`, {
        locals: 20_000,
        fields: nothing,
      }),
    limit: 300,
  },
  {
    name: 'operands and ifs',
    toFields: (count) =>
      bomb(`${times(9000, '(local.get $go)')} ${times(count, '(if (local.get $go) (then))')} ${times(9000, '(drop)')}`),
    limit: 350,
  },
  {
    name: 'calls of what takes and gives much',
    toFields: (count) =>
      bomb(`${times(500, '(local.get $go)')} ${times(count, '(call $much)')} ${times(500, '(drop)')}`, {
        fields: `(func $much (param ${many}) (result ${many}) unreachable)`,
      }),
    limit: 32,
  },
  {
    name: 'indirect calls of what takes and gives much',
    toFields: (count) =>
      bomb(
        `${times(500, '(local.get $go)')} ${times(count, '(call_indirect (type $much) (i32.const 0))')} ${times(500, '(drop)')}`,
        { fields: `(type $much (func (param ${many}) (result ${many}))) (table 1 funcref)` },
      ),
    limit: 32,
  },
  {
    name: 'blocks that take and give much',
    toFields: (count) =>
      bomb(`${times(500, '(local.get $go)')} ${times(count, '(block (type $much))')} ${times(500, '(drop)')}`, {
        fields: `(type $much (func (param ${many}) (result ${many})))`,
      }),
    limit: 900,
  },
  {
    name: 'structs of many fields',
    toFields: (count) =>
      bomb(times(count, '(drop (struct.new_default $large))'), {
        fields: `(type $large (struct ${times(1000, '(field (mut i32))')}))`,
      }),
    limit: 650,
  },
  {
    name: 'arrays of a length that is not known',
    toFields: (count) =>
      bomb(times(count, '(drop (array.new_default $list (local.get $go)))'), {
        fields: '(type $list (array (mut i32)))',
      }),
    limit: 10_000,
  },
  {
    name: 'loops in loops',
    toFields: (count) => bomb(`${times(count, '(loop')} (nop) ${times(count, ')')}`, { locals: 100 }),
    limit: 6100,
  },
  { name: 'loops', toFields: (count) => bomb(times(count, '(loop)')), limit: 12_700 },
  {
    name: 'indirect calls',
    toFields: (count) => bomb(times(count, '(call_indirect (i32.const 0))'), { fields: '(table 1 funcref)' }),
    limit: 39_000,
  },
  {
    name: 'ifs in ifs',
    toFields: (count) => bomb(`${times(count, '(if (local.get $go) (then')} ${times(count, '))')}`),
    limit: 75_000,
  },
];

const TOO_MANY = '-refused';

/** What attacks with bombs are called: each is refused if it is large, and served if it is not. */
export function bombNames(): string[] {
  return BOMBS.map(toAttackName).flatMap((name) => [name, name + TOO_MANY]);
}

const toAttackName = ({ name }: Bomb): string => name.toLowerCase().replaceAll(/\W/g, '-');

/** The fields of the attack that is called so. */
export function fieldsOfBomb(attack: string): string {
  const found = BOMBS.find((one) => attack.replace(TOO_MANY, '') === toAttackName(one));
  if (found === undefined) throw new Error(`there is no bomb ${attack}`);
  return found.toFields(attack.endsWith(TOO_MANY) ? 2 * found.limit : Math.floor(found.limit / 2));
}

/** What is said of one that is refused. */
export const TOO_DEAR =
  /^core module: function \d+ \("bomb"\) has \d+ bytes, .* it may take up to \d+ (ms to compile, the limit is 100|bytes of memory to compile, the limit is 536870912) \(--limit function-compile-(ms|bytes)\)/;
