import type { Case, Field, ValType } from './types.ts';

/** A type that is not only another way of writing one of these. */
export type GeneralType = Exclude<ValType, { kind: 'tuple' | 'enum' | 'option' | 'result' }>;

/** The types of which one case holds at a time. */
export type VariantLike = Extract<ValType, { kind: 'variant' | 'enum' | 'option' | 'result' }>;

/** The types of which all parts hold at once. */
export type RecordLike = Extract<ValType, { kind: 'record' | 'tuple' }>;

export type Kind = ValType['kind'];

/** The type of one kind. */
export type TypeOf<K extends Kind> = ValType & { readonly kind: K };

/** The type that has the same representation and that the rules of layout are about. Source: `despecialize`. */
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

/** The fields of a record; of a tuple they are called by their index. */
export function fieldsOf(t: RecordLike): readonly Field[] {
  return t.kind === 'record' ? t.fields : t.elements.map((type, i) => ({ label: String(i), type }));
}

/** The cases, as `despecialize` names them; a result's second one is called `err`, as in `Result`. */
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

/** The types that `t` is made of. */
export function partsOf(t: ValType): readonly ValType[] {
  if (t.kind === 'list') return [t.element];
  if (isRecordLike(t)) return fieldsOf(t).map((field) => field.type);
  return isVariantLike(t) ? casesOf(t).flatMap((c) => c.type ?? []) : [];
}
