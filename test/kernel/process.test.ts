import { describe, expect, it } from 'vitest';
import { createKernel } from '../../src/kernel/kernel.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { startProcess, stopProcess } from '../../src/kernel/process.ts';
import type { Body, Process } from '../../src/kernel/process.ts';
import { wake, WaitQueue } from '../../src/kernel/wait-queue.ts';
import type { Wait } from '../../src/kernel/wait-queue.ts';
import { StuckError } from '../../src/sim/simulator.ts';
import { SECOND } from '../../src/sim/time.ts';
import { createStack } from '../../src/stack/stack.ts';
import { SystemCallError } from '../../src/syscalls/program.ts';
import { fakeWorld } from '../fake-world.ts';
import type { FakeWorld } from '../fake-world.ts';

function createHost(): { world: FakeWorld; kernel: Kernel; log: string[] } {
  const world = fakeWorld();
  const log: string[] = [];
  const kernel = createKernel(createStack(world, 'h1', 0, []), {
    output: ({ id }, stream, bytes) => log.push(`${id} ${stream}: ${new TextDecoder().decode(bytes)}`),
    ended: ({ id, exitStatus }) => log.push(`${id} ended with ${exitStatus}`),
  });
  return { world, kernel, log };
}

function start(kernel: Kernel, body: (process: Process) => Body, argv = ['prog']): Process {
  const started = startProcess(kernel, argv, body);
  if (!started.ok) throw new Error(started.errno);
  return started.value;
}

describe('a process', () => {
  it('runs first when all that is ready has run, in the order of starting', () => {
    const { world, kernel, log } = createHost();
    const say = (text: string) =>
      function* (): Body {
        log.push(text);
      };
    start(kernel, say('first'));
    start(kernel, say('second'));
    expect(log).toEqual([]);
    world.advance(0);
    expect(log).toEqual(['first', '1 ended with 0', 'second', '2 ended with 0']);
    expect(kernel.processes?.size ?? 0).toBe(0);
  });

  it('ends with what its body returns, as eight bits', () => {
    const { world, kernel } = createHost();
    const statuses = [undefined, 3, 256 + 4, -1].map((status) =>
      start(kernel, function* (): Body {
        return status;
      }),
    );
    world.advance(0);
    expect(statuses.map((process) => process.exitStatus)).toEqual([0, 3, 4, 255]);
  });

  it('ends with status 1 and a line on its standard error when it throws', () => {
    const { world, kernel, log } = createHost();
    start(kernel, function* (): Body {
      throw new SystemCallError('sys_socket_sendto', 'ENETUNREACH');
    });
    start(kernel, function* (): Body {
      throw new TypeError('x is not a function');
    });
    start(kernel, function* (): Body {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- programs may be written in JavaScript
      throw 'a string';
    });
    world.advance(0);
    expect(log).toEqual([
      '1 error: prog: sys_socket_sendto: ENETUNREACH (Network is unreachable)\n',
      '1 ended with 1',
      '2 error: prog: TypeError: x is not a function\n',
      '2 ended with 1',
      '3 error: prog: a string\n',
      '3 ended with 1',
    ]);
  });

  it('hears what is wrong when it yields what is nothing to wait for, as without yield*', () => {
    const { world, kernel, log } = createHost();
    start(kernel, function* (): Body {
      yield (function* () {})() as unknown as Wait;
    });
    world.advance(0);
    expect(log).toEqual([
      '1 error: prog: yielded what is nothing to wait for; a call that may sleep wants yield*\n',
      '1 ended with 1',
    ]);
  });

  it('lets who runs the lab know that time does not go on', () => {
    const { world, kernel } = createHost();
    start(kernel, function* (): Body {
      throw new StuckError(0, ['h1 prog']);
    });
    expect(() => world.advance(0)).toThrow(StuckError);
  });

  it('can be stopped before it runs, while it sleeps, and after its end', () => {
    const { world, kernel, log } = createHost();
    const queue = new WaitQueue();
    const sleeper = start(kernel, function* (): Body {
      try {
        yield queue;
      } finally {
        log.push('finally');
      }
    });
    world.advance(0);
    const early = start(kernel, function* (): Body {
      log.push('never');
    });
    stopProcess(early);
    stopProcess(sleeper);
    stopProcess(sleeper);
    wake(queue);
    world.advance(SECOND);
    expect(log).toEqual(['2 ended with 143', 'finally', '1 ended with 143']);
    expect(queue.length).toBe(0);
  });

  it('cannot sleep any more in its finally blocks once it is stopped', () => {
    const { world, kernel, log } = createHost();
    const queue = new WaitQueue();
    const process = start(kernel, function* (): Body {
      try {
        yield queue;
      } finally {
        yield queue;
        log.push('never');
      }
    });
    world.advance(0);
    stopProcess(process);
    wake(queue);
    world.advance(SECOND);
    expect(log).toEqual(['1 ended with 143']);
  });

  it('that is stopped from the finally block of one it stops goes on to where it next waits', () => {
    const { world, kernel, log } = createHost();
    const victim = start(kernel, function* (): Body {
      try {
        yield new WaitQueue();
      } finally {
        stopProcess(avenged);
      }
    });
    const avenged = start(kernel, function* (): Body {
      stopProcess(victim);
      log.push('still at work');
      yield new WaitQueue();
      log.push('never');
    });
    world.advance(SECOND);
    expect(log).toEqual(['1 ended with 143', 'still at work', '2 ended with 143']);
  });

  it('that throws in a finally block while it is stopped ends with status 1', () => {
    const { world, kernel, log } = createHost();
    const process = start(kernel, function* (): Body {
      try {
        yield new WaitQueue();
      } finally {
        throw new Error('oh');
      }
    });
    world.advance(0);
    stopProcess(process);
    expect(log).toEqual(['1 error: prog: Error: oh\n', '1 ended with 1']);
  });
});
