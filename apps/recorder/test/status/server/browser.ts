import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Where Debian, and most others, put it; CHROMIUM names another place. */
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const NO_BROWSER: string | undefined = existsSync(EXECUTABLE)
  ? undefined
  : `there is no Chromium at ${EXECUTABLE}; install it or set CHROMIUM`;

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** A page together with everything on it that should not happen. */
export interface WatchedPage {
  readonly page: Page;
  /** Console messages, uncaught errors, and requests to anything but the page's own origin. */
  readonly offences: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  const offences: string[] = [];
  page.on('console', (message) => offences.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => offences.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) offences.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, offences };
}
