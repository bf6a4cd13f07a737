/** Ten networks of the Internet Topology Zoo, where they are at hand: beside the project, not in it. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkAllPairs } from '../../src/check/all-pairs.ts';
import { importGraphml } from '../../src/import/graphml.ts';
import { openLab } from '../../src/lab/lab.ts';
import { topologyText } from '../../src/plan/topology-text.ts';

const FOLDER = '../shared/topology-zoo';

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

const IS_THERE = existsSync(FOLDER);
const WHY_SKIPPED = IS_THERE ? '' : ` (skipped: ${FOLDER} is absent)`;

it.skipIf(!IS_THERE).each(Object.entries(COUNTS))(
  `%s gets addresses and routes, and everybody reaches everybody that is connected${WHY_SKIPPED}`,
  (file, [nodes, edges, pairs]) => {
    const { plan } = importGraphml(readFileSync(`${FOLDER}/${file}`, 'utf8'), { file });
    const lab = openLab(topologyText(plan), { file });
    expect(lab.warnings).toEqual([]);
    expect([lab.topology.nodes.length, lab.topology.links.length]).toEqual([nodes, edges]);
    expect(checkAllPairs(lab)).toEqual({ pairs, asked: pairs, failed: [] });
  },
);
