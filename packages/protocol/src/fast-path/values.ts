import { asciiText } from '../values/frame-text.ts';
import type { Scanner } from './scanner.ts';
import { VALUES, VALUES_END } from './scanner-layout.ts';

/** The values of the window, one after the other. */
export function textOfValues({ bytes, header }: Scanner): string {
  return asciiText(bytes, VALUES, VALUES + header[VALUES_END]!);
}
