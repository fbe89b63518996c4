import * as z from 'zod';
import { DECIMAL, type Decimal } from '../values/decimal.ts';

/** One of the known values, or a new one. */
export type Open<Known extends string> = Known | (string & Record<never, never>);

/**
 * A text that matches a pattern. A one-part template tests it while parsing; `z.string().regex` would queue a check,
 * which costs more than the test itself, and a level has two of these.
 */
function textField(pattern: RegExp, error: string): z.ZodTemplateLiteral {
  return z.templateLiteral([z.string().regex(pattern)], { error });
}

/** A {@link Decimal} field. The brand exists only for the type checker. */
export const decimalField: z.ZodType<Decimal> = textField(
  DECIMAL,
  'expected a decimal',
) as unknown as z.ZodType<Decimal>;

/** A decimal, or `""` for none. */
export const optionalDecimalField: z.ZodType<Decimal | ''> = textField(
  new RegExp(`^(?:${DECIMAL.source.slice(1, -1)})?$`),
  'expected a decimal or ""',
) as unknown as z.ZodType<Decimal | ''>;

/** A text with known values, which the drift report and the JSON Schema list but nothing enforces. */
export function openField<const Known extends string>(...known: Known[]): z.ZodType<Open<Known>> {
  return z.string().meta({ examples: known });
}

const partialLists = new WeakSet<z.ZodType>();

/** A list of independent items: omitting one leaves the others true. */
export function partialList<Item>(item: z.ZodType<Item>): z.ZodArray<z.ZodType<Item>> {
  const list = z.array(item);
  partialLists.add(list);
  return list;
}

/** Whether a schema was made by {@link partialList}. */
export function isPartialList(schema: z.ZodType): boolean {
  return partialLists.has(schema);
}

/** An object type without the index signature that stands for unknown keys. */
type Declared<Output> = { [Key in keyof Output as string extends Key ? never : Key]: Frozen<Output[Key]> };
type Frozen<Value> = Value extends string
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
      : Value;
type Same<A, B> = [A, keyof A, B, keyof B] extends [B, keyof B, A, keyof A] ? unknown : never;

/**
 * Proves to the type checker that an interface and its schema agree in both directions: a field that only one of them
 * has does not compile.
 */
export function schemaFor<Interface>() {
  return <Schema extends z.ZodType<Interface>>(
    schema: Schema & Same<Interface, Declared<z.output<Schema>>>,
  ): z.ZodType<Interface> => schema;
}
