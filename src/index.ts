/**
 * All that a user of the library needs. `wirelab/capture` is beside it, for captures without a lab.
 * @module wirelab
 */
export { Lab, openLab } from './lab/lab.ts';
export type { OpenPort, OutsidePort } from './lab/bridges.ts';
export type { Leave } from './sim/node.ts';
export type { LabOptions, Listeners, RunResult, StartOptions } from './lab/lab.ts';
export type { Job } from './lab/jobs.ts';
export { LabError } from './lab/lab-error.ts';
export type { AsyncProgram, AsyncSys } from './lab/async-program.ts';
export type { Capture, CaptureRequest } from './lab/capture.ts';
export type { Warning } from './lab/configure.ts';
export type { OutputLine } from './lab/output-lines.ts';
export type { OutputStream } from './kernel/kernel.ts';
export type { Learned } from './devices/filtering-database.ts';
export { readTopology } from './lab/topology.ts';
export type {
  Bridge,
  Claim,
  Event,
  Expectation,
  ExpectationBase,
  Hub,
  Interface,
  InterfaceAddress,
  InterfaceEvent,
  Link as TopologyLink,
  LinkEvent,
  Located,
  Neighbor,
  Node as TopologyNode,
  Place,
  Port,
  Position,
  Program as ProgramEntry,
  ReadOptions,
  Route,
  Setting,
  Station,
  Switch,
  Sysctl,
  Topology,
  Zone,
  ZoneRecord,
} from './lab/topology.ts';
export type { TopologyInput } from './lab/schema.ts';
/** Networks by their shape, as plans: a line, a ring, a fat tree and others. */
export * as Shape from './plan/shapes.ts';
export type { Plan, PlannedLink, PlannedNode } from './plan/plan.ts';
export { PlanError } from './plan/plan.ts';
export type { AddressPools } from './plan/addressing.ts';
export { topologyOfPlan } from './plan/topology-of-plan.ts';
export { formatTopology } from './plan/format-topology.ts';
export { topologyText } from './plan/topology-text.ts';
export { withHosts } from './plan/hosts.ts';
export { importGraphml } from './import/graphml.ts';
export { importContainerlab } from './import/containerlab.ts';
export type { Imported } from './import/imported.ts';
export { drawSvg } from './draw/svg.ts';
export { drawMermaid } from './draw/mermaid.ts';
export { drawDot } from './draw/dot.ts';
export { checkAllPairs } from './check/all-pairs.ts';
export type { Failure, Reach } from './check/all-pairs.ts';
export { TopologyError } from './lab/topology-error.ts';
export type { Problem } from './lab/topology-error.ts';
export { parseChance, parseDuration, parseRate, parseSize } from './lab/units.ts';
export type { Quantity } from './lab/units.ts';
export { look, runExpectations } from './check/expect.ts';
export type { ExpectationResult, Finding as ExpectationFinding } from './check/expect.ts';
export { REPORT_FORMATS } from './check/report.ts';
export type { FileReport, ReportFormat } from './check/report.ts';
export { lint } from './check/lint.ts';
export type { LintOptions, LintReport } from './check/lint.ts';
export type { Finding, Proof } from './check/lint/finding.ts';
export { RULES } from './check/lint/rules.ts';
export type { RuleName, Severity } from './check/lint/rules.ts';
export { sarifOf } from './check/lint/sarif.ts';
export { DISPOSITIONS } from './trace/disposition.ts';
export type { Disposition } from './trace/disposition.ts';
export type { Decision, NodeKind } from './trace/follower.ts';
export { formatTrace, summarizeTrace } from './trace/format.ts';
export type { Hop, Journey } from './trace/journey.ts';
export type { Trace, TraceOptions } from './trace/trace.ts';
export { StuckError } from './sim/simulator.ts';
export { DROP_REASONS } from './sim/drop-reason.ts';
export type { DropReason } from './sim/drop-reason.ts';
export type { FrameCounts } from './sim/frame.ts';
export type { Link } from './sim/link.ts';
export type { LinkSettings, Probability, QueueLimit } from './sim/link-settings.ts';
export { formatSeconds, MICROSECOND, MILLISECOND, MINUTE, NANOSECOND, SECOND } from './sim/time.ts';
export type { Nanos } from './sim/time.ts';
export { SystemCallError } from './syscalls/program.ts';
export type { Call, Program, Sys } from './syscalls/program.ts';
export { syscall } from './syscalls/table.ts';
export * from './syscalls/values.ts';
export type { NeighborState } from './stack/neighbors.ts';
export type { RouteOrigin, RouteType } from './stack/routes.ts';
export type { Errno } from './kernel/errno.ts';
export { MemorySink } from './capture/sink.ts';
export type { ByteSink } from './capture/sink.ts';
export { summarizeFrame } from './wire/registry.ts';
/** IPv4 addresses: unsigned integers of 32 bits. */
export * as Ip4 from './wire/ip4.ts';
/** Ethernet addresses: unsigned integers of 48 bits. */
export * as Mac from './wire/mac.ts';
