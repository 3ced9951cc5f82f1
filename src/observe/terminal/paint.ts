import { styleText } from 'node:util';

/** What a piece of text means; how it looks is up to the terminal. */
export type Tone = 'good' | 'bad' | 'odd' | 'faint' | 'strong';

/** Styles text for its reader. */
export type Paint = (tone: Tone, text: string) => string;

/** Adds no colours. */
export const PLAIN: Paint = (_tone, text) => text;

/** Adds ANSI colours. */
export const COLOURED: Paint = (tone, text) => styleText(STYLES[tone], text, { validateStream: false });

const STYLES = { good: 'green', bad: 'red', odd: 'yellow', faint: 'dim', strong: 'bold' } as const;
