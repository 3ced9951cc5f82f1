import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { demangle } from '../../../src/observe/profile/demangle.ts';

test.each([
  ['_ZN4spin4spin17h4b2892077fa10fb2E', 'spin::spin'],
  [
    '_ZN95_$LT$spin..Component$u20$as$u20$wasip2..proxy..exports..wasi..http..incoming_handler..Guest$GT$6handle17hd8b6715814a46f3dE',
    '<spin::Component as wasip2::proxy::exports::wasi::http::incoming_handler::Guest>::handle',
  ],
  [
    '_ZN4core4iter6traits8iterator8Iterator8for_each4call28_$u7b$$u7b$closure$u7d$$u7d$17h8cd861f67be4cb99E',
    'core::iter::traits::iterator::Iterator::for_each::call::{{closure}}',
  ],
  ['_RNvCs21hi0yVfW1J_4test3foo', 'test::foo'],
  ['_RNvMs8_CsjlDtaMZrRsD_22wasi_snapshot_preview1NtB5_5State3ptr', '<wasi_snapshot_preview1::State>::ptr'],
  ['_RNCNvCs_4main4mains_0', 'main::main::{closure#1}'],
  ['_RNvXs_Cs_1aNtB4_1SNtB4_1T1m', '<a::S as a::T>::m'],
  ['_RINvNtC3std3mem8align_ofdE', 'std::mem::align_of<f64>'],
  ['_RINvC1a1bDNtC1c1TEL_E', 'a::b<dyn c::T>'],
  ['_RINvC1a1bFUKCjRemEuE', 'a::b<fn(usize, &str, u32)>'],
  ['_RINvC1a1bAhj3_TmmEE', 'a::b<[u8; 3], (u32, u32)>'],
])('%s is %s', (mangled, name) => {
  expect(demangle(mangled)).toBe(name);
});

test.each([
  'malloc',
  'wasi:http/incoming-handler@0.2.12#handle',
  '_ZN3foo3barE',
  '_ZN99foo17h0123456789abcdefE',
  '_RNvC1',
  // A reference to itself, and to what comes.
  '_RB_',
  '_RNvB9_1a',
])('%s stays as it is', (name) => {
  expect(demangle(name)).toBe(name);
});

test('no name takes long or fails', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'BCIMNXYRTSEsv0123_a$.'.split('')), maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom('_R', '_RIC', '_RNvC', '_ZN', ''), letters, (start, rest) => {
      expect(demangle(start + rest).length).toBeLessThan(10_000);
    }),
    { numRuns: 2000 },
  );
});

test('a name whose references would repeat it without end stays as it is', () => {
  const doubling = Array.from({ length: 40 }, () => 'TB0_B0_E').join('');
  const name = `_RINvC1a1b${doubling}E`;
  expect(demangle(name).length).toBeLessThan(10_000);
});
