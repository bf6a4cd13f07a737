/**
 * ping's use of the IP options: asking for the route or for timestamps, and showing what came back as iputils does.
 * RFC 791 §3.1.
 */
import * as Ip from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Ipv4Options from '../wire/ipv4-options.ts';
import type { Option, Route, Timestamps } from '../wire/ipv4-options.ts';
import { UsageError } from './command.ts';
import type { Arguments } from './command.ts';

/** As many as fit into the header's 40 bytes. */
const ROUTE_SLOTS = 9;
const TIME_SLOTS = 9;
const TIME_AND_ADDRESS_SLOTS = 4;
/** The first slot, counted as the options count. */
const FIRST_ROUTE_SLOT = 4;
const FIRST_TIME_SLOT = 5;
/** RFC 791: with the high bit set, the time is not milliseconds since midnight UT. */
const NOT_STANDARD = 0x8000_0000;

/** The options that -R and -T ask for; null for none. */
export function fromArguments(given: Arguments): Uint8Array | null {
  const wanted = optionsFor(given);
  if (wanted.length === 0) return null;
  const bytes = new Uint8Array(Ipv4Options.MAX_LENGTH);
  return bytes.slice(0, Ipv4Options.write(bytes, 0, wanted));
}

function optionsFor(given: Arguments): readonly Option[] {
  if (given.has('-R') && given.has('-T')) throw new UsageError('only one of -T or -R may be used');
  if (given.has('-R')) {
    const addresses = new Array<Ip.Ip4>(ROUTE_SLOTS).fill(Ip.ANY);
    return [{ kind: 'no-operation' }, { kind: 'record-route', pointer: FIRST_ROUTE_SLOT, addresses }];
  }
  if (!given.has('-T')) return [];
  const withAddress = given.choice('-T', 'tsonly', ['tsonly', 'tsandaddr']) === 'tsandaddr';
  const entry = { address: withAddress ? Ip.ANY : null, time: 0 };
  return [
    {
      kind: 'timestamp',
      pointer: FIRST_TIME_SLOT,
      overflow: 0,
      flag: withAddress ? Ipv4Options.TimestampFlag.TimeAndAddress : Ipv4Options.TimestampFlag.TimeOnly,
      entries: new Array<typeof entry>(withAddress ? TIME_AND_ADDRESS_SLOTS : TIME_SLOTS).fill(entry),
    },
  ];
}

/** What is appended to an answer's line, and the route to compare the next answer's with. */
export function describe(datagram: Uint8Array, lastRoute: string): { readonly text: string; readonly route: string } {
  const end = Ipv4.headerLength(datagram, 0);
  let text = '';
  let route = lastRoute;
  for (const option of Ipv4Options.parse(datagram, Ipv4.MIN_HEADER_LENGTH, end)) {
    if (option.kind === 'record-route') {
      route = describeRoute(option);
      if (route !== '') text += route === lastRoute ? '\t(same route)' : `\nRR: ${route}`;
    } else if (option.kind === 'timestamp') {
      text += describeTimes(option);
    }
  }
  return { text, route };
}

function describeRoute({ pointer, addresses }: Route): string {
  const recorded = addresses.slice(0, Math.floor((pointer - FIRST_ROUTE_SLOT) / 4));
  return recorded.map((address) => `\t${Ip.format(address)}\n`).join('');
}

/** The first time as it is, the others as what they differ from the one before of their kind. */
function describeTimes({ pointer, overflow, flag, entries }: Timestamps): string {
  const size = flag === Ipv4Options.TimestampFlag.TimeOnly ? 4 : 8;
  let text = '\nTS: ';
  let standard = 0;
  let other = 0;
  for (const { address, time } of entries.slice(0, Math.floor((pointer - FIRST_TIME_SLOT) / size))) {
    if (address !== null) text += `\t${Ip.format(address)}`;
    if (time >= NOT_STANDARD) {
      const value = time - NOT_STANDARD;
      text += other === 0 ? `\t${value} absolute not-standard\n` : `\t${value - other} not-standard\n`;
      other = value;
    } else {
      text += standard === 0 ? `\t${time} absolute\n` : `\t${time - standard}\n`;
      standard = time;
    }
  }
  return overflow > 0 ? `${text}Unrecorded hops: ${overflow}\n` : text;
}
