// A Hono app as a guest: routes, a parameter, a streamed echo, and a middleware around them all.
import { Hono } from 'hono';

const app = new Hono();

app.use(async (context, next) => {
  await next();
  context.header('x-served-by', 'hono');
});

app.get('/', (context) => context.text('Hello from Hono!\n'));
app.get('/json', (context) => context.json({ hello: 'hono' }));
app.get('/params/:id', (context) => context.json({ id: context.req.param('id'), query: context.req.query() }));
app.post('/echo', (context) => context.body(context.req.raw.body));

addEventListener('fetch', (event) => event.respondWith(app.fetch(event.request)));
