export { actOf, callerOf, createGuards, type Guards } from '@leaderboard/shared/http/guards';
