import { configureGlobal } from 'fast-check';

// The same cases each time, so that a failure belongs to a change; the nightly forms take another seed.
configureGlobal({ seed: Number(process.env['FEEDTAPE_SEED']) });
