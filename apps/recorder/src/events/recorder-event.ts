import { listText } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export type IncidentKind =
  | 'gap'
  | 'disconnect'
  | 'connect'
  | 'recovery'
  | 'stale'
  | 'rejected'
  | 'disk-full'
  | 'low-space'
  | 'resumed'
  | 'repaired'
  | 'clock-step'
  | 'failure';

/** How the status page lists an event. */
export interface IncidentDetails {
  readonly kind: IncidentKind;
  /** Given for events that come in storms: those with the same cause are merged, and this becomes their text. */
  readonly cause?: string;
  readonly count?: number | null;
  readonly afterMs?: number;
}

/** Something that happened, in one wording for the log, the terminal and the status page. */
export interface RecorderEvent {
  readonly level: LogLevel;
  /** A stable name, such as `disconnected`. */
  readonly event: string;
  /** A sentence that does not repeat the connection and the products below. */
  readonly text: string;
  readonly connection?: number;
  readonly products?: readonly string[];
  /** The same for a machine. */
  readonly fields?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  /** Absent for events that only the log has. */
  readonly incident?: IncidentDetails;
}

/** The whole sentence, as a line of its own. */
export function messageOf({ connection, products = [], text }: RecorderEvent): string {
  return [
    ...(connection === undefined ? [] : [`connection ${connection}`]),
    ...(products.length === 0 ? [] : [productList(products)]),
    text,
  ].join(': ');
}

/** All fields, with the connection and the products. */
export function fieldsOf({
  connection,
  products,
  fields,
}: RecorderEvent): NonNullable<RecorderEvent['fields']> {
  return {
    ...(connection === undefined ? {} : { connection }),
    ...fields,
    ...(products === undefined ? {} : { products: productList(products) }),
  };
}

const productList = (products: readonly string[]): string => listText(products.map((id) => oneLine(id)));
