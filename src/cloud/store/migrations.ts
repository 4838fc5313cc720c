/** One set of migrations for SQLite and PostgreSQL. A step is never edited once released, only followed by another. */
import { sql, type Kysely, type Migration, type MigrationProvider } from 'kysely'

type Db = Kysely<unknown>

const first: Migration = {
  up: async (db: Db) => {
    await users(db)
    await teams(db)
    await forwards(db)
    await rest(db)
  },
}

const second: Migration = {
  up: async (db: Db) => {
    await keyGenerations(db)
    await rateLimits(db)
  },
}

const third: Migration = {
  up: async (db: Db) => {
    await heardRuns(db)
    // Cursors before it have missed a deletion that is forgotten.
    await db.schema
      .alterTable('scopes')
      .addColumn('floor', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute()
  },
}

/** In this order. */
export const steps: Readonly<Record<string, Migration>> = {
  ...{ '001-first': first, '002-key-generations': second, '003-heard': third },
}

export const migrationProvider: MigrationProvider = { getMigrations: () => Promise.resolve({ ...steps }) }

// --- internal ---

async function users(db: Db): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_key', 'text', (column) => column.notNull().unique())
    .addColumn('username', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('token_epoch', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('failed_logins', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('locked_until', 'text')
    .addColumn('external', 'text', (column) => column.unique())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('refresh_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('previous_hash', 'text')
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('used_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('revoked_at', 'text')
    .execute()
  await db.schema.createIndex('refresh_tokens_user').on('refresh_tokens').column('user_id').execute()
  await db.schema
    .createTable('revoked_tokens')
    .addColumn('jti', 'text', (column) => column.primaryKey())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .execute()
}

async function teams(db: Db): Promise<void> {
  await db.schema
    .createTable('teams')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('dissolved_at', 'text')
    .execute()
  await db.schema
    .createTable('members')
    .addColumn('team_id', 'text', (column) => column.notNull().references('teams.id'))
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('joined_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('members_pk', ['team_id', 'user_id'])
    .execute()
  await db.schema.createIndex('members_user').on('members').column('user_id').execute()
  await db.schema
    .createTable('invites')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('team_id', 'text', (column) => column.references('teams.id'))
    .addColumn('role', 'text')
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_by', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('used_at', 'text')
    .addColumn('used_by', 'text')
    .execute()
  await db.schema
    .createTable('team_keys')
    .addColumn('team_id', 'text', (column) => column.notNull().references('teams.id'))
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('wrapped', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('team_keys_pk', ['team_id', 'epoch', 'user_id'])
    .execute()
  await db.schema
    .createTable('user_keys')
    .addColumn('user_id', 'text', (column) => column.primaryKey().references('users.id'))
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('sealed_private_key', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute()
}

const optionalTexts = [
  ...['local_id', 'local_host', 'remote_host', 'bind_address', 'server_id', 'server_address', 'username'],
  ...['auth_type', 'password', 'key_path', 'key_content', 'passphrase', 'last_used', 'tunnel_id', 'connection_id'],
  ...['namespace', 'deleted_at'],
]
const texts = ['name', 'type', 'tags', 'description', 'status', 'user_id', 'scope', 'created_at', 'updated_at']
/** Ports may have fractions where the document does not ask for whole numbers; a double keeps what was sent. */
const optionalNumbers = ['local_port', 'remote_port', 'bind_port']

async function forwards(db: Db): Promise<void> {
  let table = db.schema.createTable('forwards').addColumn('id', 'text', (column) => column.primaryKey())
  for (const name of optionalTexts) table = table.addColumn(name, 'text')
  for (const name of texts) table = table.addColumn(name, 'text', (column) => column.notNull())
  for (const name of optionalNumbers) table = table.addColumn(name, 'double precision')
  await table
    .addColumn('rev', 'bigint', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('forwards_scope').on('forwards').columns(['scope', 'rev']).execute()
  await db.schema.createIndex('forwards_local_id').on('forwards').columns(['scope', 'local_id']).execute()
  await db.schema
    .createTable('scopes')
    .addColumn('scope', 'text', (column) => column.primaryKey())
    .addColumn('rev', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('activities')
    .addColumn('forward_id', 'text', (column) => column.notNull().references('forwards.id'))
    .addColumn('device_id', 'text', (column) => column.notNull())
    .addColumn('device_name', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('tunnel_id', 'text', (column) => column.notNull())
    .addColumn('connection_id', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('activities_pk', ['forward_id', 'device_id', 'user_id'])
    .execute()
}

async function rest(db: Db): Promise<void> {
  // SQLite numbers rows of an `integer primary key` by itself; PostgreSQL wants to be told.
  await (
    isSqlite(db)
      ? sql`create table audit (id integer primary key autoincrement, at text not null, team_id text, user_id text,
          actor text not null, action text not null, subject text not null, detail text not null)`
      : sql`create table audit (id bigint generated always as identity primary key, at text not null, team_id text,
          user_id text, actor text not null, action text not null, subject text not null, detail text not null)`
  ).execute(db)
  await db.schema.createIndex('audit_team').on('audit').columns(['team_id', 'id']).execute()
  await db.schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
}

/** Which key of a team is the newest, and whether the next one is due, stands with the team: it is compared and set there. */
async function keyGenerations(db: Db): Promise<void> {
  await db.schema.alterTable('team_keys').renameColumn('epoch', 'generation').execute()
  for (const name of ['key_generation', 'rekey_due']) {
    await db.schema
      .alterTable('teams')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
  }
  // Which public key a copy was wrapped for.
  await db.schema
    .alterTable('team_keys')
    .addColumn('key_version', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  for (const name of ['version', 'key_version']) {
    await db.schema
      .alterTable('user_keys')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(1))
      .execute()
  }
  await db.schema
    .alterTable('user_keys')
    .addColumn('updated_at', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await sql`update user_keys set updated_at = created_at`.execute(db)
  await sql`update teams set key_generation =
    coalesce((select max(generation) from team_keys where team_keys.team_id = teams.id), 0)`.execute(db)
  // What a team's members may know of its keys was counted in the settings before.
  await sql`update teams set rekey_due = 1 where key_generation > 0 and exists (
    select 1 from settings where key = 'team-key-stale:' || teams.id)`.execute(db)
  await sql`delete from settings where key like 'team-key-stale:%'`.execute(db)
}

/** Of the library that counts attempts; made here because two instances that make it at once disturb each other. */
async function rateLimits(db: Db): Promise<void> {
  if (isSqlite(db)) return
  await sql`create table if not exists rate_limits (
    key varchar(255) primary key, points integer not null default 0, expire bigint)`.execute(db)
}

/** When a device that runs something was last heard of, and whether that is too long ago. */
async function heardRuns(db: Db): Promise<void> {
  for (const name of ['session', 'heard_at']) {
    await db.schema
      .alterTable('activities')
      .addColumn(name, 'text', (column) => column.notNull().defaultTo(''))
      .execute()
  }
  await db.schema
    .alterTable('activities')
    .addColumn('lapsed', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema.createIndex('activities_session').on('activities').column('session').execute()
}

function isSqlite(db: Db): boolean {
  return db.getExecutor().adapter.supportsTransactionalDdl === false
}
