/** What a shell shows of a lab as tables: its nodes, its links, what was dropped. */
import type { Lab } from '../lab/lab.ts';
import { formatDuration, formatRate } from '../lab/units.ts';
import { DROP_REASONS } from '../sim/drop-reason.ts';
import type { Link } from '../sim/link.ts';
import { DEFAULT_LINK } from '../sim/link-settings.ts';
import type { LinkSettings, QueueLimit } from '../sim/link-settings.ts';
import { formatSeconds } from '../sim/time.ts';
import * as Ip from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';

/** `r1  router  eth0 192.0.2.254/24, eth1 203.0.113.1/24`: the addresses as they are now. */
export function formatNodes(lab: Lab): string[] {
  return inColumns(
    lab.topology.nodes.map((node) => {
      if (node.kind === 'switch' || node.kind === 'hub') return [node.name, node.kind, `${node.ports} ports`];
      const nics = lab.kernel(node.name).stack.interfaces.filter(({ loopback }) => !loopback);
      const described = nics.map(({ name, up, addresses }) =>
        [
          name,
          ...addresses.map(({ ip, prefixLength }) => `${Ip.format(ip)}/${prefixLength}`),
          ...(up ? [] : ['(down)']),
        ].join(' '),
      );
      return [node.name, node.kind, described.join(', ')];
    }),
  );
}

/** `h1.eth0 -- r1.eth0  up  1Gbit/s 100us`; where its directions differ, a row for each. */
export function formatLinks({ topology }: Lab, links: readonly Link[]): string[] {
  const described = new Map(topology.links.map((one) => [one.name, one]));
  const rows = links.flatMap(({ name, directions: [forward, backward], carrier }) => {
    const ends = described.get(name);
    // A host's own link to itself has one direction, and stands in no file.
    if (ends === undefined || forward === undefined || backward === undefined) return [];
    const state = carrier ? 'up' : 'down';
    const [there, back] = [formatSettings(forward.current), formatSettings(backward.current)];
    const [from, to] = [ends.from.name, ends.to.name];
    if (there === back) return [[`${from} -- ${to}`, state, there]];
    return [
      [`${from} -> ${to}`, state, there],
      [`${to} -> ${from}`, state, back],
    ];
  });
  return inColumns(rows);
}

/** `02:90:3b:35:92:00  s1.1  h1.eth0  0.000403 s ago`: whom a switch has learnt, behind which port; null for another node. */
export function formatLearned(lab: Lab, name: string): string[] | null {
  const learned = lab.learned(name);
  if (learned === null) return null;
  if (learned.length === 0) return [`${name} has learnt no address`];
  const owners = new Map(
    lab.topology.nodes.flatMap((node) =>
      'interfaces' in node ? node.interfaces.map((nic) => [nic.mac, `${node.name}.${nic.name}`] as const) : [],
    ),
  );
  return inColumns(
    learned.map(({ station, port, heard }) => [
      Mac.format(station),
      `${name}.${port + 1}`,
      owners.get(station) ?? '',
      `${formatSeconds(lab.now - heard)} s ago`,
    ]),
  );
}

/** In the words of a topology file; what is as in every link is left out, but for rate and delay. */
function formatSettings(settings: LinkSettings): string {
  const { delay, bandwidth, mtu, reorderDelay, dropEveryNth, partitioned, held } = settings;
  const words = [formatRate(bandwidth), formatDuration(delay)];
  const queue = formatQueue(settings.queue);
  if (queue !== formatQueue(DEFAULT_LINK.queue)) words.push(queue);
  if (mtu !== Infinity) words.push(`mtu ${mtu}`);
  const chances = [
    ['loss', settings.loss],
    ['duplicate', settings.duplication],
    ['corrupt', settings.corruption],
    ['reorder', settings.reorder],
  ] as const;
  for (const [name, chance] of chances) if (chance > 0) words.push(`${name} ${chance}`);
  if (settings.jitter > 0) words.push(`jitter ${formatDuration(settings.jitter)}`);
  if (reorderDelay !== null) words.push(`reorder-delay ${formatDuration(reorderDelay)}`);
  if (dropEveryNth > 0) words.push(`drop-every ${dropEveryNth}`);
  if (partitioned) words.push('partitioned');
  if (held) words.push('held');
  return words.join(' ');
}

function formatQueue(queue: QueueLimit): string {
  return 'bytes' in queue ? `queue ${queue.bytes}bytes` : `queue ${queue.packets}`;
}

/** `r1  3  no-route  no route to the destination`, for one node or for all. */
export function formatDrops(lab: Lab, node: string | null): string[] {
  const names = node === null ? lab.topology.nodes.map(({ name }) => name) : [node];
  const rows = names.flatMap((name) =>
    [...lab.drops(name)].map(([reason, count]) => [name, String(count), reason, DROP_REASONS[reason]]),
  );
  return rows.length === 0 ? ['no frame was dropped'] : inColumns(rows);
}

/** Two blanks between columns that are as wide as their widest cell. */
export function inColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
