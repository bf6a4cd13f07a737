/**
 * Lines on a program's standard output and error. Writing to them never sleeps, so that a program that is stopped can
 * still say its last words in a `finally` block.
 */
import type { Call, Sys } from '../syscalls/program.ts';
import { Standard } from '../syscalls/values.ts';

export function* print(sys: Sys, line: string): Call<void> {
  yield* sys.sys_stream_write(Standard.Output, `${line}\n`);
}

export function* complain(sys: Sys, line: string): Call<void> {
  yield* sys.sys_stream_write(Standard.Error, `${line}\n`);
}
