import type { OperationGroup } from '../operation.js';

export const accounts: OperationGroup = {
  name: 'Accounts',
  description: 'Registering, logging in, and leaving.',
  operations: [
    {
      route: 'POST /auth/register',
      id: 'register',
      summary: 'Register a user and get a token',
      description: 'Without a password a strong one is made and answered this once.',
      token: 'none',
      problems: ['unknown_region', 'user_exists', 'auth_busy', 'queue_full', 'score_out_of_range'],
    },
    {
      route: 'POST /auth/login',
      id: 'login',
      summary: 'Get a token for a user and a password',
      token: 'none',
      problems: ['bad_credentials', 'auth_busy'],
    },
    {
      route: 'GET /auth/me',
      id: 'getMe',
      summary: 'Read the profile of the token',
      token: 'any',
      problems: ['unknown_user'],
    },
    {
      route: 'DELETE /users/:userId',
      id: 'eraseUser',
      summary: 'Erase a user: account, scores and history',
      description: 'For the user itself, and admins. The id is free afterwards.',
      token: 'any',
      problems: ['forbidden', 'unknown_user', 'queue_full'],
    },
    {
      route: 'PUT /users/:userId/hidden',
      id: 'hideUser',
      summary: 'Hide a user from all boards, or show it again',
      description: 'A hidden user plays on, and sees itself where it would stand.',
      token: 'admin',
      problems: ['unknown_user', 'queue_full'],
    },
  ],
};
