/**
 * For typedoc: each call of `sys` is documented by the manual page at the top of its file, src/syscalls, which says what
 * it does and which errors there are. So it stands in one place.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Comment, Converter, ReflectionKind } from 'typedoc';

const FOLDER = new URL('../src/syscalls/', import.meta.url);

/** @param {import('typedoc').Application} app */
export function load(app) {
  const pages = readPages();
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (_context, signature) => {
    if (signature.kind !== ReflectionKind.CallSignature || signature.parent?.parent?.name !== 'Sys') return;
    const page = pages.get(signature.name);
    if (page === undefined) return;
    const own = Comment.combineDisplayParts(signature.comment?.summary ?? []);
    const text = own === '' ? page : `${page}\n\n${own}`;
    signature.comment = new Comment([{ kind: 'text', text }]);
  });
}

function readPages() {
  const pages = new Map();
  for (const name of readdirSync(FOLDER)) {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const [, call] = /^export function\*? (sys_\w+)/m.exec(text) ?? [];
    const [, page] = /^\/\*\*\n([^]*?)\*\//.exec(text) ?? [];
    if (call !== undefined && page !== undefined) pages.set(call, inMarkdown(page.replace(/^ \* ?/gm, '').trim()));
  }
  return pages;
}

/** The table of errors becomes a list; what goes on in the next line is indented there. */
function inMarkdown(page) {
  return page.replace(/^((?:E[A-Z0-9]+)(?:, E[A-Z0-9]+)*) {2,}/gm, '- `$1`: ').replace(/^ {4,}/gm, '  ');
}
