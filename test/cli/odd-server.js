// A server that differs from the one of `node odd-server.js same ADDR` in one thing: node odd-server.js WHAT ADDR
import { createServer } from 'node:http';

const [what, address = ''] = process.argv.slice(2);
const [hostname, port] = address.split(':');

if (what === 'silent') createServer(() => undefined).listen(Number(port), hostname);
else if (what === 'mute') setInterval(() => undefined, 60_000);
else if (what === 'ends') {
  console.error('cannot find the moon');
  process.exit(3);
} else createServer({ keepAlive: true }, answer).listen(Number(port), hostname);

function answer(request, response) {
  request.resume();
  request.on('end', () => setTimeout(reply, what === 'late' ? 300 : 0, response));
}

function reply(response) {
  response.setHeader('content-type', 'text/plain');
  response.setHeader('set-cookie', what === 'fields' ? ['a=1', 'c=3'] : ['a=1', 'b=2']);
  response.statusCode = what === 'status' ? 203 : 200;
  if (what === 'end') response.shouldKeepAlive = false;
  response.setHeader('trailer', 'x-sum');
  response.write('one ');
  if (what === 'broken') {
    setTimeout(() => response.socket?.resetAndDestroy(), 5);
    return;
  }
  response.addTrailers({ 'x-sum': what === 'trailers' ? '2' : '1' });
  response.end(what === 'body' ? 'twp' : 'two');
}
