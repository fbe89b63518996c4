export { type ExchangeKey, type TrustedKey, trustKey } from './exchange/api-key.ts';
export type { Clock } from './time/clock.ts';
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
  DroppedFrame,
  Ledger,
  LedgerEntry,
  LedgerLimits,
  ReceivedMessage,
  RefusedHandshake,
  SentFrame,
  Withheld,
} from './ledger/ledger.ts';
export type { WireChannel } from './market/publication.ts';
export type { AuthOptions, ExchangeLimits, ExchangeOptions } from './options.ts';
export type { CaptureMode } from './playback/playback-session.ts';
export type { Endpoint, RequestChannel } from './session/channels.ts';
export type { Timings } from './session/session.ts';
export { createVirtualClock, type VirtualClock } from './time/virtual-clock.ts';
export { SimulatorError, type SimulatorErrorCode } from './simulator-error.ts';
