import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Problem } from '@leaderboard/shared/http/problems';
import { Piscina } from 'piscina';

/** bcrypt takes tens of milliseconds of one core: a few waiting are fine, a flood is turned away. */
const maxWaiting = 64;
/** Hashing yields to serving where the system lets it. */
const niceIncrement = 10;
const leastPasswordBytes = 8;
const bcryptLimitBytes = 72;

/** Hashes and checks passwords in threads of their own, never on the event loop. */
export class Passwords {
  readonly #threads: Piscina;
  readonly #rounds: number;
  readonly #nobody: Promise<string>;

  constructor(options: { rounds: number; threads: number }) {
    this.#rounds = options.rounds;
    this.#threads = new Piscina({
      filename: fileURLToPath(new URL('../../threads/bcrypt.mjs', import.meta.url)),
      minThreads: 1,
      maxThreads: options.threads,
      maxQueue: maxWaiting,
      niceIncrement,
    });
    this.#nobody = this.#run('hash', { password: generatePassword(), rounds: options.rounds });
  }

  /** @throws {Problem} auth_busy */
  hash(password: string): Promise<string> {
    return this.#run('hash', { password, rounds: this.#rounds });
  }

  /**
   * Whether the password fits. An account without a hash, or none at all, takes as long as any other.
   * @throws {Problem} auth_busy
   */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const fits = await this.#run<boolean>('compare', { password, hash: hash ?? (await this.#nobody) });
    return fits && hash !== undefined;
  }

  close(): Promise<void> {
    return this.#threads.destroy();
  }

  async #run<Result = string>(name: 'hash' | 'compare', task: object): Promise<Result> {
    if (this.#threads.queueSize >= maxWaiting) {
      throw new Problem('auth_busy', 'Too many logins at once; try again', { retryAfterSeconds: 2 });
    }
    return (await this.#threads.run(task, { name })) as Result;
  }
}

/**
 * @param leastBytes 0 where a password is only tried
 * @throws {Problem} for one that is too short, or of which bcrypt would ignore the end
 */
export function checkPasswordLength(password: string, leastBytes = leastPasswordBytes): void {
  const bytes = Buffer.byteLength(password);
  if (bytes >= leastBytes && bytes <= bcryptLimitBytes) return;
  const message = `must have ${leastPasswordBytes} to ${bcryptLimitBytes} bytes`;
  throw new Problem('invalid_request', `body/password ${message}`, {
    errors: [{ path: 'body/password', message }],
  });
}

/** 144 random bits. */
export function generatePassword(): string {
  return randomBytes(18).toString('base64url');
}
