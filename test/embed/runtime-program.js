// What `runtimes.test.ts` has other runtimes run, in plain JavaScript: one fact a line of JSON. Arguments: our index.js, the folder of the guests.
import process from 'node:process';

const [index, guests] = process.argv.slice(2);
const { createHost, createMetrics, loadComponent } = await import(index);

async function load(name, options) {
  return await loadComponent(`${guests}/${name}/${name}.wasm`, { cache: false, ...options });
}

async function tell(fact, find) {
  const found = await find().catch((error) => String(error?.stack ?? error));
  console.log(JSON.stringify([fact, found]));
}

await tell('fetch', async () => {
  await using host = createHost(await load('hello'));
  const response = await host.fetch(new Request('http://localhost/'));
  return [response.status, await response.text()];
});

await tell('port', async () => {
  await using host = createHost(await load('echo'));
  const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
  const response = await fetch(`http://127.0.0.1:${address.port}/`, { method: 'POST', body: 'to and fro' });
  return [response.status, await response.text()];
});

await tell('deadline', async () => {
  await using host = createHost(await load('spin'), { timeoutMs: 1000 });
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 5);
  const response = await host.fetch(new Request('http://localhost/?before'));
  clearInterval(timer);
  return [response.status, turns > 0 ? 'others ran meanwhile' : 'others waited'];
});

await tell('outbound', async () => {
  await using upstream = createHost(await load('hello'));
  const { address } = await upstream.listen({ hostname: '127.0.0.1', port: 0 });
  await using host = createHost(await load('outbound-get'));
  const response = await host.fetch(new Request(`http://localhost/?url=http://127.0.0.1:${address.port}/`));
  return [response.status, (await response.text()).includes('Hello from wasi-serve!')];
});

await tell('jco', async () => {
  await using host = createHost(await load('hello', { engine: 'jco' }));
  const response = await host.fetch(new Request('http://localhost/'));
  return [response.status, await response.text()];
});

await tell('metrics', async () => (await (await createMetrics()).toText()).includes('wasi_serve_requests_in_flight'));

process.exit(0);
