import type { Decoded, DecodedMessage, Issue } from './decoded.ts';
import { issuesOf } from './issues.ts';
import { isMessageChannel, MESSAGE_SCHEMAS, type Message } from './message.ts';
import { errorSchema, type ErrorMessage } from './messages/error.ts';
import { isPlainlyLevel2 } from './plain-level2.ts';

/** Decodes a text with `JSON.parse` and the schemas; `malformed` says what is wrong where it is not JSON. */
export function decodePlainly(text: string, validate: boolean, malformed: () => Decoded): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed();
  }
  return classify(value, validate);
}

type Plain = Readonly<Record<string, unknown>>;

function classify(value: unknown, validate: boolean): Decoded {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'unknown', channel: undefined, sequence: undefined, value };
  }
  const frame = value as Plain;
  if (frame['type'] === 'error' && frame['events'] === undefined) return errorOf(frame);
  const channel = typeof frame['channel'] === 'string' ? frame['channel'] : undefined;
  const sequence = sequenceOf(frame['sequence_num']);
  if (channel === undefined || !isMessageChannel(channel))
    return { kind: 'unknown', channel, sequence, value };
  const issues = validate ? messageIssues(channel, frame) : envelopeIssues(frame);
  if (issues !== undefined || sequence === undefined) {
    return { kind: 'invalid', channel, sequence, issues: issues ?? [] };
  }
  // The schema of this channel has vouched for it, or the caller has with `validate: false`.
  return { kind: 'message', channel, sequence, message: value as Message } as DecodedMessage;
}

function messageIssues(channel: Message['channel'], frame: Plain): readonly Issue[] | undefined {
  if (channel === 'l2_data' && isPlainlyLevel2(frame)) return undefined;
  return issuesOf(MESSAGE_SCHEMAS[channel], frame);
}

function errorOf(frame: Plain): Decoded {
  const issues = issuesOf(errorSchema, frame);
  if (issues === undefined) return { kind: 'error', message: frame as unknown as ErrorMessage };
  return { kind: 'invalid', channel: undefined, sequence: sequenceOf(frame['sequence_num']), issues };
}

/** A number past 2^53 - 1 has lost digits in `JSON.parse`: no number is better than a wrong one. */
function sequenceOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? Math.abs(value) : undefined;
}

function envelopeIssues(frame: Plain): readonly Issue[] | undefined {
  const issues: Issue[] = [];
  if (sequenceOf(frame['sequence_num']) === undefined) {
    issues.push({ path: 'sequence_num', message: 'expected a whole number from 0 to 2^53 - 1' });
  }
  if (!Array.isArray(frame['events'])) issues.push({ path: 'events', message: 'expected an array' });
  return issues.length === 0 ? undefined : issues;
}
