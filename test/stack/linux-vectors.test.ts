import { describe, expect, it } from 'vitest';
import { replay, VECTORS } from './linux-vectors.ts';

const named = VECTORS.map(
  (vector) => [`${vector.group}: ${vector.name} (${vector.level}, ${vector.rfc})`, vector] as const,
);

describe('a stack answers as Linux does, where the RFCs leave nothing open', () => {
  it.each(named)('%s', (_, vector) => {
    expect(replay(vector, 'loose')).toEqual([]);
  });
});

describe('a stack makes the choices that Linux makes: order, number, length and pace', () => {
  it.each(named)('%s', (_, vector) => {
    expect(replay(vector, 'strict')).toEqual([]);
  });
});
