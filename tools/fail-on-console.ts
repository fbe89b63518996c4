import { afterEach, beforeEach, expect, vi } from 'vitest';

// A library that prints is a library that leaks: any console call in a test is a failure.
const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;

beforeEach(() => {
  for (const method of methods) vi.spyOn(console, method);
});

afterEach(() => {
  for (const method of methods) {
    const spy = vi.mocked(console[method]);
    const calls = spy.mock.calls;
    spy.mockRestore();
    // oxlint-disable-next-line vitest/no-standalone-expect -- it belongs to whatever test just ran
    expect(calls, `console.${method} was called`).toEqual([]);
  }
});
