// What other runtimes and bundles run, in plain JavaScript: one fact a line of JSON. Arguments: the folder of the guests, one for a cache.
import process from 'node:process';
import { createHost, createMetrics, listenAdmin, loadComponent } from '../../src/index.ts';

const [guests, cache] = process.argv.slice(2);

async function load(name, options) {
  return await loadComponent(`${guests}/${name}/${name}.wasm`, { cache: false, ...options });
}

async function tell(fact, find) {
  const found = await find().catch((error) => `${error.name}: ${error.message}`);
  console.log(JSON.stringify([fact, found]));
}

await tell('fetch', async () => {
  await using host = createHost(await load('hello'));
  const response = await host.fetch('/');
  return [response.status, await response.text()];
});

await tell('port', async () => {
  await using host = createHost(await load('echo'));
  const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
  const response = await fetch(`http://127.0.0.1:${address.port}/`, { method: 'POST', body: 'to and fro' });
  return [response.status, await response.text()];
});

await tell('routes', async () => {
  await using host = createHost();
  host.mount('/hello', await load('hello'));
  host.app.get('/version', (c) => c.text('7'));
  host.app.use('/hello/*', async (_c, next) => await next());
  const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
  const get = async (path) => await (await fetch(`http://127.0.0.1:${address.port}${path}`)).text();
  return [await get('/version'), await get('/hello'), await get('/hello/x')];
});

await tell('deadline', async () => {
  await using host = createHost(await load('spin'), { timeoutMs: 1000 }, () => undefined);
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 5);
  const response = await host.fetch('/?before');
  clearInterval(timer);
  return [response.status, turns > 0 ? 'others ran meanwhile' : 'others waited'];
});

await tell('outbound', async () => {
  await using upstream = createHost(await load('hello'));
  const { address } = await upstream.listen({ hostname: '127.0.0.1', port: 0 });
  await using host = createHost(await load('outbound-get'));
  const response = await host.fetch(`/?url=http://127.0.0.1:${address.port}/`);
  return [response.status, (await response.text()).includes('Hello from wasi-serve!')];
});

await tell('cache', async () => {
  await load('js-hono', { cache });
  await using host = createHost(await load('js-hono', { cache }));
  return await (await host.fetch('/')).text();
});

await tell('wit', async () => {
  const wit = 'package acme:greeter@1.0.0; interface greet { hello: func(name: string) -> string; }';
  const funcs = { hello: (_ctx, name) => `Hello, ${name}!` };
  const greet = { name: 'acme:greeter/greet', version: '1.0.0', wit, resources: {}, mayWait: [], funcs };
  return (await load('hello', { interfaces: [greet] })).engine.name;
});

await tell('metrics', async () => {
  const metrics = await createMetrics();
  await using admin = await listenAdmin(metrics, { hostname: '127.0.0.1', port: 0 });
  const text = await (await fetch(`http://127.0.0.1:${admin.address.port}/metrics`)).text();
  return text.includes('wasi_serve_requests_in_flight');
});

await tell('jco', async () => {
  await using host = createHost(await load('hello', { engine: 'jco' }));
  const response = await host.fetch('/');
  return [response.status, await response.text()];
});

process.exit(0);
