/**
 * The VLAN tag between a frame's addresses and its type: customer and service tags.
 * IEEE 802.1Q-2018 §9.3 to §9.6; 0x9100 and 0x9200 are what equipment used before 802.1ad.
 */
import type { Format, Malformed } from './format.ts';
import { readU16, writeU16 } from './bytes.ts';

/** Bytes from the tag control information to the type behind it; the tag's own EtherType stands before them. */
export const LENGTH = 4;

/** EtherTypes that announce a tag. */
export const TagType = { Customer: 0x8100, Service: 0x88a8, Old9100: 0x9100, Old9200: 0x9200 } as const;

// Byte offsets, counted from behind the EtherType that announces the tag.
const TAG_CONTROL_INFORMATION = 0;
const TYPE = 2;

export interface Tag {
  readonly priority: number;
  readonly dropEligible: boolean;
  readonly identifier: number;
  readonly type: number;
}

/** Whether an EtherType announces a tag. */
export function isTag(type: number): boolean {
  return type === TagType.Customer || type === TagType.Service || type === TagType.Old9100 || type === TagType.Old9200;
}

export function check(_bytes: Uint8Array, at: number, end: number): Malformed | null {
  return end - at < LENGTH ? 'truncated' : null;
}

/** Priority code point, 0 to 7. */
export function priority(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + TAG_CONTROL_INFORMATION) >>> 13;
}

export function dropEligible(bytes: Uint8Array, at: number): boolean {
  return (readU16(bytes, at + TAG_CONTROL_INFORMATION) & 0x1000) !== 0;
}

/** VLAN identifier; 0 means that the tag carries a priority only. */
export function identifier(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + TAG_CONTROL_INFORMATION) & 0x0fff;
}

/** The EtherType of what follows, which may be another tag. */
export function type(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + TYPE);
}

export function parse(bytes: Uint8Array, at: number): Tag {
  return {
    priority: priority(bytes, at),
    dropEligible: dropEligible(bytes, at),
    identifier: identifier(bytes, at),
    type: type(bytes, at),
  };
}

export function write(bytes: Uint8Array, at: number, tag: Tag): void {
  writeU16(
    bytes,
    at + TAG_CONTROL_INFORMATION,
    (tag.priority << 13) | (tag.dropEligible ? 0x1000 : 0) | tag.identifier,
  );
  writeU16(bytes, at + TYPE, tag.type);
}

export const format: Format = {
  name: '802.1Q',
  check,
  summarize(bytes, at, end) {
    if (check(bytes, at, end)) return ' [|vlan]';
    const eligible = dropEligible(bytes, at) ? ', DEI' : '';
    return `vlan ${identifier(bytes, at)}, p ${priority(bytes, at)}${eligible}`;
  },
};
