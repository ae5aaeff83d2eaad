/** What the page shows. It stands in the address, so that a link shows the same and the back button goes back. */
export interface ViewState {
  region: string;
  /** `*` is the overall board. */
  game: string;
  window: string;
  ties: 'unique' | 'shared';
  limit: number;
  /** The user_id that is followed. */
  user: string | undefined;
}

export const limits = [25, 50, 100] as const;

export const defaultState: ViewState = {
  region: 'GLOBAL',
  game: 'default',
  window: 'all',
  ties: 'unique',
  limit: limits[0],
  user: undefined,
};

/** Whatever an address says; what makes no sense is the default, unknown names are for the API to refuse. */
export function readState(query: string): ViewState {
  const parameters = new URLSearchParams(query);
  const limit = Number(parameters.get('limit'));
  return {
    region: parameters.get('region')?.toUpperCase() || defaultState.region,
    game: parameters.get('game') || defaultState.game,
    window: parameters.get('window') || defaultState.window,
    ties: parameters.get('ties') === 'shared' ? 'shared' : 'unique',
    limit: limits.find((known) => known === limit) ?? defaultState.limit,
    user: parameters.get('user') || undefined,
  };
}

/** The query with its `?`, or nothing at all for the default. */
export function writeState(state: ViewState): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value !== undefined && value !== defaultState[name as keyof ViewState])
      parameters.set(name, String(value));
  }
  const query = parameters.toString();
  return query === '' ? '' : `?${query}`;
}

/** Whether both show the same board, whatever else differs. */
export const isSameBoard = (one: ViewState, other: ViewState): boolean =>
  one.region === other.region &&
  one.game === other.game &&
  one.window === other.window &&
  one.ties === other.ties;
