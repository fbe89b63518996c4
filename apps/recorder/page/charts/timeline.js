import uPlot from '../lib/uplot.js';
import { colour } from './plot.js';

/** @import { Incident } from '../../src/status/model/status-snapshot.ts' */
/** @import { IncidentKind } from '../../src/events/recorder-event.ts' */

/** Lanes from the top: gaps, disconnects, recoveries, others. */
const LANES = ['other', 'recovered', 'lost', 'gap'];

/** @type {Partial<Readonly<Record<IncidentKind, { lane: number, colour: string, shape: 'tick' | 'square' | 'disc' | 'ring' }>>>} */
const MARKS = {
  gap: { lane: 4, colour: '--bad', shape: 'tick' },
  disconnect: { lane: 3, colour: '--bad', shape: 'square' },
  recovery: { lane: 2, colour: '--good', shape: 'disc' },
  connect: { lane: 2, colour: '--good', shape: 'ring' },
};

/** @type {{ lane: number, colour: string, shape: 'ring' }} */
const OTHER = { lane: 1, colour: '--warning', shape: 'ring' };

export const laneAxis = {
  range: /** @type {() => [number, number]} */ (() => [0.3, 4.7]),
  splits: () => [1, 2, 3, 4],
  values: () => LANES,
};

/** Draws the incidents in their lanes, recoveries with their duration. @param {uPlot} plot @param {readonly Incident[]} incidents */
export function drawIncidents(plot, incidents) {
  const { ctx } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  for (const { kind, at, afterMs } of incidents) {
    const { lane, colour: name, shape } = MARKS[kind] ?? OTHER;
    const y = plot.valToPos(lane, 'y', true);
    const x = plot.valToPos(at / 1000, 'x', true);
    ctx.fillStyle = ctx.strokeStyle = colour(name);
    if (afterMs !== undefined) {
      const from = plot.valToPos((at - afterMs) / 1000, 'x', true);
      ctx.globalAlpha = 0.35;
      ctx.fillRect(from, y - 3 * uPlot.pxRatio, x - from, 6 * uPlot.pxRatio);
      ctx.globalAlpha = 1;
    }
    drawShape(ctx, shape, x, y);
  }
  ctx.restore();
}

/** @param {CanvasRenderingContext2D} ctx @param {'tick' | 'square' | 'disc' | 'ring'} shape @param {number} x @param {number} y */
function drawShape(ctx, shape, x, y) {
  const unit = uPlot.pxRatio;
  ctx.beginPath();
  if (shape === 'tick') ctx.rect(x - 1.5 * unit, y - 8 * unit, 3 * unit, 16 * unit);
  else if (shape === 'square') ctx.rect(x - 4 * unit, y - 4 * unit, 8 * unit, 8 * unit);
  else ctx.arc(x, y, 4 * unit, 0, 2 * Math.PI);
  if (shape === 'ring') {
    ctx.lineWidth = 1.5 * unit;
    ctx.stroke();
  } else ctx.fill();
}
