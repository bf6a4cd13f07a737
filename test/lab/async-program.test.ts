import { describe, expect, it } from 'vitest';
import type { AsyncProgram } from '../../src/lab/async-program.ts';
import { StuckError } from '../../src/sim/simulator.ts';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';
import type { Program } from '../../src/syscalls/program.ts';
import { SystemCallError } from '../../src/syscalls/program.ts';
import { Domain, SocketType } from '../../src/syscalls/values.ts';
import { openTwoHosts } from '../open-lab.ts';

/** Real time goes by, the lab's does not. */
async function think(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

const echo: AsyncProgram = async (sys) => {
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 7 });
  for (;;) {
    const { data, from } = await sys.sys_socket_recvfrom(socket, 1500);
    await think();
    await sys.sys_socket_sendto(socket, data, from);
  }
};

const client: AsyncProgram = async (sys, argv) => {
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  await sys.sys_socket_sendto(socket, argv[1] ?? '', { ip: '192.0.2.2', port: 7 });
  await think();
  const { data } = await sys.sys_socket_recvfrom(socket, 1500);
  await sys.sys_stream_write(1, `${sys.sys_monotonic_time()} ${data.length}\n`);
  return data.length === 5 ? 0 : 1;
};

/** The same in the other form. */
const generatorClient: Program = function* (sys, argv) {
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  yield* sys.sys_socket_sendto(socket, argv[1] ?? '', { ip: '192.0.2.2', port: 7 });
  const { data } = yield* sys.sys_socket_recvfrom(socket, 1500);
  yield* sys.sys_stream_write(1, `${sys.sys_monotonic_time()} ${data.length}\n`);
  return data.length === 5 ? 0 : 1;
};

