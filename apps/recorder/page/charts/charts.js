import { element, setText } from '../lib/dom.js';
import { count, time } from '../lib/format.js';
import { createHistory } from './history.js';
import { createPlot, line } from './plot.js';
import { drawIncidents, laneAxis } from './timeline.js';

/** @import uPlot from '../lib/uplot.js' */
/** @import { Incident, StatusHistory, StatusSnapshot } from '../../src/status/model/status-snapshot.ts' */

/** A scale from zero with room above the maximum. @param {number} least @returns {uPlot.Range.Function} */
const from = (least) => (_, low, high) => [Math.min(0, low ?? 0), Math.max(least, (high ?? 0) * 1.1)];

/** Charts of frames, lag and incidents with a common cursor. */
export function createCharts() {
  const { columns, replace, append } = createHistory();
  let now = Date.now() / 1000;
  let seconds = 300;
  /** @type {readonly Incident[]} */
  let incidents = [];
  /** @type {() => [number, number]} */
  const range = () => [now - seconds, now];

  const frames = createPlot(element('#rate'), {
    height: 126,
    times: false,
    range,
    scale: { range: from(5) },
    series: [line({ label: 'frames', name: '--accent', area: true })],
    data: [[], []],
    hooks: { setCursor: [({ cursor: { idx } }) => readOut(idx ?? undefined)] },
  });
  const lag = createPlot(element('#lag'), {
    height: 104,
    times: false,
    range,
    scale: { range: from(10) },
    series: [
      line({ label: 'maximum', name: '--lag-light', width: 1 }),
      line({ label: 'median', name: '--lag' }),
    ],
    data: [[], [], []],
  });
  const timeline = createPlot(element('#timeline'), {
    height: 116,
    times: true,
    range,
    scale: { range: laneAxis.range },
    axis: { splits: laneAxis.splits, values: laneAxis.values },
    series: [{ points: { show: false } }],
    data: [[], []],
    hooks: { draw: [(plot) => drawIncidents(plot, incidents)] },
  });
  const plots = [frames, lag, timeline];

  const draw = () => {
    frames.setData([columns.at, columns.frames]);
    lag.setData([columns.at, columns.lagMaximumMs, columns.lagMedianMs]);
    timeline.setData([columns.at, columns.at.map(() => null)]);
  };

  /** Shows the values under the cursor. @param {number | undefined} index */
  const readOut = (index) => {
    const at = index === undefined ? undefined : columns.at[index];
    const median = columns.lagMedianMs[index ?? -1];
    const maximum = columns.lagMaximumMs[index ?? -1];
    const delay =
      median === null || maximum === null || median === undefined || maximum === undefined
        ? 'no sample of lag'
        : `lag ${count(median)} to ${count(maximum)} ms`;
    setText(
      element('#readout'),
      at === undefined
        ? ''
        : `${time(at * 1000)} · ${count(columns.frames[index ?? -1] ?? 0)} frames · ${delay}`,
    );
  };

  /** Moves the cursor by keyboard. @param {KeyboardEvent} event */
  const move = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === 'Escape') frames.setCursor({ left: -10, top: -10 });
    if (step === undefined || columns.at.length === 0) return;
    event.preventDefault();
    const last = columns.at.length - 1;
    const first = columns.at.findIndex((at) => at >= now - seconds);
    const index = Math.min(last, Math.max(first, (frames.cursor.idx ?? last) + step));
    frames.setCursor({ left: frames.valToPos(columns.at[index] ?? 0, 'x'), top: 10 });
  };

  const redraw = () => plots.forEach((plot) => plot.redraw(false));
  element('#plots').addEventListener('keydown', move);
  element('#charts fieldset').addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement) seconds = Number(target.value);
    draw();
  });
  document.addEventListener('themechange', redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);

  return {
    /** @param {StatusHistory} history */
    replace(history) {
      replace(history);
      draw();
    },
    /** @param {StatusSnapshot} snapshot @param {StatusHistory} recent */
    show(snapshot, recent) {
      now = snapshot.at / 1000;
      ({ incidents } = snapshot);
      append(recent);
      draw();
      const note = element('#lag-note');
      note.hidden = snapshot.lag.note === undefined;
      setText(note, snapshot.lag.note ?? '');
    },
  };
}
