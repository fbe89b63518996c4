import { createBooks } from './books.js';
import { createCapture } from './capture.js';
import { createCharts } from './charts.js';
import { createConnections } from './connections.js';
import { element, setText } from './dom.js';
import { time } from './figures.js';
import { showIncidents } from './incidents.js';
import { listen } from './live.js';
import { showOverview } from './overview.js';
import { createStreams } from './streams.js';

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
      setText(banner, `No news from the recorder since ${time(since)}. What is below is old; trying again …`);
  },
});
