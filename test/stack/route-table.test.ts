import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/sim/random.ts';
import type { Interface } from '../../src/stack/interface.ts';
import * as Table from '../../src/stack/route-table.ts';
import type { RouteTable } from '../../src/stack/route-table.ts';
import type { RouteFields, RouteType } from '../../src/stack/routes.ts';
import * as Ip from '../../src/wire/ip4.ts';
import type { Ip4 } from '../../src/wire/ip4.ts';
import { host, ip } from './network.ts';

const { eth0, eth1 } = host();

interface Line {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly fields: RouteFields;
}

/** The same table as a plain list: searched from end to end, sorted by a stable sort. */
class PlainTable {
  lines: Line[] = [];

  insert(line: Line): void {
    const rank = ({ prefixLength, fields: { type, metric } }: Line): readonly number[] => [
      -prefixLength,
      type === 'local' || type === 'broadcast' ? 0 : 1,
      metric,
    ];
    const compare = (a: Line, b: Line): number =>
      rank(a)
        .map((part, i) => part - rank(b)[i]!)
        .find((difference) => difference !== 0) ?? 0;
    this.lines = [...this.lines, line].sort(compare);
  }

  lookUp(address: Ip4, by: Interface | null): RouteFields | null {
    const line = this.lines.find(
      ({ destination, prefixLength, fields }) =>
        Ip.sameSubnet(address, destination, prefixLength) &&
        (by === null || fields.interface === by || fields.type === 'local'),
    );
    return line?.fields ?? null;
  }
}

function fieldsOf(route: RouteFields | null): unknown {
  if (route === null) return null;
  const { type, gateway, interface: at, metric, source, origin, address } = route;
  return { type, gateway, interface: at?.name, metric, source, origin, address };
}

function fields(type: RouteType, gateway: number, at: Interface, metric: number): RouteFields {
  return {
    type,
    gateway: Ip.fromNumber(gateway),
    interface: at,
    metric,
    source: Ip.ANY,
    origin: 'static',
    address: null,
    paths: null,
  };
}

function linesOf(table: RouteTable): unknown[] {
  return Table.list(table).map(({ destination, prefixLength, route }) => [destination, prefixLength, fieldsOf(route)]);
}

function routesTo(table: RouteTable, destination: Ip4, prefixLength: number): unknown[] {
  const routes: unknown[] = [];
  for (let at = Table.first(table, destination, prefixLength); at !== Table.NONE; at = Table.following(table, at)) {
    routes.push(fieldsOf(Table.routeAt(table, at)));
  }
  return routes;
}

type Action =
  | { readonly do: 'insert'; readonly line: Line }
  | { readonly do: 'remove'; readonly place: number }
  | { readonly do: 'remove all'; readonly metric: number };

/** Few bits are not 0, so that prefixes lie in each other and addresses in them. */
const someAddress = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)).map(([a, b, c, d]) => {
  return Ip.fromNumber((a * 0x5500_0000 + b * 0x55_0000 + c * 0x5500 + d * 0x55) >>> 0);
});
const someLine: fc.Arbitrary<Line> = fc
  .record({
    address: someAddress,
    prefixLength: fc.oneof(fc.nat(32), fc.constantFrom(0, 8, 16, 24, 31, 32)),
    type: fc.constantFrom<RouteType>('unicast', 'unicast', 'local', 'broadcast', 'blackhole'),
    gateway: fc.nat(3),
    at: fc.constantFrom(eth0, eth1),
    metric: fc.nat(2),
  })
  .map(({ address, prefixLength, type, gateway, at, metric }) => ({
    destination: Ip.network(address, prefixLength),
    prefixLength,
    fields: fields(type, gateway, at, metric),
  }));
const someAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: someLine.map((line): Action => ({ do: 'insert', line })) },
  { weight: 4, arbitrary: fc.nat(99).map((place): Action => ({ do: 'remove', place })) },
  { weight: 1, arbitrary: fc.nat(2).map((metric): Action => ({ do: 'remove all', metric })) },
);

