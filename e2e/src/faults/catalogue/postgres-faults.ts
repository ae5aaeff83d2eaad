import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { until } from '../../testing/until.js';
import { queues } from '../checker.js';
import type { Fault, FaultContext } from '../fault.js';
import { killed } from '../processes.js';
import { queueMax } from '../rig.js';

/** Runs statements in the EU's database, past the proxy. */
async function inEurope(context: FaultContext, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const { host, port, user, password } = context.rig.postgres.address;
  const client = new pg.Client({ host, port, user, password, database: 'leaderboard_eu' });
  client.on('error', () => {});
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

/** Clients must not notice: no write that was sent meanwhile may fail. */
async function unnoticed({ workload }: FaultContext, act: () => Promise<void>): Promise<void> {
  const from = performance.now();
  await act();
  const answered = () => workload.writes.filter(({ sentAtMs, outcome }) => sentAtMs >= from && outcome);
  await until('writes go on', () => answered().length >= 50);
  const failed = workload.writes.filter(
    (write) => write.sentAtMs >= from && (write.outcome ?? 'acknowledged') !== 'acknowledged',
  );
  if (failed.length > 0)
    throw new Error(`${failed.length} writes failed meanwhile, the first with ${failed[0]?.answer}`);
}

export const postgresFaults: Fault[] = [
  {
    name: 'Postgres stopped for 5 s',
    mayLose: 'nothing',
    inject: (context) =>
      unnoticed(context, async () => {
        const { process } = context.rig.postgres;
        await process.stop();
        await sleep(5_000);
        await process.restart();
      }),
  },
  {
    name: 'Postgres away until the queue is full',
    mayLose: 'nothing',
    slow: true,
    async inject({ rig, workload }) {
      const from = workload.writes.length;
      await rig.postgres.process.stop();
      const full = () => workload.writes.slice(from).some(({ answer }) => answer === '429 queue_full');
      await until('the queue is full', full, { withinMs: 120_000 });
      const depths = (await queues(rig.stack)).map(({ waiting }) => waiting);
      await rig.postgres.process.restart();
      if (Math.max(...depths) > queueMax)
        throw new Error(`${Math.max(...depths)} messages wait, ${queueMax} are allowed`);
      const others = workload.writes
        .slice(from)
        .filter(({ outcome, answer }) => outcome === 'refused' && answer !== '429 queue_full');
      if (others.length > 0)
        throw new Error(`${others.length} writes were refused with ${others[0]?.answer}`);
    },
  },
  {
    name: 'Postgres crashes',
    mayLose: 'nothing',
    inject: (context) => unnoticed(context, () => killed(context.rig.postgres.process)),
  },
  {
    name: 'Postgres locked for 4 s',
    mayLose: 'nothing',
    inject: (context) =>
      unnoticed(context, () =>
        inEurope(context, async (client) => {
          await client.query('BEGIN; LOCK TABLE leaderboard IN ACCESS EXCLUSIVE MODE');
          await sleep(4_000);
          await client.query('COMMIT');
        }),
      ),
  },
  {
    name: 'Postgres slow: 200 ms for each statement',
    mayLose: 'nothing',
    inject: (context) =>
      unnoticed(context, () =>
        inEurope(context, async (client) => {
          await client.query(`
            CREATE OR REPLACE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
            CREATE TRIGGER slow AFTER INSERT OR UPDATE ON leaderboard FOR EACH STATEMENT EXECUTE FUNCTION slow_down()`);
          await sleep(3_000);
          await client.query('DROP TRIGGER slow ON leaderboard');
        }),
      ),
  },
  {
    name: 'Postgres disk full for 3 s',
    mayLose: 'nothing',
    inject: (context) =>
      unnoticed(context, () =>
        inEurope(context, async (client) => {
          await client.query(`
            CREATE OR REPLACE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER no_space BEFORE INSERT ON leaderboard FOR EACH STATEMENT EXECUTE FUNCTION no_space()`);
          await sleep(3_000);
          await client.query('DROP TRIGGER no_space ON leaderboard');
        }),
      ),
  },
  {
    name: 'the answer of a COMMIT is lost',
    mayLose: 'nothing',
    inject: (context) =>
      unnoticed(context, async () => {
        let cut = false;
        context.rig.postgresProxy.cutAfter((chunk) => {
          cut ||= /commit/i.test(chunk.toString('latin1'));
          return cut;
        });
        await until('a COMMIT went out', () => cut);
      }),
  },
  {
    name: 'all Postgres clients terminated',
    mayLose: 'nothing',
    inject: (context) =>
      unnoticed(context, () =>
        inEurope(context, async (client) => {
          await client.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
          );
        }),
      ),
  },
  {
    name: 'partition to Postgres: nothing arrives for 6 s',
    mayLose: 'nothing',
    inject: (context) =>
      unnoticed(context, async () => {
        context.rig.postgresProxy.blackhole();
        await sleep(6_000);
        context.rig.postgresProxy.heal();
      }),
  },
];
