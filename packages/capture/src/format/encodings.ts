/** Of every host, browsers too; the core has no types of one. */
declare const atob: (digits: string) => string;

// What a text says once an encoding is undone: percent encoding, the escapes of JSON and JavaScript, character
// references of HTML, base64 in both alphabets, hexadecimal; of the latter two where they stand for printable ASCII, so
// that other long words cost little. A byte is one character. Linear in the length of the text.

/** What `text` says without one layer of encoding, for each that a part of it may be in. */
export function readingsOf(text: string): readonly string[] {
  const once = unescaped(text);
  const twice = unescaped(once);
  return [...new Set([text, once, twice])].flatMap((each, index) => [
    ...(index === 0 ? [] : [each]),
    ...(each.match(HEXADECIMAL) ?? []).map(fromHexadecimal),
    ...(each.match(BASE64) ?? []).map(fromBase64),
  ]);
}

const ESCAPE =
  /(?:%|\\{1,4}(?:u00|x))([0-9A-Fa-f]{2})|&(?:amp;){0,2}#(?:[xX]0{0,4}([0-9A-Fa-f]{2})|0{0,4}([0-9]{2,3}));/g;

const unescaped = (text: string): string =>
  text.replace(ESCAPE, (_, escape?: string, hex?: string, decimal?: string) =>
    String.fromCharCode(
      decimal === undefined ? Number.parseInt(escape ?? hex ?? '', 16) : Number(decimal) & 0xff,
    ),
  );

const HEXADECIMAL = /(?:[2-7][0-9A-Fa-f]){12,}/g;

const fromHexadecimal = (digits: string): string =>
  digits.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));

/** Four digits stand for three characters, each from 0x20 to 0x7f; the last may stand for fewer. */
const BASE64 =
  /(?:[I-Za-f][C-HS-Xi-nyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){4,}[A-Za-z0-9+/_-]{0,3}/g;

function fromBase64(digits: string): string {
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  return atob(whole.replaceAll('-', '+').replaceAll('_', '/'));
}
