import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file of the status page, held in memory. */
export interface PageAsset {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The page's own files, in a folder beside `src` and `dist`. */
const OWN_FILES = [
  'index.html',
  'page.css',
  'icon.svg',
  'lib/theme.js',
  'main.js',
  'lib/live.js',
  'lib/dom.js',
  'lib/format.js',
  'lib/table.js',
  'panels/overview.js',
  'charts/charts.js',
  'charts/plot.js',
  'charts/history.js',
  'charts/timeline.js',
  'panels/connections.js',
  'panels/incidents.js',
  'panels/books.js',
  'panels/streams.js',
  'panels/capture.js',
];

const own = new URL('../../../page/', import.meta.url);
const require = createRequire(import.meta.url);
const uplot = dirname(require.resolve('uplot'));

/** Loads all files of the page, by the path that serves them. */
export async function loadPageAssets(): Promise<ReadonlyMap<string, PageAsset>> {
  const files: [path: string, file: string | URL][] = [
    ...OWN_FILES.map((name): [string, URL] => [name === 'index.html' ? '/' : `/${name}`, new URL(name, own)]),
    ['/lib/uplot.js', join(uplot, 'uPlot.esm.js')],
    ['/uplot.css', join(uplot, 'uPlot.min.css')],
  ];
  return new Map(
    await Promise.all(
      files.map(async ([path, file]): Promise<[string, PageAsset]> => {
        const extension = path === '/' ? 'html' : (path.split('.').at(-1) ?? '');
        return [path, { type: TYPES[extension] ?? 'application/octet-stream', body: await readFile(file) }];
      }),
    ),
  );
}
