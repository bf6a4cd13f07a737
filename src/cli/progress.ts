/** How far a long run has come, on standard error: how much is done, how fast, and how long it will take. */
import { printError } from './output.ts';

export interface Progress {
  /** So many are done by now. */
  show(done: number): void;
  /** Takes the line away. */
  end(): void;
}

/** Milliseconds between two lines, on a terminal and elsewhere. */
const ON_TERMINAL = 100;
const ELSEWHERE = 5_000;

const NONE: Progress = { show: () => undefined, end: () => undefined };

/** Shown where standard error is a terminal, or if `wanted`. */
export function startProgress(total: number, what: string, wanted: boolean | undefined): Progress {
  const isTerminal = process.stderr.isTTY;
  if (!(wanted ?? isTerminal)) return NONE;
  const began = performance.now();
  let next = began + (isTerminal ? ON_TERMINAL : 0);
  const write = (text: string): void => {
    if (isTerminal) process.stderr.write(`\r\x1b[K${text}`);
    else if (text !== '') printError(text);
  };
  return {
    show: (done) => {
      const now = performance.now();
      if (now < next && done < total) return;
      next = now + (isTerminal ? ON_TERMINAL : ELSEWHERE);
      write(describe(done, total, what, (now - began) / 1_000));
    },
    end: () => {
      if (isTerminal) write('');
    },
  };
}

/** `120/3916 scenarios, 3%, 85/s, 45 s left` */
export function describe(done: number, total: number, what: string, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const percent = Math.floor((100 * done) / total);
  const told = [`${done}/${total} ${what}`, `${percent}%`];
  if (rate > 0) told.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`);
  if (rate > 0 && done < total) told.push(`${describeTime((total - done) / rate)} left`);
  return told.join(', ');
}

function describeTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
