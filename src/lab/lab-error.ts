/** For the person who uses a lab: a name that does not exist, a command that cannot be run, a call at the wrong time. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
