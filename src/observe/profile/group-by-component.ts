import { basename } from 'node:path';
import type { Runtime } from 'node:inspector';
import type { GuestCode, GuestFunction } from './guest-code.ts';
import { type CallNode, type CpuProfile, ProfileTree, addToTree, frameOf } from './profile-tree.ts';

/** Below which component's frame a walk is, if below any. */
type Below = string | undefined;

/**
 * The same profile with the guests' functions under their own names, and all that a component's guests do under one frame at the root, which is named after
 * its file: whatever of the host was above them is left out there. What the host does when a guest calls it stays below the guest.
 */
export function groupByComponent(profile: CpuProfile, code: Pick<GuestCode, 'find'>): CpuProfile {
  const tree = new ProfileTree();
  const place = (
    callFrame: Runtime.CallFrame,
    parent: CallNode,
    below: Below,
  ): { readonly node: CallNode; readonly state: Below } => {
    const func = code.find(callFrame);
    if (func === undefined) return { node: tree.child(parent, toHostFrame(callFrame)), state: below };
    const { component } = func;
    const from = component === below ? parent : tree.child(tree.root, frameOf(basename(component), component));
    return { node: tree.child(from, toGuestFrame(func)), state: component };
  };
  const ids = addToTree<Below>(tree, profile, undefined, place);
  return {
    ...profile,
    nodes: tree.toNodes(),
    samples: profile.samples?.map((id) => ids.get(id) ?? tree.root.id),
  };
}

/**
 * The place of a guest's function: its number in its core module stands in the URL, the offset of its body in the module in the column, as V8 has it for
 * modules that are not rewritten.
 */
function toGuestFrame({ component, module, index, name, offset }: GuestFunction): Runtime.CallFrame {
  const file = `wasm://${encodeURIComponent(basename(component))}/core-${module}`;
  return {
    functionName: name,
    scriptId: '0',
    url: index === undefined ? file : `${file}/function-${index}`,
    lineNumber: 0,
    columnNumber: offset,
  };
}

/** Functions of WebAssembly that the host makes for itself have numbers, as those of guests without names do. */
function toHostFrame(callFrame: Runtime.CallFrame): Runtime.CallFrame {
  if (!callFrame.url.startsWith('wasm://') || !callFrame.functionName.startsWith('wasm-function')) return callFrame;
  return { ...callFrame, functionName: `host ${callFrame.functionName}` };
}
