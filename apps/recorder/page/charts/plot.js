import uPlot from '../lib/uplot.js';
import { time } from '../lib/format.js';

/** Equal for all charts, so that their time axes align. */
const SCALE_WIDTH = 74;

/** Resolves the page's colours, since a canvas cannot read `light-dark()`. */
const probe = document.body.appendChild(document.createElement('i'));
probe.hidden = true;

/** The value of one of the page's colours in the current theme, as `rgb(…)`. @param {string} name */
export function colour(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/**
 * A line with a colour of the theme.
 * @param {{ label: string, name: string, width?: number, area?: boolean }} options
 * @returns {uPlot.Series}
 */
export const line = ({ label, name, width = 1.5, area = false }) => ({
  label,
  width,
  stroke: () => colour(name),
  ...(area ? { fill: () => colour(name).replace(/^rgb\((.*)\)$/u, 'rgba($1, 0.13)') } : {}),
  points: { show: false },
});

/**
 * A chart as wide as its parent.
 * @param {HTMLElement} parent
 * @param {object} options
 * @param {number} options.height
 * @param {boolean} options.times Whether to show the time axis.
 * @param {() => [number, number]} options.range The seconds shown.
 * @param {readonly uPlot.Series[]} options.series
 * @param {uPlot.Scale} options.scale
 * @param {uPlot.Axis} [options.axis]
 * @param {uPlot.Options['hooks']} [options.hooks]
 * @param {uPlot.AlignedData} options.data
 */
export function createPlot(parent, { height, times, range, series, scale, axis = {}, hooks = {}, data }) {
  const common = {
    stroke: () => colour('--muted'),
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const plot = new uPlot(
    {
      width: Math.max(200, parent.clientWidth),
      height,
      padding: [6, 10, times ? 0 : 12, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'status' }, points: { size: 6 } },
      scales: { x: { range }, y: scale },
      axes: [
        {
          ...common,
          show: times,
          space: 76,
          size: 24,
          values: (_, at) => at.map((second) => time(second * 1000)),
        },
        { ...common, space: 26, size: SCALE_WIDTH, ...axis },
      ],
      series: [{}, ...series],
      hooks,
    },
    data,
    parent,
  );
  new ResizeObserver(() => plot.setSize({ width: Math.max(200, parent.clientWidth), height })).observe(
    parent,
  );
  return plot;
}
