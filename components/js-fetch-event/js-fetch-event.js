// A handler in the style of service workers, which StarlingMonkey turns into wasi:http/incoming-handler.

addEventListener('fetch', (event) => event.respondWith(respond(event.request)));

async function respond(request) {
  const url = new URL(request.url);
  if (url.pathname === '/set-cookie') return setTwoCookies();
  if (url.pathname === '/fetch') return fetch(url.searchParams.get('url'));
  if (url.pathname === '/throw') throw new Error('thrown on purpose');
  if (request.method === 'POST') return echo(request);
  return new Response('Hello from StarlingMonkey!\n', { headers: { 'content-type': 'text/plain' } });
}

/** The body comes back as a stream: each chunk as it arrives. */
function echo(request) {
  return new Response(request.body, {
    headers: { 'content-type': request.headers.get('content-type') ?? 'application/octet-stream' },
  });
}

function setTwoCookies() {
  const headers = new Headers({ 'content-type': 'text/plain' });
  headers.append('set-cookie', 'first=1; Path=/');
  headers.append('set-cookie', 'second=2; Path=/');
  return new Response('two cookies\n', { headers });
}
