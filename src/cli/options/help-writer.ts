import type { Command, Help } from 'commander';

/** The width of help if the terminal's is unknown. */
const DEFAULT_COLUMNS = 80;

/** What a help lists: a name and what it is. */
export interface HelpItem {
  readonly name: string;
  readonly help: string;
}

/** Writes help beside the options of a command, as wide as the terminal and in the same style. */
export class HelpWriter {
  readonly #helper: Help;
  readonly #columns: number;

  constructor(command: Command) {
    this.#columns = command.configureOutput().getOutHelpWidth?.() ?? DEFAULT_COLUMNS;
    this.#helper = command.createHelp();
    this.#helper.prepareContext({ helpWidth: this.#columns });
  }

  /** A line for each item, or several, with the texts in one column. */
  items(items: readonly HelpItem[]): string {
    const width = Math.max(0, ...items.map(({ name }) => name.length));
    return items.map(({ name, help }) => this.#helper.formatItem(name, width, help, this.#helper)).join('\n');
  }

  paragraph(text: string): string {
    return this.#helper.boxWrap(text, this.#columns);
  }
}
