/** A client of V8's inspector in another process, by its protocol. */
export interface InspectorClient extends Disposable {
  /** Resolves with what a method returns. */
  send<Result>(method: string, params?: object): Promise<Result>;
  /** Resolves with the first event of the name, past or future, that fits and that nobody has taken yet. */
  take<Event>(method: string, fits?: (event: Event) => boolean): Promise<Event>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export async function connectInspector(url: string): Promise<InspectorClient> {
  const socket = new WebSocket(url);
  const replies = new Map<number, (message: Message) => void>();
  const events: Message[] = [];
  const watchers = new Set<() => void>();
  let count = 0;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) replies.get(message.id)?.(message);
    else events.push(message);
    for (const look of watchers) look();
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error(`cannot connect to ${url}`)));
  });
  return {
    send: <Result>(method: string, params: object = {}) =>
      new Promise<Result>((resolve, reject) => {
        const id = ++count;
        replies.set(id, ({ result, error }) => {
          replies.delete(id);
          if (error === undefined) resolve(result as Result);
          else reject(new Error(`${method}: ${error.message}`));
        });
        socket.send(JSON.stringify({ id, method, params }));
      }),
    take: <Event>(method: string, fits: (event: Event) => boolean = () => true) =>
      new Promise<Event>((resolve) => {
        const look = (): void => {
          const index = events.findIndex((event) => event.method === method && fits(event.params as Event));
          if (index === -1) return;
          watchers.delete(look);
          const [event] = events.splice(index, 1);
          resolve(event?.params as Event);
        };
        watchers.add(look);
        look();
      }),
    [Symbol.dispose]: () => socket.close(),
  };
}
