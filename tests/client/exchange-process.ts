// An exchange in a process of its own, to be stopped, killed or left alone. Takes its options as JSON and says its
// URL on the channel.
import { startExchange, type StartOptions } from '@feedtape/simulator';

const options = JSON.parse(process.argv[2] ?? '{}') as StartOptions;
const exchange = await startExchange({ depth: 50, ...options });
process.send?.(exchange.url);
process.on('disconnect', () => process.exit());
