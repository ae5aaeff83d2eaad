import type { GameAnswer } from '@leaderboard/shared/contracts/games';
import type { RegionsAnswer, TopAnswer } from '@leaderboard/shared/contracts/rankings';
import { callApi } from '../api.js';
import { BoardTable } from '../ui/board-table.js';
import { showConnection } from '../ui/connection.js';
import { byId, setText } from '../ui/dom.js';
import { formatTime, players } from '../ui/format.js';
import { BoardStream } from './board-stream.js';
import { showEmptyBoard } from './empty-board.js';
import { GamePicker, labelOfGame, overallGame } from './game-picker.js';
import { PlayerCard } from './player-card.js';
import { RegionTabs } from './region-tabs.js';
import { isSameBoard, limits, readState, type ViewState, writeState } from './view-state.js';
import { WindowPicker } from './window-picker.js';

/** The live board at `/`: the address says what is shown, the controls change the address. */

const panel = byId('board', HTMLElement);
const title = byId('board-title', HTMLElement);
const total = byId('board-total', HTMLElement);
const period = byId('board-period', HTMLElement);
const refusal = byId('refusal', HTMLElement);
const table = byId('board-table', HTMLTableElement);
const more = byId('more', HTMLButtonElement);
const shared = byId('ties', HTMLInputElement);
const search = byId('search', HTMLFormElement);
const searched = byId('search-id', HTMLInputElement);

let state = readState(location.search);
let shownBoard: ViewState | undefined;

const tabs = new RegionTabs(byId('regions', HTMLElement), panel, (region) => go({ region }));
const games = new GamePicker(byId('game', HTMLInputElement), byId('games', HTMLElement), (game) =>
  go({ game, window: 'all' }),
);
const windows = new WindowPicker(byId('windows', HTMLElement), (window) => go({ window }));
const follow = (user: string | undefined) => go({ user });
const card = new PlayerCard(follow, () => {
  follow(undefined);
  searched.focus();
});
const board = new BoardTable(byId('rows', HTMLTableSectionElement), { onChoose: follow, showMovement: true });
const stream = new BoardStream({
  onStatus(status, detail) {
    showConnection(status);
    refusal.hidden = status !== 'refused';
    setText(byId('refusal-detail', HTMLElement), detail ?? '');
    if (status === 'refused') showEmptyBoard(false, state.game, state.region);
  },
  onSnapshot: showSnapshot,
  onSelf: () => card.refresh(),
  onPassed: (passed) => card.tellPassed(passed),
});

shared.addEventListener('change', () => go({ ties: shared.checked ? 'shared' : 'unique' }));
more.addEventListener('click', () =>
  go({ limit: limits.find((limit) => limit > state.limit) ?? state.limit }),
);
search.addEventListener('submit', (event) => {
  event.preventDefault();
  const user = searched.value.trim();
  if (user !== '') follow(user);
});
addEventListener('popstate', () => show(readState(location.search)));

tabs.offer([]);
show(state);
void offerRegions();

function go(change: Partial<ViewState>): void {
  const next = { ...state, ...change };
  const query = writeState(next);
  if (query === writeState(state)) return;
  history.pushState(undefined, '', location.pathname + query);
  show(next);
}

function show(next: ViewState): void {
  const gameBefore = shownBoard?.game;
  state = next;
  tabs.select(state.region);
  games.select(state.game);
  shared.checked = state.ties === 'shared';
  searched.value = state.user ?? '';
  setText(title, labelOfGame(state.game) === 'default' ? 'Leaderboard' : labelOfGame(state.game));
  document.title = `${labelOfGame(state.game)} · ${state.region === 'GLOBAL' ? 'everyone' : state.region} · Leaderboard`;
  if (!shownBoard || !isSameBoard(shownBoard, state)) {
    board.clear();
    panel.setAttribute('aria-busy', 'true');
    setText(period, '');
    setText(total, '');
    more.hidden = true;
    showEmptyBoard(false, state.game, state.region);
  }
  shownBoard = state;
  if (gameBefore !== state.game) void offerWindows(state.game);
  windows.select(state.window);
  stream.open(state);
  card.follow(state);
}

function showSnapshot(snapshot: TopAnswer): void {
  panel.removeAttribute('aria-busy');
  board.show(snapshot.rows, state.user, state.limit);
  table.hidden = snapshot.rows.length === 0;
  setText(total, players(snapshot.total));
  const { ends_at, partial } = snapshot;
  const remarks = [
    ends_at && `until ${formatTime(ends_at)}`,
    partial && `without ${partial.join(', ')} at the moment`,
  ];
  setText(period, remarks.filter(Boolean).join(', '));
  more.hidden = snapshot.total <= snapshot.rows.length || state.limit === limits.at(-1);
  showEmptyBoard(snapshot.total === 0, state.game, state.region);
  card.refresh();
}

async function offerRegions(): Promise<void> {
  const { regions } = await callApi<RegionsAnswer>('/regions');
  tabs.offer(regions);
  tabs.select(state.region);
}

async function offerWindows(game: string): Promise<void> {
  const kept = game === overallGame ? [] : await windowsOf(game);
  if (game !== state.game) return;
  windows.offer(kept);
  windows.select(state.window);
}

/** A game that there is not is told by the board itself. */
async function windowsOf(game: string): Promise<string[]> {
  try {
    return (await callApi<GameAnswer>(`/games/${encodeURIComponent(game)}`)).windows;
  } catch {
    return [];
  }
}
