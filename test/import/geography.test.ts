import fc from 'fast-check';
import { expect, it } from 'vitest';
import { distanceBetween, propagationDelay } from '../../src/import/geography.ts';
import type { GeographicPlace } from '../../src/import/geography.ts';

const place = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

/** The haversine formula with the engine's own functions. */
function haversine(a: GeographicPlace, b: GeographicPlace): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [dLatitude, dLongitude] = [radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)];
  const half =
    Math.sin(dLatitude / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(dLongitude / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(Math.sqrt(half), 1));
}

it('is within half a metre of the haversine formula, anywhere', () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      // At opposite ends of the Earth the formula itself loses digits.
      fc.pre(haversine(a, b) < 20_000_000);
      expect(Math.abs(distanceBetween(a, b) - haversine(a, b))).toBeLessThan(0.5);
    }),
    { numRuns: 2_000 },
  );
});

it('is exact to a millimetre across a town', () => {
  fc.assert(
    fc.property(place, fc.double({ min: -0.01, max: 0.01, noNaN: true }), (a, north) => {
      const b = { latitude: Math.max(-90, Math.min(90, a.latitude + north)), longitude: a.longitude };
      expect(Math.abs(distanceBetween(a, b) - haversine(a, b))).toBeLessThan(0.001);
    }),
  );
});

it('is the same both ways, and nothing from a place to itself', () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      expect(distanceBetween(a, b)).toBeCloseTo(distanceBetween(b, a), 3);
      expect(distanceBetween(a, a)).toBe(0);
    }),
  );
});

it('knows the Earth: a quarter of a meridian is 10,007.6 km on the sphere, New York to London 5,570 km', () => {
  const pole = { latitude: 90, longitude: 17 };
  expect(distanceBetween({ latitude: 0, longitude: -100 }, pole) / 1_000).toBeCloseTo(10_007.557, 2);
  const [newYork, london] = [{ latitude: 40.71427, longitude: -74.00597 }, { latitude: 51.50853, longitude: -0.12574 }]; // prettier-ignore
  expect(Math.round(distanceBetween(newYork, london) / 10_000)).toBe(557);
  // At two thirds of 299,792.458 km/s.
  expect(propagationDelay(distanceBetween(newYork, london))).toBe(27_871_000);
});

it('a delay is in whole microseconds, rounded up', () => {
  expect([0, 1, 199, 200, 1_000_000].map(propagationDelay)).toEqual([0, 1_000, 1_000, 2_000, 5_004_000]);
});
