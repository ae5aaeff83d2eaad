import { parseArgs } from 'node:util';
import { ConfigError } from '@leaderboard/shared/config';

type Option = { readonly type: 'string' } | { readonly type: 'boolean' };
type Values<Options extends Record<string, Option>> = {
  readonly [Name in keyof Options]?: Options[Name] extends { type: 'string' } ? string : boolean;
};

/** @throws {ConfigError} one line, for an option that does not exist. */
export function readOptions<const Options extends Record<string, Option>>(
  options: Options,
  given: readonly string[],
): { values: Values<Options>; positionals: string[] } {
  // npm and pnpm may pass the separator on.
  const args = given.filter((argument) => argument !== '--');
  try {
    const { values, positionals } = parseArgs({ options, args, allowPositionals: true });
    return { values: values as Values<Options>, positionals };
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new ConfigError('options:', `${reason}; known are ${known.join(', ')}`);
  }
}

/** @throws {ConfigError} */
export function numberOption(
  name: string,
  text: string | undefined,
  { least, most = Number.MAX_SAFE_INTEGER, whole = true }: { least: number; most?: number; whole?: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const fits =
    text.trim() !== '' && value >= least && value <= most && (!whole || Number.isSafeInteger(value));
  if (!fits) {
    const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `between ${least} and ${most}`;
    throw new ConfigError(`--${name}`, `must be ${whole ? 'a whole number' : 'a number'}, ${range}`);
  }
  return value;
}
