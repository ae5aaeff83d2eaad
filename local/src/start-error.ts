/** A start that cannot succeed, and a user who can do something about it: shown as one line, without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
