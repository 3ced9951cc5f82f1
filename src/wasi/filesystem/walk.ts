import { isUtf8 } from 'node:buffer';
import { FileError, hasErrno } from './file-error.ts';
import type { Identity, OpenFile } from './open-file.ts';
import type { OpenFiles } from './open-files.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, readlink } from './system-calls.ts';

/** As the kernel. Source: path_resolution(7). */
const MAX_LINKS = 40;
const MAX_PATH_BYTES = 4095;

/** Which directory it is does not matter on the way. */
const ON_THE_WAY: Identity = Object.freeze({ type: 'directory', dev: 0n, ino: 0n, size: 0n });

/**
 * The way of a path below a directory, which it cannot leave, whatever others rename or link meanwhile.
 *
 * The kernel is never given more than one name at a time, below a directory that is open already, and never follows a link there: a link is read, and the
 * names of its target are walked like the others. `..` goes back to the directory that this walk came from; there is none before the first. So each place
 * was found by its name in a directory that had been reached before. (`openat2` with `RESOLVE_BENEATH` does the same in one call, which Node does not have.)
 *
 * Whoever makes a walk disposes it, which closes the directories on the way.
 */
export class Walk implements Disposable {
  readonly #files: OpenFiles;
  /** The directories from the first to the one that holds the place. */
  readonly #way: OpenFile[];
  /** The names that are left, the next one last. */
  readonly #names: string[] = [];
  #links = 0;
  #name = '';
  #isDirectoryPath = false;

  constructor(files: OpenFiles, from: OpenFile) {
    this.#files = files;
    this.#way = [from.hold()];
  }

  /** The directory that holds the place. */
  get directory(): OpenFile {
    return this.#way.at(-1) as OpenFile;
  }

  /** The place's name in `directory`; empty if the place is that directory itself, reached by `.` or `..`. */
  get name(): string {
    return this.#name;
  }

  /** Whether only a directory can be meant, since the path ended with a slash. */
  get isDirectoryPath(): boolean {
    return this.#isDirectoryPath;
  }

  /** The place, for calls of the kernel that do not follow a link there. */
  get path(): string {
    return this.#name === '' ? this.directory.path : `${this.directory.path}/${this.#name}`;
  }

  /** As `path`, with a slash if the guest's path had one: only for calls that follow no link even then, and that have errors of their own for it. */
  get pathAsGiven(): string {
    return this.#isDirectoryPath ? `${this.path}/` : this.path;
  }

  /** Goes to the place that `path` names, which need not exist. Throws `FileError`, or the system's error for a directory on the way. */
  async go(path: string): Promise<this> {
    this.#isDirectoryPath = path.endsWith('/');
    this.#push(path);
    await this.#advance();
    return this;
  }

  /** Goes to where the link leads that is at the place. Throws `FileError` `loop` after too many, and the system's `EINVAL` if it is not a link. */
  async follow(): Promise<void> {
    const target = await this.#readLink(this.#name);
    this.#isDirectoryPath ||= target.endsWith('/');
    this.#push(target);
    await this.#advance();
  }

  [Symbol.dispose](): void {
    for (const directory of this.#way) directory.release();
    this.#way.length = 0;
  }

  #push(path: string): void {
    assertRelative(path);
    const names = path.split('/').filter((name) => name !== '');
    this.#names.push(...names.toReversed());
  }

  /** Walks all names but the last, which becomes the place. */
  async #advance(): Promise<void> {
    this.#name = '';
    for (let name = this.#names.pop(); name !== undefined; name = this.#names.pop()) {
      if (name === '..') this.#goBack();
      else if (name !== '.') await this.#enter(name);
    }
  }

  async #enter(name: string): Promise<void> {
    if (this.#names.length === 0) this.#name = name;
    else await this.#descend(name);
  }

  #goBack(): void {
    if (this.#way.length === 1) throw new FileError('not-permitted');
    this.#way.pop()?.release();
  }

  async #descend(name: string): Promise<void> {
    try {
      const path = `${this.directory.path}/${name}`;
      this.#way.push(await this.#files.openKnown(path, O_PATH | O_DIRECTORY | O_NOFOLLOW, ON_THE_WAY));
    } catch (error) {
      if (!hasErrno(error, 'ENOTDIR')) throw error;
      this.#push(await this.#readLinkOnTheWay(name));
    }
  }

  async #readLinkOnTheWay(name: string): Promise<string> {
    try {
      return await this.#readLink(name);
    } catch (error) {
      throw hasErrno(error, 'EINVAL') ? new FileError('not-directory') : error;
    }
  }

  async #readLink(name: string): Promise<string> {
    const target = toText(await readlink(`${this.directory.path}/${name}`));
    this.#links += 1;
    if (this.#links > MAX_LINKS) throw new FileError('loop');
    return target;
  }
}

/** The text of a name; throws `FileError` if it is not UTF-8, since guests have no other names. */
export function toText(name: Buffer): string {
  if (!isUtf8(name)) throw new FileError('illegal-byte-sequence');
  return name.toString();
}

/** Throws `FileError` for a path that no walk can go. */
function assertRelative(path: string): void {
  if (path === '') throw new FileError('no-entry');
  if (path.includes('\0')) throw new FileError('invalid');
  if (path.startsWith('/')) throw new FileError('not-permitted');
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new FileError('name-too-long');
}
