// Stands in the executable for `src/util/own-file.ts`: files of ours are parts of it.
import { getAsset, getAssetKeys } from 'node:sea';

/** The URL of a thread's source, if the executable has it. */
export function ownFile(name: string): URL {
  const asset = `${name}.js`;
  const isHere = getAssetKeys().includes(asset);
  return new URL(isHere ? `data:text/javascript,${encodeURIComponent(getAsset(asset, 'utf8'))}` : `file:///${asset}`);
}

export function hasOwnFile({ protocol }: URL): boolean {
  return protocol === 'data:';
}
