/** Changing a link from a shell, in the words of a topology file: `down`, `partition`, `loss 10% delay 5ms`. */
import { LabError } from '../lab/lab-error.ts';
import { quote, suggest } from '../lab/spelling.ts';
import { parseChance, parseDuration, parseRate, parseSize } from '../lab/units.ts';
import type { Quantity } from '../lab/units.ts';
import type { Link } from '../sim/link.ts';
import { findProblem } from '../sim/link-settings.ts';
import type { LinkSettings } from '../sim/link-settings.ts';

const DEEDS: Readonly<Record<string, (link: Link) => void>> = {
  up: (link) => link.setCarrier(true),
  down: (link) => link.setCarrier(false),
  partition: (link) => link.set({ partitioned: true }),
  heal: (link) => link.set({ partitioned: false }),
  hold: (link) => link.set({ held: true }),
  release: (link) => link.set({ held: false }),
};

/** What a setting's value becomes; a string says what is wrong with it. */
type Parse = (text: string) => Partial<LinkSettings> | string;

const SETTINGS: Readonly<Record<string, Parse>> = {
  // No delay at all is written 0; the simulator's shortest is 1 ns.
  delay: quantity(parseDuration, (value) => ({ delay: Math.max(value, 1) })),
  bandwidth: quantity(parseRate, (bandwidth) => ({ bandwidth })),
  queue: (text) =>
    /^\d{1,15}$/.test(text)
      ? { queue: { packets: Number(text) } }
      : quantity(parseSize, (bytes) => ({ queue: { bytes } }))(text),
  mtu: quantity(parseCount, (mtu) => ({ mtu })),
  loss: quantity(parseChance, (loss) => ({ loss })),
  duplicate: quantity(parseChance, (duplication) => ({ duplication })),
  corrupt: quantity(parseChance, (corruption) => ({ corruption })),
  jitter: quantity(parseDuration, (jitter) => ({ jitter })),
  reorder: quantity(parseChance, (reorder) => ({ reorder })),
  'reorder-delay': quantity(parseDuration, (reorderDelay) => ({ reorderDelay })),
  'drop-every': quantity(parseCount, (dropEveryNth) => ({ dropEveryNth })),
};

/** What can stand behind a link's name. */
export const LINK_WORDS: readonly string[] = [...Object.keys(DEEDS), ...Object.keys(SETTINGS)];

/** Does all that the words say, or, where one of them is wrong, nothing. */
export function changeLink(link: Link, words: readonly string[]): void {
  const deeds: ((link: Link) => void)[] = [];
  let settings: Partial<LinkSettings> = {};
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const deed = Object.hasOwn(DEEDS, word) ? DEEDS[word] : undefined;
    const parse = Object.hasOwn(SETTINGS, word) ? SETTINGS[word] : undefined;
    if (deed !== undefined) deeds.push(deed);
    else if (parse !== undefined) settings = { ...settings, ...valueOf(word, left.shift(), parse) };
    else throw new LabError(`no word ${quote(word)} for a link: ${suggest(word, LINK_WORDS, 'words')}`);
  }
  link.set(settings);
  for (const deed of deeds) deed(link);
}

function valueOf(name: string, text: string | undefined, parse: Parse): Partial<LinkSettings> {
  if (text === undefined) throw new LabError(`${name}: its value is missing`);
  const parsed = parse(text);
  if (typeof parsed === 'string') throw new LabError(`${name}: ${parsed}`);
  const problem = findProblem(parsed);
  if (problem !== null) throw new LabError(problem);
  return parsed;
}

function quantity(parse: (text: string) => Quantity, use: (value: number) => Partial<LinkSettings>): Parse {
  return (text) => {
    const parsed = parse(text);
    return 'error' in parsed ? parsed.error : use(parsed.value);
  };
}

function parseCount(text: string): Quantity {
  return /^\d{1,15}$/.test(text) ? { value: Number(text) } : { error: `${quote(text)} is no whole number` };
}
