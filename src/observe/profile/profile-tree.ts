import type { Profiler, Runtime } from 'node:inspector';

export type CpuProfile = Profiler.Profile;
type CallFrame = Runtime.CallFrame;

/** A node of a tree of calls that is being built. */
export interface CallNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  hitCount: number;
  readonly children: Map<string, CallNode>;
}

/** A tree of calls, in which a node has one child for each function. Ids count from 1, that of the root. */
export class ProfileTree {
  readonly root: CallNode;
  readonly #nodes: CallNode[] = [];

  constructor() {
    this.root = this.#create(frameOf('(root)', ''));
  }

  /** The child of a node for a function, which is added if there is none. */
  child(parent: CallNode, callFrame: CallFrame): CallNode {
    const { functionName, url, lineNumber, columnNumber } = callFrame;
    const key = `${functionName}\n${url}\n${lineNumber}\n${columnNumber}`;
    const known = parent.children.get(key);
    if (known !== undefined) return known;
    const made = this.#create(callFrame);
    parent.children.set(key, made);
    return made;
  }

  /** The nodes as a profile has them, the root first. */
  toNodes(): CpuProfile['nodes'] {
    return this.#nodes.map(({ id, callFrame, hitCount, children }) => ({
      id,
      callFrame,
      hitCount,
      ...(children.size === 0 ? {} : { children: Array.from(children.values(), (child) => child.id) }),
    }));
  }

  #create(callFrame: CallFrame): CallNode {
    const node = { id: this.#nodes.length + 1, callFrame, hitCount: 0, children: new Map<string, CallNode>() };
    this.#nodes.push(node);
    return node;
  }
}

/** A frame without a place in a source. */
export function frameOf(functionName: string, url: string): CallFrame {
  return { functionName, scriptId: '0', url, lineNumber: -1, columnNumber: -1 };
}

/** A step of a walk through a profile: a node of it, and where it has gone. */
type Place<State> = readonly [id: number, node: CallNode, state: State];

/** Where a node goes: to a child of the node to which its parent went, or elsewhere in the tree. */
export type PlaceNode<State> = (
  callFrame: CallFrame,
  parent: CallNode,
  state: State,
) => { readonly node: CallNode; readonly state: State };

/** Adds the nodes of a profile to a tree, each where `place` says. Returns the new ids by the old ones. */
export function addToTree<State>(
  tree: ProfileTree,
  { nodes }: CpuProfile,
  start: State,
  place: PlaceNode<State>,
): ReadonlyMap<number, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ids = new Map<number, number>();
  const [first] = nodes;
  // Without recursion: guests may call deeply.
  const open: Place<State>[] = first === undefined ? [] : [[first.id, tree.root, start]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [id, node, state] = next;
    const { hitCount = 0, children = [] } = byId.get(id) ?? {};
    ids.set(id, node.id);
    node.hitCount += hitCount;
    for (const child of children) {
      const placed = place(byId.get(child)?.callFrame ?? frameOf('(unknown)', ''), node, state);
      open.push([child, placed.node, placed.state]);
    }
  }
  return ids;
}
