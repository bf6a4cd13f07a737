/**
 * Holds a file's values against the schema, and turns what zod finds into problems with a place and plain words.
 */
import type * as z from 'zod';
import { topologyFile } from './schema.ts';
import type { TopologyFile } from './schema.ts';
import type { Problems } from './topology-error.ts';
import type { Path, Source } from './topology-source.ts';

type Issue = z.core.$ZodIssue;

export function checkValues(source: Source, problems: Problems): TopologyFile | null {
  // Without zod's compiled checks, as a page's content security policy may forbid them.
  const result = topologyFile.safeParse(source.value, { jitless: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) addProblems(source, problems, [], issue);
  return null;
}

function addProblems(source: Source, problems: Problems, outer: Path, issue: Issue): void {
  const path = [...outer, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case 'invalid_union': {
      const meant = meantAlternative(issue.errors);
      if (meant !== null) for (const inner of meant) addProblems(source, problems, path, inner);
      else problems.add(source.locate(path), issue.message);
      return;
    }
    case 'unrecognized_keys': {
      const messages = issue.message.split('\n');
      issue.keys.forEach((key, index) => {
        const { position } = source.locateKey([...path, key]);
        problems.add({ ...source.locate(path), position }, messages[index] ?? issue.message);
      });
      return;
    }
    case 'invalid_key':
      problems.add(source.locateKey(path), issue.message);
      return;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_type':
    case 'invalid_value':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      problems.add(source.locate(path), issue.message);
      return;
  }
}

/** Of the ways a value can be written, the one it is of the right type for; null when it is for none. */
function meantAlternative(alternatives: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const isOther = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.path.length === 0;
  return alternatives.find((issues) => !issues.some(isOther)) ?? null;
}
