import {
  afterBid,
  afterNewQuantity,
  afterOffer,
  afterPriceLevel,
  isBid,
  isNewQuantity,
  isOffer,
  isPriceLevel,
} from './literals';
import { plainEnd } from './value';

/** `"}` */
const LEVEL_END: u16 = 0x7d22;
/** `,{` */
const NEXT_LEVEL: u16 = 0x7b2c;

/**
 * One past as many levels of a book as follow each other from a position, with commas between them, up to the first
 * that ends at or after `stop`; 0 where there is none. Nothing is decided here that the general way would not decide
 * alike: where a constant text stands as expected, the position behind it is known without looking for it.
 */
@inline export function levelsEnd(from: usize, stop: usize): usize {
  let end = levelEnd(from);
  while (end != 0 && end < stop && load<u16>(end) == NEXT_LEVEL) {
    const next = levelEnd(end + 1);
    if (next == 0) break;
    end = next;
  }
  return end;
}

@inline function levelEnd(at: usize): usize {
  let quote: usize;
  if (isBid(at)) quote = plainEnd(afterBid(at));
  else if (isOffer(at)) quote = plainEnd(afterOffer(at));
  else return 0;
  if (!isPriceLevel(quote)) return 0;
  quote = plainEnd(afterPriceLevel(quote));
  if (!isNewQuantity(quote)) return 0;
  quote = plainEnd(afterNewQuantity(quote));
  return load<u16>(quote) == LEVEL_END ? quote + 2 : 0;
}
