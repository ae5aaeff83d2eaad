// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what envsubst replaces

import { describe, expect, it } from 'vitest';
import { fillIn } from './nginx-server.js';

describe('fillIn', () => {
  it('replaces the named variables everywhere', () => {
    expect(fillIn('listen ${LISTEN}; # ${LISTEN}', { LISTEN: '80' })).toBe('listen 80; # 80');
  });

  it("leaves NGINX's own variables and unknown names", () => {
    const text = 'set $x $request_id; ${OTHER} ${lower}';
    expect(fillIn(text, { LISTEN: '80', x: 'y' })).toBe(text);
  });

  it('inserts values as they are', () => {
    expect(fillIn('${A}', { A: '$& ${B}', B: 'no' })).toBe('$& ${B}');
  });
});
