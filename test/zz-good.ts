import { Agent, get } from 'node:http';
const [url, secs] = process.argv.slice(2) as [string, string];
const kept = new Agent({ keepAlive: true, maxSockets: 1 });
const times: number[] = []; const bad: string[] = [];
const end = performance.now() + Number(secs) * 1000; let i = 0;
while (performance.now() < end) { const s = performance.now();
 const r = await new Promise<string>((res) => { const j=i; const ev: string[]=[]; const note=(w:string)=>ev.push(`${w} ${Date.now()%100000}`); note('start'); setTimeout(()=>{ if(ev.at(-1)!.startsWith('close')) return; console.log('HANG',j,ev.join(', ')); setTimeout(()=>console.log('THEN',j,ev.join(', ')),9000)},1500).unref(); get(`${url}&${j}`, { agent: i++ % 2 ? kept : (false as never) }, (m) => { note('head'); m.on('end',()=>note('end')); m.resume(); m.on('close', () => {note('close'); res(m.complete ? `${m.statusCode}` : 'inc')}); }).on('socket',(k)=>{note('socket '+k.localPort+' '+k.connecting)}).on('finish',()=>note('sent')).on('error', (e) => res(e.message)); });
 const t = performance.now() - s; times.push(t); if (r !== '200') bad.push(r); if (t > 300) console.log(`good: ${i%2? "kept":"new"} ${t.toFixed(0)}ms at ${(performance.now()/1000).toFixed(1)}`);
 await new Promise((r) => setTimeout(r, 20)); }
times.sort((a, b) => a - b);
console.log(`GOOD n ${times.length} p50 ${times[times.length>>1]!.toFixed(1)} p99 ${times[Math.floor(times.length*.99)]!.toFixed(0)} max ${times.at(-1)!.toFixed(0)} bad ${bad.length} ${[...new Set(bad)]}`);
kept.destroy(); process.exit();
