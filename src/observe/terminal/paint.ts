import { styleText } from 'node:util';

/** What a stretch of text means; how it looks is up to the terminal. */
export type Tone = 'good' | 'bad' | 'odd' | 'faint' | 'strong';

/** Text as it goes to its reader. */
export type Paint = (tone: Tone, text: string) => string;

/** Without colours. */
export const PLAIN: Paint = (_tone, text) => text;

/** With a terminal's colours. */
export const COLOURED: Paint = (tone, text) => styleText(STYLES[tone], text, { validateStream: false });

const STYLES = { good: 'green', bad: 'red', odd: 'yellow', faint: 'dim', strong: 'bold' } as const;
