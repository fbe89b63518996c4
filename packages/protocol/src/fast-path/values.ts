import { asciiText } from '../fallback/json-text.ts';
import { VALUES_END, type Scanner } from './scanner.ts';

/** The values of the window, one after the other. */
export function textOfValues({ bytes, valuesFrom, header }: Scanner): string {
  return asciiText(bytes, valuesFrom, valuesFrom + header[VALUES_END]!);
}
