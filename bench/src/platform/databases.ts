import pg from 'pg';

/** One connection to each region's database. */
export class Databases {
  private constructor(private readonly clients: ReadonlyMap<string, pg.Client>) {}

  static async connect(regions: readonly string[], urlOf: (region: string) => string): Promise<Databases> {
    const clients = new Map<string, pg.Client>();
    for (const region of regions) {
      const client = new pg.Client({ connectionString: urlOf(region) });
      // A stop ends Postgres under an open connection when something else has failed before.
      client.on('error', () => {});
      await client.connect();
      clients.set(region, client);
    }
    return new Databases(clients);
  }

  of(region: string): pg.Client {
    const client = this.clients.get(region);
    if (!client) throw new Error(`no database for region ${region}`);
    return client;
  }

  /** The same in every database, at the same time. */
  async each<Result>(run: (client: pg.Client, region: string) => Promise<Result>): Promise<Result[]> {
    return await Promise.all([...this.clients].map(([region, client]) => run(client, region)));
  }

  /** A number from every database, added up. */
  async sum(sql: string): Promise<number> {
    const numbers = await this.each(async (client) => {
      const { rows } = await client.query<{ number: string }>(sql);
      return Number(rows[0]?.number ?? 0);
    });
    return numbers.reduce((total, number) => total + number, 0);
  }

  /** Events in the history. */
  async countEvents(): Promise<number> {
    return await this.sum('SELECT count(*) AS number FROM score_events');
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.clients.values()].map((client) => client.end()));
  }
}
