import { ProtocolError } from './protocol-error.ts';

declare const decimal: unique symbol;

/**
 * An exact decimal number as the wire sends it: a string such as `"83277.25"`, `"0"` or `"-0.00000812"`.
 * Trailing zeros are already cut, so compare with {@link compareDecimals}, never as text or as a float.
 */
export type Decimal = string & { readonly [decimal]: true };

/**
 * The syntax of a {@link Decimal}. The exchange writes plain digits; an exponent of up to three digits is accepted as
 * well, as a tiny percentage may be printed with one.
 */
export const DECIMAL: RegExp = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

/** A decimal as an integer and its number of decimals: the value is exactly `integer / 10 ** decimals`. */
export interface ScaledDecimal {
  readonly integer: bigint;
  readonly decimals: number;
}

/**
 * Validates a text as a decimal.
 * @throws {ProtocolError} `PROTOCOL_BAD_DECIMAL`
 */
export function toDecimal(text: string): Decimal {
  if (!DECIMAL.test(text)) throw new ProtocolError('PROTOCOL_BAD_DECIMAL', { text });
  return text as Decimal;
}

/**
 * Parses a decimal without rounding. `decimals` is never negative: `1e3` gives 1000 and 0.
 * @throws {ProtocolError} `PROTOCOL_BAD_DECIMAL`
 */
export function parseDecimal(text: string): ScaledDecimal {
  const [mantissa = '', exponentText = '0'] = toDecimal(text).toLowerCase().split('e');
  const point = mantissa.indexOf('.');
  const fraction = point === -1 ? 0 : mantissa.length - point - 1;
  const digits = BigInt(mantissa.replace('.', ''));
  const decimals = fraction - Number(exponentText);
  if (decimals >= 0) return { integer: digits, decimals };
  return { integer: digits * 10n ** BigInt(-decimals), decimals: 0 };
}

/**
 * Compares two decimals exactly: -1, 0 or 1. `"0.10"` equals `"0.1"`.
 * @throws {ProtocolError} `PROTOCOL_BAD_DECIMAL`
 */
export function compareDecimals(left: string, right: string): -1 | 0 | 1 {
  const a = parseDecimal(left);
  const b = parseDecimal(right);
  const decimals = Math.max(a.decimals, b.decimals);
  const difference = rescale(a, decimals) - rescale(b, decimals);
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/**
 * Converts a decimal to a multiple of `10 ** -decimals`: `scaleDecimal("0.5", 2)` is `50n`.
 * @throws {ProtocolError} `PROTOCOL_DECIMAL_INEXACT` if digits would be lost, `PROTOCOL_BAD_DECIMAL`
 */
export function scaleDecimal(text: string, decimals: number): bigint {
  const parsed = parseDecimal(text);
  if (parsed.decimals <= decimals) return rescale(parsed, decimals);
  const divisor = 10n ** BigInt(parsed.decimals - decimals);
  if (parsed.integer % divisor !== 0n)
    throw new ProtocolError('PROTOCOL_DECIMAL_INEXACT', { text, decimals });
  return parsed.integer / divisor;
}

/** The inverse of {@link scaleDecimal}, spelled as on the wire: no trailing zeros, no `-0`. */
export function formatDecimal(integer: bigint, decimals: number): Decimal {
  const sign = integer < 0n ? '-' : '';
  const digits = (integer < 0n ? -integer : integer).toString().padStart(decimals + 1, '0');
  const fraction = withoutTrailingZeros(digits.slice(digits.length - decimals));
  const whole = digits.slice(0, digits.length - decimals);
  return (decimals > 0 && fraction !== '' ? `${sign}${whole}.${fraction}` : `${sign}${whole}`) as Decimal;
}

function rescale({ integer, decimals }: ScaledDecimal, wanted: number): bigint {
  return integer * 10n ** BigInt(wanted - decimals);
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
