import { planConnections, type ConnectionPlan } from '@feedtape/client';
import { countText } from '../output/format.ts';
import type { RecordingPlan } from './plan.ts';

/** Plans how the client spreads the subscriptions over connections. */
export const connectionsOf = (plan: RecordingPlan): readonly ConnectionPlan[] =>
  planConnections(plan.subscriptions);

/** Renders the plan as text. */
export function connectionPlanText(
  connections: readonly ConnectionPlan[],
  folder: string,
): readonly string[] {
  const lines = connections.flatMap(({ endpoint, subscriptions }, number) => [
    `connection ${number}, ${endpoint} endpoint`,
    ...subscriptions.map(({ channel, productIds }) =>
      productIds === undefined ? `  ${channel}` : `  ${channel}: ${productIds.join(', ')}`,
    ),
  ]);
  return [`Would record into ${folder} over ${countText(connections.length, 'connection')}:`, ...lines];
}
