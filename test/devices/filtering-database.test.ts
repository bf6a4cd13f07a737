import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as Filtering from '../../src/devices/filtering-database.ts';
import * as Mac from '../../src/wire/mac.ts';

type Action =
  | { readonly do: 'hear'; readonly station: Mac.Mac; readonly port: number; readonly heard: number }
  | { readonly do: 'forget'; readonly station: Mac.Mac }
  | { readonly do: 'forget all behind'; readonly port: number };

const someStation = fc
  .oneof(
    fc.nat(200),
    fc.nat(20).map((n) => n * 0x1_0000),
    fc.nat(20).map((n) => n * 0x1_0000_0000),
  )
  .map((n) => Mac.fromNumber(0x0200_0000_0000 + n));
const someAction = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('hear' as const),
      station: someStation,
      port: fc.nat(3),
      heard: fc.nat(2 ** 40),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('forget' as const), station: someStation }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget all behind' as const), port: fc.nat(3) }) },
);

it('knows what a map does, in the same order, whatever is heard and forgotten', () => {
  fc.assert(
    fc.property(
      fc.array<Action>(someAction, { maxLength: 300, size: 'max' }),
      fc.array(someStation),
      (actions, asked) => {
        const database = Filtering.createDatabase();
        const plain = new Map<Mac.Mac, { port: number; heard: number }>();
        for (const action of actions) {
          if (action.do === 'forget all behind') {
            Filtering.removeWhere(database, (port) => port === action.port);
            for (const [station, { port }] of plain) if (port === action.port) plain.delete(station);
            continue;
          }
          const row = Filtering.find(database, action.station);
          expect(row !== Filtering.NONE).toBe(plain.has(action.station));
          if (action.do === 'forget') {
            if (row !== Filtering.NONE) Filtering.remove(database, row);
            plain.delete(action.station);
          } else {
            const { station, port, heard } = action;
            if (row === Filtering.NONE) Filtering.add(database, station, port, heard);
            else Filtering.update(database, row, port, heard);
            plain.set(station, { port, heard });
          }
        }
        expect(database.size).toBe(plain.size);
        expect(Filtering.walk(database)).toEqual([...plain].map(([station, learned]) => ({ station, ...learned })));
        for (const station of asked) {
          const row = Filtering.find(database, station);
          const known = plain.get(station);
          expect(row === Filtering.NONE).toBe(known === undefined);
          if (known === undefined) continue;
          expect([Filtering.portAt(database, row), Filtering.heardAt(database, row)]).toEqual([
            known.port,
            known.heard,
          ]);
        }
      },
    ),
  );
});

it('takes no more memory however often stations come and go', () => {
  const database = Filtering.createDatabase();
  for (let n = 0; n < 10_000; n++) {
    Filtering.add(database, Mac.fromNumber(n), 1, n);
    if (n >= 10) Filtering.remove(database, Filtering.find(database, Mac.fromNumber(n - 10)));
  }
  expect(Filtering.walk(database).map(({ station }) => station)).toEqual(
    Array.from({ length: 10 }, (_, i) => 9_990 + i),
  );
  expect(database.rows.length).toBeLessThan(300);
});
