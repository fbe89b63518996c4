import type { TokenExplanation } from './token-explanation.ts';

/** Formats an explanation for a terminal. Claims are printed as ASCII JSON, as they may contain escape sequences. */
export function explanationText({
  header,
  claims,
  ageMs,
  expiresInMs,
  objections,
}: TokenExplanation): string {
  const lines = [
    ...(header === undefined ? [] : [`header  ${asciiJson(header)}`]),
    ...(claims === undefined ? [] : [`claims  ${asciiJson(claims)}`]),
    ...(ageMs === undefined ? [] : [`age     ${seconds(ageMs)}`]),
    ...(expiresInMs === undefined
      ? []
      : [expiresInMs > 0 ? `expires in ${seconds(expiresInMs)}` : `expired ${seconds(-expiresInMs)} ago`]),
    ...(objections.length === 0 ? ['nothing to object to'] : []),
    ...objections.map(({ code, message }) => `object  ${code}: ${message}`),
  ];
  return `${lines.join('\n')}\n`;
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
