/**
 * A program's command line in words, as a shell splits it: 'single' and "double" quotes and the backslash.
 * POSIX.1-2017, Shell Command Language §2.2. Not here: everything else a shell does; `$`, `*` and `|` are letters.
 */

/** The words, or what is wrong and what to do. */
export type Split = { readonly words: readonly string[] } | { readonly error: string };

export function splitCommandLine(text: string): Split {
  const words: string[] = [];
  let word = '';
  let started = false; // '' is a word, though it has no letter.
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    if (quote === "'") {
      if (letter === quote) quote = '';
      else word += letter;
    } else if (letter === '\\') {
      const next = text.charAt(++i);
      if (next === '') return { error: 'a backslash ends the command line; write \\\\ for a backslash' };
      // Between double quotes it only takes away the meaning of what has one there.
      if (quote === '"' && next !== '"' && next !== '\\') word += letter;
      word += next;
      started = true;
    } else if (quote === '"') {
      if (letter === quote) quote = '';
      else word += letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      started = true;
    } else if (/\s/.test(letter)) {
      if (started) words.push(word);
      word = '';
      started = false;
    } else {
      word += letter;
      started = true;
    }
  }
  if (quote !== '') return { error: `a ${quote} is not closed` };
  if (started) words.push(word);
  if (words.length === 0) return { error: 'names no program' };
  return { words };
}
