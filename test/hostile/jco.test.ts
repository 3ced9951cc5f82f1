import { testAttacks } from './test-attacks.ts';

testAttacks({ engine: 'jco', isolation: 'fresh' });
