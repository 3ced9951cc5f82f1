/** Lines for who waits: what is being done, what came of it, and how long it still takes. */
export class Progress {
  readonly #write: (text: string) => void;
  #secondsLeft = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Adds work to what is left. */
  plan(seconds: number): void {
    this.#secondsLeft += seconds;
  }

  /** Takes planned work off what is left, done or not. */
  spend(seconds: number): void {
    this.#secondsLeft = Math.max(0, this.#secondsLeft - seconds);
  }

  begin(what: string): void {
    // Guests are built before anything is planned.
    const left = this.#secondsLeft > 0 ? `[about ${formatTime(this.#secondsLeft)} left] ` : '';
    this.#write(`${left}${what}: `);
  }

  end(result: string): void {
    this.#write(`${result}\n`);
  }

  tell(line: string): void {
    this.#write(`${line}\n`);
  }
}

function formatTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, '0')}`;
}
