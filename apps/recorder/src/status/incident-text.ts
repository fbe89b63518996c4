import type { SequenceRange } from '@feedtape/sequencer';

/** Products named in a text; the rest is counted. */
const NAMED_LIMIT = 3;

/** What a gap lacks, in words: the numbers are in the incident. */
export function gapText(why: string, missing: SequenceRange | undefined): string {
  if (why === 'sequence') return missing === undefined ? 'sequence numbers jumped' : rangeText(missing);
  return WHY[why] ?? why;
}

const WHY: Readonly<Record<string, string>> = {
  disconnect: 'the connection was lost; what was sent meanwhile is unknown',
  backpressure: 'frames were dropped because the recorder could not keep up',
  disk_full: 'frames were dropped because the disk was full',
  crash: 'the recorder died; what was sent meanwhile is unknown',
};

const rangeText = ({ from, to }: SequenceRange): string =>
  from === to ? `sequence number ${from} did not come` : `sequence numbers ${from} to ${to} did not come`;

/** `BTC-USD, ETH-USD and 3 more` */
export function productsText(products: readonly string[]): string {
  const named = products.slice(0, NAMED_LIMIT).join(', ');
  return products.length > NAMED_LIMIT ? `${named} and ${products.length - NAMED_LIMIT} more` : named;
}
