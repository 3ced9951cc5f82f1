/** A row of a line table: the code at an address comes from a line of a source file. */
export interface LineRow {
  /** In bytes from the start of the code section's content. */
  readonly address: number;
  readonly file: string;
  readonly line: number;
  /** Whether a debugger may stop here for the line. */
  readonly isStatement: boolean;
}

/** Reads little-endian numbers of one section. */
class Cursor {
  at = 0;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8 = (): number => this.#view.getUint8(this.at++);
  s8 = (): number => this.#view.getInt8(this.at++);
  u16 = (): number => this.#view.getUint16((this.at += 2) - 2, true);
  u32 = (): number => this.#view.getUint32((this.at += 4) - 4, true);

  uleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  sleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - 2 ** (shift + 7);
    }
  }

  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    const text = Buffer.from(this.bytes.subarray(this.at, end)).toString();
    this.at = end + 1;
    return text;
  }
}

/** The line table of a core module with DWARF 4 inside. Source: DWARF 4, 6.2. Tables of other versions are left out. */
export function readLines(module: WebAssembly.Module): LineRow[] {
  const [section] = WebAssembly.Module.customSections(module, '.debug_line');
  const cursor = new Cursor(new Uint8Array(section ?? new ArrayBuffer()));
  const rows: LineRow[] = [];
  while (cursor.at < cursor.bytes.length) {
    const end = cursor.u32() + cursor.at;
    if (cursor.u16() === 4) readProgram(cursor, end, rows);
    cursor.at = end;
  }
  return rows;
}

function readProgram(cursor: Cursor, end: number, rows: LineRow[]): void {
  const headerEnd = cursor.u32() + cursor.at;
  const shortest = cursor.u8();
  cursor.u8(); // operations of an instruction
  const startsAsStatement = cursor.u8() === 1;
  const [lineBase, lineRange, opcodeBase] = [cursor.s8(), cursor.u8(), cursor.u8()];
  const lengths = Array.from({ length: opcodeBase - 1 }, () => cursor.u8());
  const folders = [''];
  for (let folder = cursor.text(); folder !== ''; folder = cursor.text()) folders.push(folder);
  const files = [''];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) {
    files.push([folders[cursor.uleb()], name].filter(Boolean).join('/'));
    cursor.uleb(); // time
    cursor.uleb(); // length
  }
  cursor.at = headerEnd;
  const start = { address: 0, file: 1, line: 1, isStatement: startsAsStatement };
  let state = { ...start };
  const push = (): void => void rows.push({ ...state, file: files[state.file] ?? '' });
  while (cursor.at < end) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      state.address += Math.floor(adjusted / lineRange) * shortest;
      state.line += lineBase + (adjusted % lineRange);
      push();
    } else if (opcode === 0) {
      const next = cursor.uleb() + cursor.at;
      const extended = cursor.u8();
      if (extended === 1) state = { ...start };
      if (extended === 2) state.address = cursor.u32();
      cursor.at = next;
    } else if (opcode === 1) push();
    else if (opcode === 2) state.address += cursor.uleb() * shortest;
    else if (opcode === 3) state.line += cursor.sleb();
    else if (opcode === 4) state.file = cursor.uleb();
    else if (opcode === 6) state.isStatement = !state.isStatement;
    else if (opcode === 8) state.address += Math.floor((255 - opcodeBase) / lineRange) * shortest;
    else if (opcode === 9) state.address += cursor.u16();
    else for (let rest = lengths[opcode - 1] ?? 0; rest > 0; rest--) cursor.uleb();
  }
}
