import { expect, test } from 'vitest';
import * as sequencer from '@feedtape/sequencer';

test('stub', () => expect(sequencer).toBeDefined());
