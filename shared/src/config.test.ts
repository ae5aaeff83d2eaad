import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import {
  portSetting,
  processSettings,
  readConfig,
  sampleJwtSecret,
  switchSetting,
  tokenSettings,
} from './config.js';

const Settings = Type.Object({
  ...processSettings,
  ...tokenSettings,
  PORT: portSetting(4000),
  READS: switchSetting(false),
});
const secret = 'x'.repeat(32);

describe('readConfig', () => {
  it('fills in defaults and converts numbers and switches', () => {
    const config = readConfig(Settings, { JWT_SECRET: secret, PORT: '4001', READS: 'true' });
    expect(config).toMatchObject({ HOST: '0.0.0.0', LOG_LEVEL: 'info', PORT: 4001, READS: true });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readConfig(Settings, { JWT_SECRET: secret, PORT: ' ' }).PORT).toBe(4000);
  });

  it.each([
    ['PORT', { JWT_SECRET: secret, PORT: '70000' }],
    ['PORT', { JWT_SECRET: secret, PORT: '80x' }],
    ['PORT', { JWT_SECRET: secret, PORT: '80.5' }],
    ['PORT', { JWT_SECRET: secret, PORT: '1e3' }],
    ['READS', { JWT_SECRET: secret, READS: 'perhaps' }],
    ['LOG_LEVEL', { JWT_SECRET: secret, LOG_LEVEL: 'loud' }],
    ['JWT_SECRET', {}],
    ['JWT_SECRET', { JWT_SECRET: 'short' }],
    ['JWT_SECRET', { JWT_SECRET: sampleJwtSecret }],
  ])('names %s in one line for %j', (variable, environment) => {
    expect(() => readConfig(Settings, environment)).toThrow(new RegExp(`^${variable} [^\\n]+$`));
  });
});
