import { type CpuProfile, ProfileTree, addToTree } from './profile-tree.ts';

/**
 * One profile of several processes: a tree of all their calls, and a time line on which one process follows the other, because a profile has only one
 * thread. So it lasts as long as all together.
 */
export function mergeProfiles(profiles: readonly CpuProfile[]): CpuProfile {
  const [first] = profiles;
  if (first === undefined) throw new RangeError('there is no profile');
  const tree = new ProfileTree();
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  let restUs = 0;
  let totalUs = 0;
  for (const profile of profiles) {
    const ids = addToTree(tree, profile, undefined, (callFrame, parent) => ({
      node: tree.child(parent, callFrame),
      state: undefined,
    }));
    const deltas = profile.timeDeltas ?? [];
    for (const id of profile.samples ?? []) samples.push(ids.get(id) ?? tree.root.id);
    for (const [index, delta] of deltas.entries()) timeDeltas.push(index === 0 ? delta + restUs : delta);
    const lastedUs = profile.endTime - profile.startTime;
    restUs = lastedUs - deltas.reduce((sum, delta) => sum + delta, 0) + (deltas.length === 0 ? restUs : 0);
    totalUs += lastedUs;
  }
  const { startTime } = first;
  return { nodes: tree.toNodes(), startTime, endTime: startTime + totalUs, samples, timeDeltas };
}
