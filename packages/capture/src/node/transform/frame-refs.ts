import { CaptureError } from '../../format/error.ts';

/** A frame by its place in the capture that is edited. */
export interface FrameRef {
  /** Needed only where the capture has several runs; without it, it is any run's. */
  readonly run?: string;
  /** @default 0 */
  readonly connection?: number;
  readonly index: number;
}

/** Frames of a list, looked for among all frames. */
export interface FrameRefs {
  /** Whether the list names this frame. */
  has(run: string, frame: { readonly connection: number; readonly index: number }): boolean;
  /** @throws CaptureError CAPTURE_OPTION when a frame of the list was never asked for, so isn't there */
  finish(): void;
}

export function createFrameRefs(option: string, refs: readonly FrameRef[]): FrameRefs {
  const unseen = new Map(refs.map((ref) => [keyOf(ref.run, ref), ref]));
  const all = new Set(unseen.keys());
  return {
    has(run, frame) {
      const key = [keyOf(undefined, frame), keyOf(run, frame)].find((each) => all.has(each));
      return key !== undefined && (unseen.delete(key), true);
    },
    finish() {
      const [ref] = unseen.values();
      if (ref === undefined) return;
      const { connection = 0, index } = ref;
      throw new CaptureError('CAPTURE_OPTION', {
        option,
        reason: `no frame ${index} of connection ${connection}`,
      });
    },
  };
}

export function keyOf(run: string | undefined, { connection = 0, index }: Omit<FrameRef, 'run'>): string {
  return `${run ?? ''} ${connection} ${index}`;
}
