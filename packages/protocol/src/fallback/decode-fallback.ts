import type { Decoded, DecodedMessage, Issue } from '../model/decoded.ts';
import { channelIn, headerOf, sequenceIn } from '../model/header.ts';
import { issuesOf } from './issues.ts';
import { isMessageChannel, MESSAGE_SCHEMAS, type Message } from '../model/message.ts';
import { errorSchema, type ErrorMessage } from '../messages/error.ts';
import { omitOddParts } from './odd-parts.ts';
import { isWellFormedLevel2 } from './level2.ts';

/** Decodes a text with `JSON.parse` and the schemas; `malformed` builds the result for text that is not JSON. */
export function decodeFallback(text: string, validate: boolean, malformed: () => Decoded): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed();
  }
  return classify(value, validate);
}

type JsonObject = Readonly<Record<string, unknown>>;

function classify(value: unknown, validate: boolean): Decoded {
  const channel = channelIn(value);
  const sequence = sequenceIn(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'unknown', channel, sequence, value };
  }
  const frame = value as JsonObject;
  if (frame['type'] === 'error' && frame['events'] === undefined) return errorOf(frame);
  if (channel === undefined || !isMessageChannel(channel))
    return { kind: 'unknown', channel, sequence, value };
  return validate ? validated(channel, sequence, frame) : unvalidated(channel, sequence, frame);
}

function validated(channel: Message['channel'], sequence: number | undefined, frame: JsonObject): Decoded {
  if (sequence !== undefined && channel === 'l2_data' && isWellFormedLevel2(frame)) {
    return messageOf(channel, sequence, frame);
  }
  const schema = MESSAGE_SCHEMAS[channel];
  const { error } = schema.safeParse(frame);
  if (error === undefined) {
    return sequence === undefined ? invalid(frame, []) : messageOf(channel, sequence, frame);
  }
  const peeked = headerOf(frame);
  const issues = issuesOf(error.issues, frame);
  const oddities = sequence === undefined ? undefined : omitOddParts(schema, frame, error.issues);
  if (sequence === undefined || oddities === undefined)
    return { kind: 'invalid', channel, sequence, issues, peeked };
  return { ...messageOf(channel, sequence, frame), oddities, peeked };
}

function unvalidated(channel: Message['channel'], sequence: number | undefined, frame: JsonObject): Decoded {
  const issues = envelopeIssues(frame);
  return sequence === undefined || issues.length > 0
    ? invalid(frame, issues)
    : messageOf(channel, sequence, frame);
}

/** The channel's schema has accepted the frame, or the caller has disabled validation. */
function messageOf(channel: Message['channel'], sequence: number, frame: JsonObject): DecodedMessage {
  return { kind: 'message', channel, sequence, message: frame as unknown as Message } as DecodedMessage;
}

function errorOf(frame: JsonObject): Decoded {
  const { error } = errorSchema.safeParse(frame);
  if (error !== undefined) return invalid(frame, issuesOf(error.issues, frame));
  const message = frame as unknown as ErrorMessage;
  return { kind: 'error', channel: channelIn(frame), sequence: sequenceIn(frame), message };
}

function invalid(frame: JsonObject, issues: readonly Issue[]): Decoded {
  const peeked = headerOf(frame);
  return { kind: 'invalid', channel: peeked.channel, sequence: peeked.sequence, issues, peeked };
}

function envelopeIssues(frame: JsonObject): readonly Issue[] {
  const issues: Issue[] = [];
  if (sequenceIn(frame) === undefined) {
    issues.push({ path: 'sequence_num', message: 'expected a whole number from 0 to 2^53 - 1' });
  }
  if (!Array.isArray(frame['events'])) issues.push({ path: 'events', message: 'expected an array' });
  return issues;
}
