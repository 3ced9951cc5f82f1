import { testAttacks } from './test-attacks.ts';

testAttacks({ engine: 'linker', isolation: 'fresh' });
