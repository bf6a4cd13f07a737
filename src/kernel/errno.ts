/**
 * Why a call fails: Linux's names, numbers (asm-generic/errno.h) and words (strerror(3)).
 * Not here: errors that no call of this lab gives.
 */
export const ERRNO = {
  EPERM: { number: 1, words: 'Operation not permitted' },
  ENOENT: { number: 2, words: 'No such file or directory' },
  ESRCH: { number: 3, words: 'No such process' },
  E2BIG: { number: 7, words: 'Argument list too long' },
  EBADF: { number: 9, words: 'Bad file descriptor' },
  ECHILD: { number: 10, words: 'No child processes' },
  EAGAIN: { number: 11, words: 'Resource temporarily unavailable' },
  EACCES: { number: 13, words: 'Permission denied' },
  EFAULT: { number: 14, words: 'Bad address' },
  EEXIST: { number: 17, words: 'File exists' },
  ENODEV: { number: 19, words: 'No such device' },
  EINVAL: { number: 22, words: 'Invalid argument' },
  EMFILE: { number: 24, words: 'Too many open files' },
  ENOTTY: { number: 25, words: 'Inappropriate ioctl for device' },
  EPIPE: { number: 32, words: 'Broken pipe' },
  ENAMETOOLONG: { number: 36, words: 'File name too long' },
  ENOSYS: { number: 38, words: 'Function not implemented' },
  EPROTO: { number: 71, words: 'Protocol error' },
  ENOTSOCK: { number: 88, words: 'Socket operation on non-socket' },
  EDESTADDRREQ: { number: 89, words: 'Destination address required' },
  EMSGSIZE: { number: 90, words: 'Message too long' },
  EPROTOTYPE: { number: 91, words: 'Protocol wrong type for socket' },
  ENOPROTOOPT: { number: 92, words: 'Protocol not available' },
  EPROTONOSUPPORT: { number: 93, words: 'Protocol not supported' },
  ESOCKTNOSUPPORT: { number: 94, words: 'Socket type not supported' },
  EOPNOTSUPP: { number: 95, words: 'Operation not supported' },
  EAFNOSUPPORT: { number: 97, words: 'Address family not supported by protocol' },
  EADDRINUSE: { number: 98, words: 'Address already in use' },
  EADDRNOTAVAIL: { number: 99, words: 'Cannot assign requested address' },
  ENETDOWN: { number: 100, words: 'Network is down' },
  ENETUNREACH: { number: 101, words: 'Network is unreachable' },
  ECONNRESET: { number: 104, words: 'Connection reset by peer' },
  ENOBUFS: { number: 105, words: 'No buffer space available' },
  EISCONN: { number: 106, words: 'Transport endpoint is already connected' },
  ENOTCONN: { number: 107, words: 'Transport endpoint is not connected' },
  ECONNREFUSED: { number: 111, words: 'Connection refused' },
  EHOSTUNREACH: { number: 113, words: 'No route to host' },
} as const satisfies Record<string, { number: number; words: string }>;

/** Linux's name for an error, such as 'ENETUNREACH'. */
export type Errno = keyof typeof ERRNO;

/** The name a number stands for, without its sign; undefined when no call here gives it. */
export function errnoByNumber(number: number): Errno | undefined {
  return (Object.keys(ERRNO) as Errno[]).find((name) => ERRNO[name].number === Math.abs(number));
}

/** 'ENETUNREACH (Network is unreachable)', as strace prints it. */
export function describe(errno: Errno): string {
  return `${errno} (${ERRNO[errno].words})`;
}
