/**
 * The zones in a topology: names made absolute, records one by one. RFC 1034 §3.6, RFC 1035 §5.1 (master files).
 * Unlike master files: a target with a dot in it is absolute, with or without a dot at its end; one without is
 * relative to the zone. `@` is the zone itself in both. Not here: wildcards (RFC 4592), delegation.
 */
import type { StationFile } from './schema.ts';
import { quote } from './spelling.ts';
import type { Located, Zone, ZoneRecord } from './topology.ts';
import type { Problems } from './topology-error.ts';
import type { Path, Source } from './topology-source.ts';

/** Five minutes: seconds for records that do not say. */
const DEFAULT_TTL = 300;
/** RFC 1035 §3.1: with length octets and the root's, 255; in text that is 253 letters and dots. */
const MAX_NAME = 253;
/** RFC 1035 §3.3: a character-string has one octet for its length. */
const MAX_TEXT = 255;
/** RFC 1035 §2.3.4: 63 octets; the underscore is RFC 8552's. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

type ZoneFiles = NonNullable<StationFile['zones']>;

export function resolveZones(source: Source, problems: Problems, path: Path, files: ZoneFiles): Zone[] {
  return Object.entries(files).map(([key, owners]) => {
    const zonePath = [...path, key];
    const name = withoutDot(key.toLowerCase());
    checkName(problems, source.locateKey(zonePath), key, name);
    return { ...source.locateKey(zonePath), name, records: resolveRecords(source, problems, zonePath, name, owners) };
  });
}

function resolveRecords(
  source: Source,
  problems: Problems,
  zonePath: Path,
  zone: string,
  owners: ZoneFiles[string],
): ZoneRecord[] {
  const records: ZoneRecord[] = [];
  for (const [owner, file] of Object.entries(owners)) {
    const path = [...zonePath, owner];
    const name = ownerName(owner.toLowerCase(), zone);
    checkName(problems, source.locateKey(path), owner, name);
    if (!isInside(name, zone)) {
      const remedy = 'leave out the dot at its end, or put it into a zone of its own';
      problems.add(source.locateKey(path), `${quote(owner)} is not in the zone ${zone}; ${remedy}`);
    }

    const common = (type: string, index: number): Located & { name: string; ttl: number } => {
      const one = [...path, type, index];
      return { ...source.locate(source.has(one) ? one : [...path, type]), name, ttl: file.ttl ?? DEFAULT_TTL };
    };
    const targetOf = (text: string, located: Located): string => {
      const target = targetName(text.toLowerCase(), zone);
      checkName(problems, located, text, target);
      return target;
    };

    file.A?.forEach((ip, index) => records.push({ ...common('A', index), type: 'A', ip }));
    if (file.CNAME !== undefined) {
      const at = common('CNAME', 0);
      records.push({ ...at, type: 'CNAME', target: targetOf(file.CNAME, at) });
      // RFC 1034 §3.6.2: if a CNAME is present at a node, no other data should be.
      const others = Object.keys(file).filter((key) => key !== 'CNAME' && key !== 'ttl');
      if (others.length > 0) {
        problems.add(at, `an alias has no other records; take out CNAME or ${others.join(', ')}`);
      }
    }
    for (const type of ['NS', 'PTR'] as const) {
      file[type]?.forEach((text, index) => {
        const at = common(type, index);
        records.push({ ...at, type, target: targetOf(text, at) });
      });
    }
    file.MX?.forEach(({ preference, target }, index) => {
      const at = common('MX', index);
      records.push({ ...at, type: 'MX', preference, target: targetOf(target, at) });
    });
    file.SRV?.forEach(({ target, ...service }, index) => {
      const at = common('SRV', index);
      records.push({ ...at, type: 'SRV', ...service, target: targetOf(target, at) });
    });
    file.TXT?.forEach((text, index) => {
      const at = common('TXT', index);
      if (utf8Length(text) > MAX_TEXT) {
        problems.add(at, `a text of ${utf8Length(text)} bytes; one record holds at most ${MAX_TEXT}`);
      }
      records.push({ ...at, type: 'TXT', text });
    });
  }
  return records;
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function ownerName(text: string, zone: string): string {
  if (text === '@') return zone;
  if (text.endsWith('.') || isInside(text, zone)) return withoutDot(text);
  return `${text}.${zone}`;
}

function targetName(text: string, zone: string): string {
  if (text === '@') return zone;
  return text.includes('.') || zone === '' ? withoutDot(text) : `${text}.${zone}`;
}

function isInside(name: string, zone: string): boolean {
  return zone !== '' && (name === zone || name.endsWith(`.${zone}`));
}

function checkName(problems: Problems, located: Located, written: string, name: string): void {
  if (name.length <= MAX_NAME && name.split('.').every((label) => LABEL.test(label))) return;
  const rule = 'its parts are 1 to 63 letters, digits, "-" or "_"';
  problems.add(located, `${quote(written)} is no domain name; ${rule}`);
}

function utf8Length(text: string): number {
  let length = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return length;
}
