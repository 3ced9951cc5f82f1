import type { Runtime } from 'node:inspector';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeProfile } from '../../../src/observe/profile/encode-profile.ts';
import { groupByComponent } from '../../../src/observe/profile/group-by-component.ts';
import type { V8Frame } from '../../../src/observe/profile/guest-code.ts';
import { mergeProfiles } from '../../../src/observe/profile/merge-profiles.ts';
import type { CpuProfile } from '../../../src/observe/profile/profile-tree.ts';

const COMPONENTS = ['/srv/one.wasm', '/srv/other.wasm'];

/** Guests' functions are those with a URL of the kind. */
const code = {
  find: ({ url, columnNumber }: V8Frame) => {
    const component = COMPONENTS.find((one) => url === `guest:${one}`);
    if (component === undefined) return undefined;
    return { component, module: 0, index: columnNumber, name: `f${columnNumber}`, offset: columnNumber };
  },
};

function frame(functionName: string, url: string, columnNumber: number): Runtime.CallFrame {
  return { functionName, scriptId: '1', url, lineNumber: 0, columnNumber };
}

const frames = fc.oneof(
  fc.nat(3).map((number) => frame(`host${number}`, 'host.js', number)),
  fc
    .record({ component: fc.constantFrom(...COMPONENTS), number: fc.nat(3) })
    .map(({ component, number }) => frame('wasm-function', `guest:${component}`, number)),
);

/** Stacks, the outermost frame first, made into the tree that V8 would give. */
const profiles = fc
  .array(fc.record({ stack: fc.array(frames, { maxLength: 6 }), deltaUs: fc.integer({ min: 1, max: 2000 }) }), {
    maxLength: 30,
  })
  .map((samples): CpuProfile => {
    const nodes: CpuProfile['nodes'] = [{ id: 1, callFrame: frame('(root)', '', -1), hitCount: 0, children: [] }];
    const ids = samples.map(({ stack }) => {
      let node = nodes[0] as CpuProfile['nodes'][number];
      for (const callFrame of stack) {
        const known = nodes.find(
          (one) =>
            node.children?.includes(one.id) === true && JSON.stringify(one.callFrame) === JSON.stringify(callFrame),
        );
        const next = known ?? { id: nodes.length + 1, callFrame, hitCount: 0, children: [] };
        if (known === undefined) {
          nodes.push(next);
          node.children?.push(next.id);
        }
        node = next;
      }
      node.hitCount = (node.hitCount ?? 0) + 1;
      return node.id;
    });
    const timeDeltas = samples.map(({ deltaUs }) => deltaUs);
    const endTime = 1000 + timeDeltas.reduce((sum, delta) => sum + delta, 0) + 17;
    return { nodes, startTime: 1000, endTime, samples: ids, timeDeltas };
  });

/** The stack of each sample, without the root. */
function stacksOf({ nodes, samples = [] }: CpuProfile): Runtime.CallFrame[][] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  return samples.map((sample) => {
    const stack: Runtime.CallFrame[] = [];
    for (let id: number | undefined = sample; id !== undefined && parents.has(id); id = parents.get(id)) {
      stack.unshift(byId.get(id)?.callFrame as Runtime.CallFrame);
    }
    return stack;
  });
}

const hitsOf = ({ nodes }: CpuProfile): number => nodes.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0);
const timesOf = ({ timeDeltas = [] }: CpuProfile): number => timeDeltas.reduce((sum, delta) => sum + delta, 0);
const nameOf = ({ functionName }: Runtime.CallFrame): string => functionName;

test('each sample has its own stack, cut where its innermost component was entered, below the frame of that', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      const grouped = groupByComponent(profile, code);
      const expected = stacksOf(profile).map((stack) => {
        const owners = stack.map((callFrame) => code.find(callFrame)?.component);
        const last = owners.findLastIndex((owner) => owner !== undefined);
        if (last === -1) return stack.map(nameOf);
        const component = owners[last];
        let first = owners.findLastIndex((owner, at) => at < last && owner !== undefined && owner !== component) + 1;
        while (owners[first] === undefined) first += 1;
        const names = stack.slice(first).map((callFrame) => code.find(callFrame)?.name ?? nameOf(callFrame));
        return [component === COMPONENTS[0] ? 'one.wasm' : 'other.wasm', ...names];
      });
      expect(stacksOf(grouped).map((stack) => stack.map(nameOf))).toEqual(expected);
      expect(hitsOf(grouped)).toBe(hitsOf(profile));
      expect(grouped.timeDeltas).toEqual(profile.timeDeltas);
    }),
  );
});

test('there is one frame for each component, at the root', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      const { nodes } = groupByComponent(profile, code);
      const roots = nodes.filter(({ callFrame }) => COMPONENTS.includes(callFrame.url));
      expect(new Set(roots.map(({ callFrame }) => callFrame.url)).size).toBe(roots.length);
      for (const { id } of roots) expect(nodes[0]?.children).toContain(id);
    }),
  );
});

test('merged profiles keep all samples in their order, and last as long as all together', () => {
  fc.assert(
    fc.property(fc.array(profiles, { minLength: 1, maxLength: 4 }), (all) => {
      const merged = mergeProfiles(all);
      expect(stacksOf(merged)).toEqual(all.flatMap(stacksOf));
      expect(hitsOf(merged)).toBe(all.reduce((sum, profile) => sum + hitsOf(profile), 0));
      const lastedUs = all.reduce((sum, { startTime, endTime }) => sum + endTime - startTime, 0);
      expect(merged.endTime - merged.startTime).toBe(lastedUs);
      expect(timesOf(merged)).toBeLessThanOrEqual(lastedUs);
      // Node by node: who has a child is its only parent.
      const children = merged.nodes.flatMap((node) => node.children ?? []);
      expect(new Set(children).size).toBe(children.length);
    }),
  );
});

test('the encoded profile is the same, in JSON', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      expect(JSON.parse([...encodeProfile(profile)].join(''))).toEqual(profile);
    }),
  );
  const samples = Array.from({ length: 10_000 }, (_, index) => index);
  const long: CpuProfile = { nodes: [], startTime: 0, endTime: 1, samples, timeDeltas: samples };
  expect(JSON.parse([...encodeProfile(long)].join(''))).toEqual(long);
});
