import { byId, setText } from './dom.js';

const labels = {
  connecting: 'Connecting',
  live: 'Live',
  stale: 'Behind',
  reconnecting: 'Reconnecting',
  refused: 'Stopped',
} as const;
const hints: Partial<Record<keyof typeof labels, string>> = {
  stale: 'The service is away for a moment: this is how the board was last seen.',
  reconnecting: 'The connection was lost and is being made again. This is how the board was last seen.',
};

/** The pill in the page's header. */
export function showConnection(status: keyof typeof labels): void {
  const pill = byId('connection', HTMLElement);
  pill.dataset.status = status;
  pill.title = hints[status] ?? '';
  setText(byId('connection-text', HTMLElement), labels[status]);
}
