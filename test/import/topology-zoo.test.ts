/** Ten networks of the Internet Topology Zoo, where they are at hand: beside the project, not in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkAllPairs } from '../../src/check/all-pairs.ts';
import { importGraphml } from '../../src/import/graphml.ts';
import { openLab } from '../../src/lab/lab.ts';
import { topologyText } from '../../src/plan/topology-text.ts';

const FOLDER = '../shared/topology-zoo';
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.graphml')) : [];

/** Nodes, edges, and ordered pairs of nodes that edges connect: counted by Python's ElementTree, not by us. */
const COUNTS: Readonly<Record<string, readonly [nodes: number, edges: number, pairs: number]>> = {
  'Aarnet.graphml': [19, 24, 342],
  'Abilene.graphml': [11, 14, 110],
  'Airtel.graphml': [16, 37, 240],
  'Arpanet196912.graphml': [4, 4, 12],
  'Arpanet19728.graphml': [29, 32, 812],
  'Geant2009.graphml': [34, 52, 1_122],
  'Heanet.graphml': [7, 13, 42],
  'Nsfcnet.graphml': [10, 10, 72],
  'Surfnet.graphml': [50, 73, 2_450],
  'Tinet.graphml': [53, 89, 2_756],
};
/** Of a larger network so many pairs are asked. */
const MOST = 1_200;

describe.skipIf(FILES.length === 0)(
  `the zoo${FILES.length === 0 ? ' (skipped: ../shared/topology-zoo is absent)' : ''}`,
  () => {
    it.each(FILES)('%s gets addresses and routes, and everybody reaches everybody that is connected', (file) => {
      const { plan } = importGraphml(readFileSync(`${FOLDER}/${file}`, 'utf8'), { file });
      const lab = openLab(topologyText(plan), { file });
      expect(lab.warnings).toEqual([]);
      const [nodes, edges, pairs] = COUNTS[file]!;
      expect([lab.topology.nodes.length, lab.topology.links.length]).toEqual([nodes, edges]);

      const reach = checkAllPairs(lab, { most: MOST });
      expect(reach.failed).toEqual([]);
      expect(reach.pairs).toBe(pairs);
      if (pairs <= MOST) expect(reach.asked).toBe(pairs);
      else expect(reach.asked).toBeGreaterThan(0.8 * MOST);
    });
  },
);

if (FILES.length === 0) {
  it('the zoo is read from ../shared/topology-zoo, which is absent; its tests are skipped', () => {
    expect(FILES).toEqual([]);
  });
}