describe('the inside of a routing table', () => {
  const textOf = ({ destination, prefixLength, fields }: Line) => [destination, prefixLength, fieldsOf(fields)];

  it('takes another entry when it has lost all it had, however many those were', () => {
    for (let count = 1; count <= 300; count++) {
      const table = Table.createTable();
      for (let i = 0; i < count; i++) Table.insert(table, ip('192.0.2.0'), 24, fields('unicast', i % 3, eth0, i % 7));
      Table.removeWhere(table, () => true);
      Table.insert(table, ip('10.0.0.0'), 8, fields('unicast', 1, eth1, 0));
      expect(linesOf(table), `${count} entries`).toEqual([
        [ip('10.0.0.0'), 8, fieldsOf(fields('unicast', 1, eth1, 0))],
      ]);
    }
  });

  it('lists and finds what a plain list does, whatever is added and removed', () => {
    fc.assert(
      fc.property(
        fc.array(someAction, { maxLength: 150, size: 'max' }),
        fc.array(someAddress, { minLength: 1, maxLength: 20 }),
        (actions, asked) => {
          const table = Table.createTable();
          const plain = new PlainTable();
          for (const action of actions) {
            if (action.do === 'insert') {
              const { destination, prefixLength, fields } = action.line;
              Table.insert(table, destination, prefixLength, fields);
              plain.insert(action.line);
            } else if (action.do === 'remove all') {
              Table.removeWhere(table, ({ metric }) => metric === action.metric);
              plain.lines = plain.lines.filter((line) => line.fields.metric !== action.metric);
            } else if (plain.lines.length > 0) {
              const line = plain.lines[action.place % plain.lines.length]!;
              // The first that is the same, of several that are.
              let at = Table.first(table, line.destination, line.prefixLength);
              while (JSON.stringify(fieldsOf(Table.routeAt(table, at))) !== JSON.stringify(fieldsOf(line.fields))) {
                at = Table.following(table, at);
              }
              Table.remove(table, at);
              plain.lines.splice(
                plain.lines.findIndex((one) => JSON.stringify(textOf(one)) === JSON.stringify(textOf(line))),
                1,
              );
            }
            expect(table.count).toBe(plain.lines.length);
          }
          expect(linesOf(table)).toEqual(
            plain.lines.map(({ destination, prefixLength, fields }) => [destination, prefixLength, fieldsOf(fields)]),
          );
          for (const { destination, prefixLength } of plain.lines) {
            const same = plain.lines.filter(
              (one) => one.destination === destination && one.prefixLength === prefixLength,
            );
            expect(routesTo(table, destination, prefixLength)).toEqual(same.map((one) => fieldsOf(one.fields)));
          }
          for (const address of asked) {
            expect(fieldsOf(Table.lookUp(table, address))).toEqual(fieldsOf(plain.lookUp(address, null)));
            for (const by of [null, eth0, eth1]) {
              const at = Table.find(table, address, by);
              const route = at === Table.NONE ? null : Table.routeAt(table, at);
              expect(fieldsOf(route)).toEqual(fieldsOf(plain.lookUp(address, by)));
            }
          }
        },
      ),
    );
  });

  it('does so with thousands of prefixes too, half of which go again', () => {
    const random = new RandomStream(7);
    const table = Table.createTable();
    const plain: Line[] = [];
    for (let i = 0; i < 6_000; i++) {
      const prefixLength = 8 + Math.floor(random.next() * 25);
      const destination = Ip.network(Ip.fromNumber((random.nextU32() & 0x0f0f_0fff) >>> 0), prefixLength);
      if (Table.first(table, destination, prefixLength) !== Table.NONE) continue;
      const line = { destination, prefixLength, fields: fields('unicast', i % 50, eth0, 0) };
      plain.push(line);
      Table.insert(table, destination, prefixLength, line.fields);
    }
    const gone = plain.filter((_, i) => i % 2 === 0);
    for (const { destination, prefixLength } of gone) {
      Table.remove(table, Table.first(table, destination, prefixLength));
    }
    const kept = new PlainTable();
    kept.lines = plain.filter((_, i) => i % 2 === 1).sort((a, b) => b.prefixLength - a.prefixLength);
    expect(table.count).toBe(kept.lines.length);
    for (let i = 0; i < 2_000; i++) {
      const address = Ip.fromNumber((random.nextU32() & 0x0f0f_0fff) >>> 0);
      expect(fieldsOf(Table.lookUp(table, address))).toEqual(fieldsOf(kept.lookUp(address, null)));
    }
  });

  it('keeps what lines have in common once, and lets it go with the last of them', () => {
    const table = Table.createTable();
    for (let i = 0; i < 100; i++) Table.insert(table, Ip.fromNumber(i * 256), 24, fields('unicast', i % 2, eth0, 0));
    const [even, odd] = [Table.lookUp(table, ip('0.0.0.1')), Table.lookUp(table, ip('0.0.1.1'))];
    expect([even?.entries, odd?.entries]).toEqual([50, 50]);
    expect(Table.lookUp(table, ip('0.0.98.1'))).toBe(even);
    Table.removeWhere(table, ({ gateway }) => gateway === 0);
    expect(Table.lookUp(table, ip('0.0.98.1'))).toBeNull();
    expect(even?.entries).toBe(0);
    Table.insert(table, ip('0.0.98.0'), 24, fields('unicast', 0, eth0, 0));
    expect(Table.lookUp(table, ip('0.0.98.1'))).not.toBe(even);
  });

  it('takes no more memory however often routes come and go', () => {
    const table = Table.createTable();
    for (let i = 0; i < 20; i++) Table.insert(table, Ip.fromNumber(i * 256), 24, fields('unicast', 1, eth0, 0));
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      const destination = Ip.fromNumber((0x0a00_0000 + i * 0x1_0001) >>> 0);
      Table.insert(table, destination, 32, fields('unicast', i, eth0, 0));
      Table.remove(table, Table.first(table, destination, 32));
      const words = table.entries.length + table.index!.heads.length + table.index!.trie.slots.length;
      if (i < 200) most = Math.max(most, words);
      else if (words > most) expect([i, words]).toEqual([i, most]);
    }
    expect(table.routes.length).toBeLessThan(8);
  });
});
