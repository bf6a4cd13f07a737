/** What the operating system says about a socket, in words for the person who named its address. */
export function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'somebody else has it';
  if (code === 'EADDRNOTAVAIL') return 'this machine does not have that address';
  if (code === 'EACCES') return 'not allowed';
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  if (code === 'ENOENT') return 'no such path';
  return message;
}
