/** What happened, in order, and a way to wait for what will. */
export interface Recorder<T> {
  readonly all: readonly T[];
  add(item: T): void;
  /** The first item that fits, once there is one. */
  until(fits: (item: T) => boolean): Promise<T>;
}

export function createRecorder<T>(): Recorder<T> {
  const all: T[] = [];
  const waiting = new Set<(item: T) => void>();
  return {
    all,
    add: (item) => {
      all.push(item);
      for (const tell of waiting) tell(item);
    },
    until: (fits) => {
      const found = all.find(fits);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve) => {
        const tell = (item: T): void => {
          if (!fits(item)) return;
          waiting.delete(tell);
          resolve(item);
        };
        waiting.add(tell);
      });
    },
  };
}
