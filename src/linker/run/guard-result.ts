import { casesOf, fieldsOf, isRecordLike, isVariantLike, partsOf } from '../../abi/despecialize.ts';
import type { HostFunc, ResourceClass } from '../../abi/host-interface.ts';
import { lengthOf, matchCase } from '../../abi/shape.ts';
import { fieldValue } from '../../abi/store.ts';
import { Trap } from '../../util/trap.ts';
import { checkTypeSize } from '../../abi/type-size.ts';
import type { FuncType, ResourceType, ValType } from '../../abi/types.ts';

/** The class of a host resource's reps; `undefined` if a component defines the resource. */
type ClassOf = (type: ResourceType) => ResourceClass | undefined;

/**
 * Makes `func`, of an interface without WIT, return what the component declares: a resource that it returns must be of the resource's class. Otherwise a
 * component could declare that a function returns a resource when it returns something else, and pass that on to others as the resource.
 *
 * Functions that are not declared to return resources are unchanged. A wrong result ends the guest with a trap.
 */
export function guardResult<Ctx>(
  { name, func }: { readonly name: string; readonly func: HostFunc<Ctx> },
  type: FuncType,
  classOf: ClassOf,
): HostFunc<Ctx> {
  const { result } = type;
  if (result === undefined) return func;
  checkTypeSize(type, name);
  const owning = new Map<ValType, boolean>();
  if (!noteOwning(result, owning)) return func;
  const check = <T>(value: T): T => {
    checkResources(value, result, { name, classOf, owning });
    return value;
  };
  return (ctx, ...args) => {
    const returned = func(ctx, ...args);
    return returned instanceof Promise ? returned.then(check) : check(returned);
  };
}

/** Records of a type, and of all its parts, whether it contains owned resources. */
function noteOwning(type: ValType, owning: Map<ValType, boolean>): boolean {
  const known = owning.get(type);
  if (known !== undefined) return known;
  const parts = partsOf(type).map((part) => noteOwning(part, owning));
  const owns = type.kind === 'own' || parts.includes(true);
  owning.set(type, owns);
  return owns;
}

interface Guard {
  readonly name: string;
  readonly classOf: ClassOf;
  readonly owning: ReadonlyMap<ValType, boolean>;
}

function checkResources(value: unknown, type: ValType, guard: Guard): void {
  if (guard.owning.get(type) !== true) return;
  if (type.kind === 'own') checkResource(value, type.resource, guard);
  else if (type.kind === 'list') {
    const length = lengthOf(value, type.length);
    for (let i = 0; i < length; i += 1) checkResources((value as ArrayLike<unknown>)[i], type.element, guard);
  } else if (isRecordLike(type)) {
    for (const [i, field] of fieldsOf(type).entries()) checkResources(fieldValue(value, type, i), field.type, guard);
  } else if (isVariantLike(type)) {
    const { index, value: payload } = matchCase(value, type);
    const part = casesOf(type)[index]?.type;
    if (part !== undefined) checkResources(payload, part, guard);
  }
}

function checkResource(value: unknown, type: ResourceType, { name, classOf }: Guard): void {
  const repClass = classOf(type);
  if (repClass === undefined || isInstance(value, repClass)) return;
  throw new Trap(`${name} returned a value that is not a ${type.name}, as the component declares`);
}

/** Like `instanceof`, but a class cannot override it. */
function isInstance(value: unknown, { prototype }: ResourceClass): boolean {
  return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(prototype, value);
}
