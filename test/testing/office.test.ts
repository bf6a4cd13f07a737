/** The example of docs/testing.md, which stands there as it stands here. */
import { expect } from 'vitest';
import { labTest } from '../../src/testing/index.ts';

const test = labTest('docs/office.yaml');

test('a desk reaches the server and its name', ({ lab }) => {
  expect(lab).toReach('desk', 'server', { udp: 7 });
  expect(lab).toHavePath(['desk', 'r1', 'r2', 'server']);
  expect(lab).toResolve('desk', 'files.office.test', { is: 'server', by: 'server' });
});

test('a guest reaches nobody behind r2', ({ lab }) => {
  expect(lab).not.toReach('guest', 'server');
  expect(lab).toDropBecause('guest', 'server', 'prohibited');
});

test('the desk is cut off while the line is down, and is back within a second', ({ lab }) => {
  const line = lab.link('r1.eth2--r2.eth0');
  line.setCarrier(false);
  expect(lab).toDropBecause('desk', 'server', 'link-down');
  line.setCarrier(true);
  expect(lab).toReach('desk', 'server', { within: '1s' });
});
