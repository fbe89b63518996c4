export { type ExchangeKey, type TrustedKey, trustKey } from './connection/api-key.ts';
export type { Clock } from './model/clock.ts';
export {
  createMemoryExchange,
  type MemoryExchange,
  type MemoryOptions,
  type MemoryReplayOptions,
  type MemoryTransport,
  replayInMemory,
} from './edge/memory-exchange.ts';
export type { MemorySocket, MemorySocketListener } from './edge/memory-socket.ts';
export { environmentLines } from './edge/environment-lines.ts';
export { type Exchange, startExchange, type StartOptions } from './edge/start-exchange.ts';
export type { ActiveRule, FaultControl, InjectionTarget } from './faults/fault-control.ts';
export type {
  ConnectionFault,
  ContentFault,
  Fault,
  FaultKind,
  FaultRule,
  FrameFault,
  HandshakeFault,
  RequestFault,
} from './faults/fault.ts';
export { swarmFaults } from './faults/swarm.ts';
export type {
  ConnectionEnd,
  ConnectionLedger,
  Ledger,
  LedgerLimits,
  ReceivedMessage,
  RefusedHandshake,
} from './ledger/ledger.ts';
export type { DroppedFrame, LedgerEntry, SentFrame, Withheld } from './ledger/ledger-entry.ts';
export type { WireChannel } from './market/publication.ts';
export type { AuthOptions, ExchangeLimits, ExchangeOptions } from './exchange/options.ts';
export type { CaptureMode } from './playback/playback-subscriptions.ts';
export type { Endpoint, RequestChannel } from './market/channels.ts';
export type { Timings } from './connection/subscriptions.ts';
export { createVirtualClock, type VirtualClock } from './model/virtual-clock.ts';
export {
  type AnySimulatorError,
  isSimulatorError,
  SimulatorError,
  type SimulatorErrorCode,
} from './model/simulator-error.ts';
