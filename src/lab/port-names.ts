/** What messages, captures and the conversation call a node's ports. */
import type { Node } from './topology.ts';

/** `h1.eth0`, `s1.port1`: in the order of the node's ports, without a host's lo, which is on no link. */
export function portNames(node: Node): string[] {
  switch (node.kind) {
    case 'host':
    case 'router':
      return node.interfaces.map(({ name }) => `${node.name}.${name}`);
    case 'switch':
    case 'hub':
      return Array.from({ length: node.ports }, (_, port) => `${node.name}.port${port + 1}`);
  }
}
