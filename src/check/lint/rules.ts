/** The rules of the lint: what each is called, how bad what it finds is, and what it looks for. */

/** error: somebody does not get an answer; warning: probably not meant; info: worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

export interface Rule {
  readonly severity: Severity;
  /** A sentence that holds wherever the rule finds something. */
  readonly summary: string;
}

/** The rules of `wirelab check` by name: how bad what they find is, and what that is. */
export const RULES = {
  // Addresses.
  'duplicate-address': { severity: 'error', summary: 'Two interfaces have one IPv4 address.' },
  'duplicate-mac': { severity: 'error', summary: 'Two interfaces on one link have one MAC address.' },
  'network-address': { severity: 'error', summary: "An interface has its subnet's own address." },
  'broadcast-address': { severity: 'error', summary: "An interface has its subnet's broadcast address." },
  'mask-mismatch': { severity: 'error', summary: 'Interfaces on one link disagree about the mask of their subnet.' },
  'overlapping-subnets': { severity: 'error', summary: 'Two links have subnets that overlap.' },
  // Next hops.
  'gateway-off-link': { severity: 'error', summary: 'A gateway or next hop is on no subnet of the host.' },
  'gateway-missing': { severity: 'error', summary: 'Nobody on the link has the address of a gateway or next hop.' },
  'gateway-not-router': { severity: 'error', summary: 'A gateway or next hop does not forward.' },
  // Ways.
  'missing-route': { severity: 'warning', summary: 'A host or router on the way has no route to a subnet.' },
  'missing-return-route': { severity: 'error', summary: 'What is sent arrives, but the answer finds no way back.' },
  'routing-loop': { severity: 'error', summary: 'Routers send a packet round in a circle.' },
  'latent-loop': { severity: 'warning', summary: 'Routers send round in a circle what is for nobody.' },
  'asymmetric-path': { severity: 'warning', summary: 'The way back passes other routers than the way there.' },
  'unreachable-island': { severity: 'warning', summary: 'No cable leads from one part of the network to another.' },
  'dns-unreachable': { severity: 'error', summary: "A host's DNS server cannot be reached, or does not answer it." },
  'dns-not-served': { severity: 'warning', summary: 'No DNS server runs where a host asks for names.' },
  // Links.
  'mtu-mismatch': { severity: 'warning', summary: 'Interfaces on one link, or the link itself, differ in their MTU.' },
  'switch-loop': {
    severity: 'error',
    summary: 'Switches or hubs are linked in a circle, and there is no spanning tree.',
  },
  'unlinked-interface': { severity: 'warning', summary: 'An interface has an address and no link.' },
  // The file.
  'kernel-refusal': { severity: 'error', summary: 'A kernel refuses a setting.' },
  'bad-allowance': { severity: 'error', summary: 'A wirelab-allow comment names no rule, or gives no reason.' },
  'unused-allowance': { severity: 'warning', summary: 'A wirelab-allow comment allows nothing that is found.' },
} as const satisfies Record<string, Rule>;

/** A rule of `wirelab check`. */
export type RuleName = keyof typeof RULES;

export function isRule(word: string): word is RuleName {
  return Object.hasOwn(RULES, word);
}
