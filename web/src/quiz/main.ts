import type { TopAnswer } from '@leaderboard/shared/contracts/rankings';
import { ApiProblem } from '../api.js';
import { BoardTable } from '../ui/board-table.js';
import { showConnection } from '../ui/connection.js';
import { byId, setText } from '../ui/dom.js';
import { formatNumber, players } from '../ui/format.js';
import { LiveSocket, type ServerFrame } from './live-socket.js';
import { QuestionCard } from './question-card.js';
import { pointsFor, questions } from './questions.js';
import {
  askedIn,
  enterRoom,
  findRoom,
  forgetPlayer,
  openRoom,
  type Player,
  registerPlayer,
  rememberAsked,
  rememberedPlayer,
  roomDefinition,
} from './room.js';

/** The quiz room at `/examples/quiz?room=…`: join, answer, and see everybody's points move. docs/web.md tells how it works. */

const sections = ['join', 'closed', 'play', 'done'].map((id) => byId(id, HTMLElement));
const joinForm = byId('join', HTMLFormElement);
const openForm = byId('open', HTMLFormElement);
const roomInput = byId('room', HTMLInputElement);
const nameInput = byId('name', HTMLInputElement);
const trouble = byId('trouble', HTMLElement);
const boardCard = byId('board', HTMLElement);
const board = new BoardTable(byId('rows', HTMLTableSectionElement), { showMovement: true });
const card = new QuestionCard();
const boardRows = 20;

roomInput.value = new URLSearchParams(location.search).get('room') ?? 'quiz-room-1';
nameInput.value = rememberedPlayer()?.name ?? '';
joinForm.addEventListener('submit', (event) => guarded(event, join));
openForm.addEventListener('submit', (event) =>
  guarded(event, async () => {
    const token = byId('admin-token', HTMLInputElement);
    await openRoom(roomInput.value, token.value.trim());
    // It opens rooms, and is kept nowhere.
    token.value = '';
    await join();
  }),
);
byId('again', HTMLButtonElement).addEventListener('click', () => {
  forgetPlayer();
  location.reload();
});

/** Whatever is refused is said, and can be tried again. */
function guarded(event: SubmitEvent, work: () => Promise<void>): void {
  event.preventDefault();
  setText(trouble, '');
  work().catch((error: unknown) => {
    if (!(error instanceof ApiProblem)) throw error;
    setText(trouble, error.message);
  });
}

async function join(): Promise<void> {
  const room = roomInput.value.trim();
  const name = nameInput.value.trim();
  const found = await findRoom(room);
  if (found === 'another game') {
    setText(trouble, `"${room}" is a game whose points do not add up: choose another room.`);
    return;
  }
  if (found === 'missing') return sayHowToOpen(room);
  history.replaceState(undefined, '', `${location.pathname}?room=${encodeURIComponent(room)}`);
  const remembered = rememberedPlayer();
  const player = remembered?.name === name ? remembered : await registerPlayer(name);
  await enterRoom(room, player);
  await play(room, player);
}

function sayHowToOpen(room: string): void {
  show('closed');
  setText(byId('closed-room', HTMLElement), room);
  const commands = [
    'ADMIN=$(npm run --silent token -- --role admin)',
    `curl -s -X PUT ${location.origin}/games/${room} -H "Authorization: Bearer $ADMIN" \\`,
    `  -H 'Content-Type: application/json' -d '${JSON.stringify(roomDefinition)}'`,
  ];
  setText(byId('open-commands', HTMLElement), commands.join('\n'));
}

async function play(room: string, player: Player): Promise<void> {
  show('play');
  setText(byId('board-room', HTMLElement), room);
  boardCard.hidden = false;
  const socket = new LiveSocket({
    token: player.token,
    subscribe: { game: room, limit: boardRows, user_id: player.userId },
    onStatus: showConnection,
    onFrame: (frame) => showFrame(frame, player),
    onRefused(problem) {
      forgetPlayer();
      setText(trouble, problem.message);
      show('join');
    },
  });
  for (let at = askedIn(room); at < questions.length; at += 1) {
    const question = questions[at];
    if (!question) break;
    const { isRight, seconds } = await card.ask(question, at + 1, questions.length);
    rememberAsked(room, at + 1);
    if (isRight) await award(socket, room, question.id, pointsFor(seconds));
    else card.tell(`It is ${question.right}.`);
    await card.next(at + 1 === questions.length ? 'See how it ends' : 'Next question');
  }
  show('done');
}

/** Adds points to the player's score in the room; sent again under the same key, they count once. */
async function award(socket: LiveSocket, room: string, questionId: string, points: number): Promise<void> {
  card.tell(`Right: ${points} points`);
  try {
    const idempotency_key = `${room}:${questionId}`;
    const { score } = await socket.score<{ score: number }>({
      action: 'add',
      game: room,
      delta: points,
      idempotency_key,
    });
    card.tell(`Right: ${points} points, ${formatNumber(score)} together`);
  } catch (error) {
    card.tell(error instanceof ApiProblem ? error.message : 'The points were not taken.');
  }
}

function showFrame(frame: ServerFrame, player: Player): void {
  if (frame.type === 'snapshot') {
    const { rows, total } = frame as unknown as TopAnswer;
    board.show(rows, player.userId, boardRows);
    setText(byId('board-total', HTMLElement), players(total));
  } else if (frame.type === 'self') {
    const { rank, score, total } = frame as unknown as { rank: number | null; score: number; total: number };
    const standing =
      rank === null
        ? ''
        : `Rank ${formatNumber(rank)} of ${formatNumber(total)}, ${formatNumber(score)} points`;
    setText(byId('standing', HTMLElement), standing);
    setText(byId('done-standing', HTMLElement), standing);
  }
}

function show(id: string): void {
  for (const section of sections) section.hidden = section.id !== id;
}
