import { byId, setText } from '../ui/dom.js';
import { overallGame } from './game-picker.js';

const hint = byId('empty', HTMLElement);
const commands = byId('empty-commands', HTMLElement);

/** What to type to see something, shown while a board has no rows. */
export function showEmptyBoard(isEmpty: boolean, game: string, region: string): void {
  hint.hidden = !isEmpty;
  if (isEmpty) setText(commands, commandsFor(game === overallGame ? 'default' : game, region));
}

function commandsFor(game: string, region: string): string {
  const json = "-H 'Content-Type: application/json'";
  const home = region === 'GLOBAL' ? '' : `,"region":"${region}"`;
  const inGame = game === 'default' ? '' : `,"game":"${game}"`;
  return [
    `URL=${location.origin}`,
    `curl -s $URL/auth/register ${json} \\
  -d '{"user_id":"alice","name":"Alice"${home}}'`,
    'TOKEN=…   # the token it answered',
    `curl -s $URL/score -H "Authorization: Bearer $TOKEN" ${json} \\
  -d '{"score":1500${inGame}}'`,
  ].join('\n');
}
