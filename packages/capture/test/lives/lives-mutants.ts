/** A mistake in the writer, and a seed whose lives notice it. */
export interface LivesMutant {
  /** What the rule is about that it breaks. */
  readonly rule:
    | 'compression'
    | 'dropping'
    | 'locking'
    | 'manifest'
    | 'opening'
    | 'repair'
    | 'retention'
    | 'sealing'
    | 'writing';
  readonly mistake: string;
  /** Below src/node. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly seed: number;
}

export const livesMutants: readonly LivesMutant[] = [
  {
    rule: 'sealing',
    mistake: 'a sealed segment is not entered in the manifest',
    file: 'sealing.ts',
    from: 'return manifest.append(entry);',
    to: 'return Promise.resolve();',
    seed: 1,
  },
  {
    rule: 'sealing',
    mistake: 'a segment is sealed without a sidecar',
    file: 'sealing.ts',
    from: 'return placeFile(files, `${path}.sha256`, sidecarLine(entry.sha256, entry.file));',
    to: 'return Promise.resolve();',
    seed: 1,
  },
];
