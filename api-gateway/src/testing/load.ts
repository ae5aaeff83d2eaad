import { Pool } from 'undici';

export interface LoadResult {
  answered: number;
  /** Status and body, or the error, of whatever was not a 200. */
  failures: string[];
}

export interface Load {
  readonly result: LoadResult;
  stop(): Promise<LoadResult>;
}

export interface LoadRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Clients that send one request after the other over connections of their own, until they are stopped. */
export function startLoad(url: string, clients: number, next: () => LoadRequest): Load {
  const pool = new Pool(url, { connections: clients });
  const result: LoadResult = { answered: 0, failures: [] };
  let stopping = false;

  const client = async () => {
    while (!stopping) {
      try {
        const { statusCode, body } = await pool.request(next());
        const text = await body.text();
        result.answered++;
        if (statusCode !== 200) result.failures.push(`${statusCode} ${text}`);
      } catch (error) {
        result.failures.push(String(error));
      }
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    result,
    async stop() {
      stopping = true;
      await Promise.all(running);
      await pool.close();
      return result;
    },
  };
}
