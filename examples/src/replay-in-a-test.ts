// What a test of yours does with a capture: every frame, in order, exactly as it was received.
import { frames } from '@feedtape/capture/node';
import { decode } from '@feedtape/protocol';
import { createSequencer } from '@feedtape/sequencer';

const capture = process.argv[2] ?? 'captures';

// #region readme
const sequencer = createSequencer();
const channels = new Map<string, number>();

for await (const frame of frames(capture)) {
  const decoded = decode(frame.bytes);
  if (decoded.kind !== 'message') continue;
  sequencer.push(decoded.sequence);
  channels.set(decoded.channel, (channels.get(decoded.channel) ?? 0) + 1);
}
console.log(Object.fromEntries(channels), `${sequencer.accounting.missing} missing`);
// #endregion
