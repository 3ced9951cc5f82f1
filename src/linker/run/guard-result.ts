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
 * `func`, of an interface that says nothing of its types, held to what the component declares of it: a resource that it returns is of the
 * resource's class. Else a component could declare that a function which returns something else returns one, and give that to others as one.
 *
 * Functions that are not declared to return resources are as they were. What it returns otherwise ends the guest by a trap.
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

/** Notes of a type, and of all that it is made of, whether there are owned resources in it. */
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
  throw new Trap(`${name} returned what is not a ${type.name}, though the component declares that it does`);
}

/** As `instanceof`, of which a class could say anything. */
function isInstance(value: unknown, { prototype }: ResourceClass): boolean {
  return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(prototype, value);
}
