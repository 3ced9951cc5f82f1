import type { Case, Field, ValType } from './types.ts';

/** A type that is not a specialised form of another. */
export type GeneralType = Exclude<ValType, { kind: 'tuple' | 'enum' | 'option' | 'result' }>;

/** The types whose values are one of several cases. */
export type VariantLike = Extract<ValType, { kind: 'variant' | 'enum' | 'option' | 'result' }>;

/** The types whose values have all parts. */
export type RecordLike = Extract<ValType, { kind: 'record' | 'tuple' }>;

export type Kind = ValType['kind'];

/** The type of one kind. */
export type TypeOf<K extends Kind> = ValType & { readonly kind: K };

/** The general type with the same representation, for which the layout rules are defined. Source: `despecialize`. */
export function despecialize(t: ValType): GeneralType {
  if (isVariantLike(t)) return { kind: 'variant', cases: casesOf(t) };
  return isRecordLike(t) ? { kind: 'record', fields: fieldsOf(t) } : t;
}

export function isVariantLike(t: ValType): t is VariantLike {
  return t.kind === 'variant' || t.kind === 'enum' || t.kind === 'option' || t.kind === 'result';
}

export function isRecordLike(t: ValType): t is RecordLike {
  return t.kind === 'record' || t.kind === 'tuple';
}

/** The fields of a record, or of a tuple, where they are named by index. */
export function fieldsOf(t: RecordLike): readonly Field[] {
  return t.kind === 'record' ? t.fields : t.elements.map((type, i) => ({ label: String(i), type }));
}

/** The cases, named as in `despecialize`, except that a result's second case is `err`, as in `Result`. */
export function casesOf(t: VariantLike): readonly Case[] {
  if (t.kind === 'variant') return t.cases;
  if (t.kind === 'enum') return t.labels.map((label) => ({ label, type: undefined }));
  return t.kind === 'option'
    ? [
        { label: 'none', type: undefined },
        { label: 'some', type: t.some },
      ]
    : [
        { label: 'ok', type: t.ok },
        { label: 'err', type: t.err },
      ];
}

/** The direct parts of `t`. */
export function partsOf(t: ValType): readonly ValType[] {
  if (t.kind === 'list') return [t.element];
  if (isRecordLike(t)) return fieldsOf(t).map((field) => field.type);
  return isVariantLike(t) ? casesOf(t).flatMap((c) => c.type ?? []) : [];
}
