import { Type } from 'typebox';

export const Liveness = Type.Object({ status: Type.Literal('ok') });

export const Unreadiness = Type.Object({
  status: Type.Literal('unavailable'),
  reason: Type.String({ examples: ['stopping'] }),
});

export const GatewayHealth = Type.Object({
  status: Type.Enum(['ok', 'unavailable']),
  upstreams: Type.Array(
    Type.Object({
      url: Type.String({ examples: ['http://127.0.0.1:5000'] }),
      status: Type.Enum(['up', 'starting', 'trial', 'ejected', 'not_ready', 'down']),
      reason: Type.String({ description: 'Why it has this status', examples: ['ready'] }),
      running: Type.Integer({ minimum: 0, description: 'Requests that it has now' }),
    }),
  ),
});
