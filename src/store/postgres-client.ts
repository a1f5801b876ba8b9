import { Client } from 'pg';
import { parserOf } from './postgres-sql.ts';

/** All is kept in it, beside whatever else is in the database. */
export const SCHEMA = 'postern';

const CONNECT_MS = 10_000;
/** A server that is gone without a word must not hold up a caller for ever. */
const ANSWER_MS = 120_000;

/** Long enough for a server that is there. */
const LEAVE_MS = 2000;

/** A connection that is still to be made. @param answerMs how long one statement may take. */
export function newClient(url: string, answerMs = ANSWER_MS): Client {
  return new Client({
    connectionString: url,
    application_name: 'postern',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: answerMs,
    keepAlive: true,
    types: { getTypeParser: parserOf as Client['getTypeParser'] },
  });
}

/** Ends a connection. One whose server has stopped answering is not waited for, nor kept open. */
export async function leave(client: Client): Promise<void> {
  const late = setTimeout(() => client.connection.stream.destroy(), LEAVE_MS);
  await client.end().catch(() => undefined);
  clearTimeout(late);
}
