/** A refusal of the API (RFC 9457), or that it could not be reached (status 0). */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = 'ApiProblem';
  }

  /** Whether the same request may well succeed a little later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** A path with a query; what is undefined is left out. */
export function pathWith(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** @throws {ApiProblem} */
export async function callApi<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiProblem(0, 'unreachable', 'The server cannot be reached.');
  }
  const body = parse(text);
  if (response.ok) return body as Answer;
  const { code, detail } = (body ?? {}) as { code?: string; detail?: string };
  throw new ApiProblem(
    response.status,
    code ?? 'unknown',
    detail ?? `The server answered ${response.status}.`,
  );
}

/** @throws {ApiProblem} */
export function sendJson<Answer>(
  method: string,
  path: string,
  body: object,
  token?: string,
): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return callApi<Answer>(path, { method, headers, body: JSON.stringify(body) });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
