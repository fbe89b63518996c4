import { expect, test } from 'vitest';
import { read } from '../repository.ts';

/** The oldest version of a package without a known vulnerability that bears on us (SECURITY.md has the advisories). */
const floors: Readonly<Record<string, string>> = { ws: '8.23.0', undici: '7.24.0' };

const versionsOf = (name: string): string[] => [
  ...new Set(
    [...read('pnpm-lock.yaml').matchAll(new RegExp(`^ {2}'?${name}@(\\d+\\.\\d+\\.\\d+)`, 'gmu'))].map(
      (match) => match[1] ?? '',
    ),
  ),
];

const older = (version: string, floor: string): boolean => {
  const [left, right] = [version, floor].map((text) => text.split('.').map(Number));
  const index = left?.findIndex((part, place) => part !== right?.[place]) ?? -1;
  return index !== -1 && (left?.[index] ?? 0) < (right?.[index] ?? 0);
};

test('no package in the lockfile is older than its advisory floor', () => {
  const wrong = Object.entries(floors).flatMap(([name, floor]) =>
    versionsOf(name)
      .filter((version) => older(version, floor))
      .map((version) => `${name}@${version}`),
  );
  expect(wrong).toEqual([]);
});

test('the floor check looks at something: ws is in the lockfile', () => {
  expect(versionsOf('ws')).not.toEqual([]);
  expect(older('8.22.9', '8.23.0')).toBe(true);
});

test('the supply-chain settings are on', () => {
  const settings = read('pnpm-workspace.yaml');
  for (const setting of [
    'minimumReleaseAge: 4320',
    'blockExoticSubdeps: true',
    'trustPolicy: no-downgrade',
  ]) {
    expect(settings).toContain(setting);
  }
});
