/**
 * How far apart two places on Earth are, and how long light in a fibre takes from one to the other.
 * Sine and arcsine are polynomials here: engines differ in theirs, and two labs of one map must not.
 */
import type { Nanos } from '../sim/time.ts';

export interface GeographicPlace {
  /** Degrees, north and east positive. */
  readonly latitude: number;
  readonly longitude: number;
}

/** Mean radius in metres (IUGG). The sphere is up to 0.5 % off the ellipsoid, and no fibre runs straight anyway. */
const EARTH_RADIUS = 6_371_008.8;
const HALF_PI = 1.5707963267948966;
const DEGREE = HALF_PI / 90;
/** Light in glass has about two thirds of its speed in a vacuum, 299,792,458 m/s. */
const NANOSECONDS_PER_METRE = 3 / (2 * 0.299792458);
const MICROSECOND: Nanos = 1_000;

/** Along a great circle, in metres, within half a metre of the exact formula. */
export function distanceBetween(a: GeographicPlace, b: GeographicPlace): number {
  const [ax, ay, az] = unitVector(a);
  const [bx, by, bz] = unitVector(b);
  const [x, y, z] = [ax - bx, ay - by, az - bz];
  // Half the chord between two points of the unit sphere is the sine of half the angle between them.
  const half = Math.min(Math.sqrt(x * x + y * y + z * z) / 2, 1);
  return EARTH_RADIUS * 2 * arcsine(half);
}

/** Propagation over that distance, in whole microseconds, rounded up. */
export function propagationDelay(metres: number): Nanos {
  return Math.ceil((metres * NANOSECONDS_PER_METRE) / MICROSECOND) * MICROSECOND;
}

function unitVector({ latitude, longitude }: GeographicPlace): readonly [number, number, number] {
  const level = sine(90 - latitude);
  return [level * sine(90 - longitude), level * sine(longitude), sine(latitude)];
}

/** Of degrees from -540 to 540: folded to ±90, then the Taylor series up to the 17th power, within 3·10⁻¹⁴. */
function sine(degrees: number): number {
  let folded = degrees;
  if (folded > 180) folded -= 360;
  else if (folded < -180) folded += 360;
  if (folded > 90) folded = 180 - folded;
  else if (folded < -90) folded = -180 - folded;
  const x = folded * DEGREE;
  const square = x * x;
  let sum = 1;
  for (let n = 16; n >= 2; n -= 2) sum = 1 - (sum * square) / (n * (n + 1));
  return x * sum;
}

/** Abramowitz and Stegun, "Handbook of Mathematical Functions", 4.4.46, the highest power first. */
const ARCSINE = [
  -0.0012624911, 0.0066700901, -0.0170881256, 0.030891881, -0.0501743046, 0.0889789874, -0.2145988016, 1.570796305,
] as const;

/** From 0 to 1, within 2·10⁻⁸; of short distances, whose error would be as long as they are, far better. */
function arcsine(x: number): number {
  if (x < 0.01) return x * (1 + (x * x) / 6);
  return HALF_PI - Math.sqrt(1 - x) * ARCSINE.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
