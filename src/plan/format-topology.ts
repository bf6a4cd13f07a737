/**
 * Writes a topology as the YAML that people write: a blank line between sections, a line for each interface, link and
 * program, short mappings in braces. What is written is read back as the same topology.
 * It takes a file's content and not a Topology: that is what people add programs and events to.
 */
import { Document, isMap, isScalar, isSeq } from 'yaml';
import type { TopologyInput } from '../lab/schema.ts';

/** Characters of a mapping or list in brackets, without what stands before it. */
const WIDTH = 112;
/** Mappings from names that take a line for each name, unless it is the only one. */
const NAMING = ['interfaces', 'sysctl'];

/** `about` are the lines of the comment at the head of the file. */
export function formatTopology(topology: TopologyInput, about: readonly string[] = []): string {
  const document = new Document(topology, { schema: 'core', aliasDuplicateObjects: false, keepUndefined: false });
  const { contents } = document;
  if (isMap(contents)) {
    let earlier: unknown = null;
    for (const { key, value } of contents.items) {
      if (isMap(value) || isSeq(value)) {
        for (const item of value.items) arrange('key' in (item as object) ? (item as { value: unknown }).value : item);
      }
      // Single values stand together; what has lines of its own is a section.
      const isSection = isMap(value) || isSeq(value);
      if (isScalar(key)) key.spaceBefore = isSection || earlier === 'section';
      earlier = isSection ? 'section' : 'value';
    }
  }
  // A line break in a comment's line would end the comment.
  const comment = about.flatMap((text) => text.split(/[\r\n\u0085\u2028\u2029]+/)).map((text) => `# ${text}`.trimEnd());
  const body = document.toString({ lineWidth: 0, nullStr: '' });
  return comment.length === 0 ? body : `${comment.join('\n')}\n\n${body}`;
}

/** Puts in brackets what fits on a line and holds nothing that needs lines. */
function arrange(node: unknown, key = ''): void {
  if (isMap(node)) {
    for (const pair of node.items) arrange(pair.value, isScalar(pair.key) ? String(pair.key.value) : '');
    const isListed = NAMING.includes(key) && node.items.length > 1;
    node.flow = !isListed && node.items.every(({ value }) => isFlat(value)) && widthOf(node) <= WIDTH;
  } else if (isSeq(node)) {
    for (const item of node.items) arrange(item);
    node.flow = node.items.every((item) => isScalar(item)) && widthOf(node) <= WIDTH;
  }
}

/** A single value, or what is in brackets and holds single values. */
function isFlat(node: unknown): boolean {
  if (isMap(node)) return node.flow === true && node.items.every(({ value }) => isScalar(value));
  return !isSeq(node) || node.flow === true;
}

/** Characters in brackets, about: a text that may need quotes is counted with them. */
function widthOf(node: unknown): number {
  if (isScalar(node)) {
    const text = String(node.value);
    return /^[\w./%-][\w./%: -]*$/.test(text) ? text.length : JSON.stringify(text).length;
  }
  if (isSeq(node)) return node.items.reduce<number>((sum, item) => sum + widthOf(item) + 2, 4);
  if (isMap(node)) return node.items.reduce((sum, { key, value }) => sum + widthOf(key) + widthOf(value) + 4, 4);
  return 4;
}
