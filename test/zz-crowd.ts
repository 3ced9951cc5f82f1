import { Crowd } from './hazards/crowd.ts';
const [origin, count, conduct, trickle = '', secs = '10'] = process.argv.slice(2) as string[];
const crowd = await Crowd.gather(origin!, Number(count), JSON.parse(conduct!));
setInterval(() => crowd.trickle(trickle.replaceAll('\\r\\n','\r\n')), 500);
console.log('gathered');
setTimeout(() => process.exit(), Number(secs) * 1000);
