import { createBooks } from './panels/books.js';
import { createCapture } from './panels/capture.js';
import { createCharts } from './charts/charts.js';
import { createConnections } from './panels/connections.js';
import { element, setText } from './lib/dom.js';
import { time } from './lib/format.js';
import { showIncidents } from './panels/incidents.js';
import { listen } from './lib/live.js';
import { showOverview } from './panels/overview.js';
import { createStreams } from './panels/streams.js';

const charts = createCharts();
const panels = [
  showOverview,
  createConnections(),
  showIncidents,
  createBooks(),
  createStreams(),
  createCapture(),
];

listen({
  history: (history) => charts.replace(history),
  status(snapshot, recent) {
    charts.show(snapshot, recent);
    for (const show of panels) show(snapshot);
  },
  lost(since) {
    document.body.classList.toggle('old', since !== undefined);
    const link = element('#link');
    link.className = since === undefined ? 'sign good' : 'sign bad';
    setText(link, since === undefined ? 'Live' : 'Reconnecting');
    const banner = element('#lost');
    banner.hidden = since === undefined;
    if (since !== undefined)
      setText(
        banner,
        `No data from the recorder since ${time(since)}. The values below are old; reconnecting …`,
      );
  },
});