describe('runAsync', () => {
  it('runs async programs, and virtual time stands still while they think', async () => {
    const lab = openTwoHosts();
    lab.start('h2', echo, { background: true });
    const job = await lab.runAsync('h1', client, 'hello');
    const other = openTwoHosts();
    other.start('h2', 'udp-echo -q 7', { background: true });
    const same = other.run('h1', generatorClient, 'hello');
    expect(job.exitStatus).toBe(0);
    expect(job.lines.map(({ text }) => text)).toEqual(same.lines.map(({ text }) => text));
    expect(lab.transcript()).toBe(other.transcript());
  });

  it('runs several at once beside generators, each time in the same way', async () => {
    const play = async (): Promise<string> => {
      const lab = openTwoHosts('programs: [{ on: h1, run: client a }, { on: h1, run: ping -c 2 h2, at: 1ms }]', {
        programs: { client },
      });
      lab.start('h2', echo, { background: true });
      const jobs = ['bb', 'hello', 'dddd'].map((text) => lab.start('h1', client, { args: [text] }));
      const result = await lab.runAsync();
      expect(result.end).toBe('done');
      expect(jobs.map(({ exitStatus }) => exitStatus)).toEqual([1, 0, 1]);
      return lab.transcript();
    };
    const first = await play();
    expect(first.match(/UDP/g)).toHaveLength(8);
    expect(await play()).toBe(first);
  });

  it('takes a rejection as the end of the program, with its message', async () => {
    const broken: AsyncProgram = async (sys) => {
      await sys.sys_sleep(MILLISECOND);
      throw new TypeError('of mine');
    };
    const immediate: AsyncProgram = async () => {
      await Promise.resolve();
      throw new RangeError('at once');
    };
    const lab = openTwoHosts();
    const jobs = [lab.start('h1', broken), lab.start('h1', immediate)];
    expect((await lab.runAsync()).end).toBe('done');
    expect(jobs.map(({ exitStatus }) => exitStatus)).toEqual([1, 1]);
    expect(jobs.map(({ lines }) => lines[0]?.text)).toEqual([
      'broken: TypeError: of mine',
      'immediate: RangeError: at once',
    ]);
  });

  it('rejects a call that fails with the error that a generator is thrown', async () => {
    const errors: string[] = [];
    const hopeless: AsyncProgram = async (sys) => {
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
      try {
        await sys.sys_socket_sendto(socket, 'x', { ip: '203.0.113.1', port: 9 });
      } catch (error) {
        if (error instanceof SystemCallError) errors.push(error.errno);
      }
      try {
        sys.sys_handle_close(99);
      } catch (error) {
        if (error instanceof SystemCallError) errors.push(error.errno);
      }
      return 5;
    };
    const lab = openTwoHosts();
    expect((await lab.runAsync('h1', hopeless)).exitStatus).toBe(5);
    expect(errors).toEqual(['ENETUNREACH', 'EBADF']);
  });

  it('makes the calls of a program that does not wait between them, in their order', async () => {
    const hasty: AsyncProgram = async (sys) => {
      const times = await Promise.all([sys.sys_sleep(SECOND), sys.sys_sleep(SECOND)].map(async (slept) => slept));
      return times.length;
    };
    const lab = openTwoHosts();
    expect((await lab.runAsync('h1', hasty)).exitStatus).toBe(2);
    expect(lab.now).toBe(2 * SECOND);
  });

  it('knows an async program of another realm by its kind', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign = runInNewContext('(async (sys) => { await sys.sys_sleep(1000); return 7; })') as AsyncProgram;
    const lab = openTwoHosts();
    expect((await lab.runAsync('h1', foreign)).exitStatus).toBe(7);
  });

  it('ends when the lab is closed in the middle, and the program hears no more', async () => {
    let woke = false;
    const sleeper: AsyncProgram = async (sys) => {
      await sys.sys_sleep(10 * SECOND);
      woke = true;
    };
    const lab = openTwoHosts('', { until: SECOND });
    const job = lab.start('h1', sleeper);
    expect((await lab.runAsync()).end).toBe('until');
    lab.close();
    await think();
    expect(job).toMatchObject({ exitStatus: 143, stopped: true });
    expect(woke).toBe(false);
  });

  it('comes back when the lab is closed while a program thinks', async () => {
    const lab = openTwoHosts();
    const thinker: AsyncProgram = async () => {
      lab.close();
      await think();
    };
    const job = await lab.runAsync('h1', thinker);
    expect(job).toMatchObject({ exitStatus: 143, stopped: true });
  });

  it('stops one that another program stops, and goes on', async () => {
    const endless: AsyncProgram = async (sys) => {
      for (;;) await sys.sys_sleep(SECOND);
    };
    const stopper: Program = function* (sys) {
      const child = sys.sys_process_spawn(['endless']);
      yield* sys.sys_sleep(3 * SECOND);
      yield* sys.sys_process_stop(child);
      return yield* sys.sys_process_wait(child);
    };
    const lab = openTwoHosts('', { programs: { endless } });
    expect((await lab.runAsync('h1', stopper)).exitStatus).toBe(143);
  });

  it('ends with an error when one calls for ever without letting time pass', async () => {
    const restless: AsyncProgram = async (sys) => {
      for (;;) await sys.sys_sleep(0);
    };
    const busy: AsyncProgram = async (sys) => {
      await sys.sys_sleep(1);
      for (;;) sys.sys_monotonic_time();
    };
    await expect(openTwoHosts().runAsync('h1', busy)).rejects.toThrow(StuckError);
    await expect(openTwoHosts().runAsync('h2', restless)).rejects.toThrow(/h2 restless/);
  });
});

describe('run refuses, by name, what only runAsync can wait for', () => {
  const text = (who: string): string => `${who} is async: run the lab with "await lab.runAsync()"`;

  it('in the file', () => {
    const lab = openTwoHosts('programs: [{ on: h1, run: client hi, at: 5s }]', { programs: { client } });
    expect(() => lab.run()).toThrow(text('h1: client hi'));
    expect(() => lab.runUntil(SECOND)).toThrow(text('h1: client hi'));
    expect(() => lab.runSome(10)).toThrow(text('h1: client hi'));
    expect(() => lab.step()).toThrow(text('h1: client hi'));
    expect(lab.now).toBe(0);
  });

  it('given to run, by name or as a function', () => {
    expect(() => openTwoHosts('', { programs: { client } }).run('h1', 'client hi')).toThrow(text('h1: client hi'));
    expect(() => openTwoHosts().run('h1', echo as unknown as Program)).toThrow(text('h1: echo'));
  });

  it('spawned by a program on the way', () => {
    const spawner: Program = function* (sys) {
      sys.sys_process_spawn(['client', 'hi']);
      yield* sys.sys_sleep(SECOND);
    };
    const lab = openTwoHosts('', { programs: { client } });
    expect(() => lab.run('h1', spawner)).toThrow(text('h1: client hi'));
  });

  it('but not one that is there and does not run', () => {
    const lab = openTwoHosts('', { programs: { client } });
    expect(lab.run('h1', 'ping -c 1 h2').exitStatus).toBe(0);
  });
});
