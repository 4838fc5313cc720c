/** The shape of the data file, step by step. A step is never edited once released, only followed by another. */

/** Marks the file as Warren's (SQLite `application_id`): "Wrrn". */
export const APPLICATION_ID = 0x5772_726e

export interface Migration {
  readonly version: number
  readonly sql: string
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      create table servers (
        id text primary key,
        name text not null,
        name_key text not null,
        host text not null,
        port integer not null,
        username text,
        identity_files text not null,
        identities_only integer not null,
        agent text,
        jump text not null,
        proxy text,
        proxy_command text,
        host_key_policy text not null,
        keepalive_seconds integer not null,
        keepalive_count integer not null,
        connect_timeout_seconds integer not null,
        demo integer not null,
        created_at text not null,
        updated_at text not null,
        deleted_at text
      ) strict;
      create unique index servers_name on servers (name_key) where deleted_at is null;

      create table forwards (
        id text primary key,
        name text not null,
        name_key text not null,
        type text not null,
        local_host text,
        local_port integer,
        remote_host text,
        remote_port integer,
        bind_address text,
        bind_port integer,
        server_id text not null references servers (id),
        tags text not null,
        description text not null,
        auto_start integer not null,
        favourite integer not null,
        created_at text not null,
        updated_at text not null,
        deleted_at text,
        wanted integer not null default 0,
        last_used text
      ) strict;
      create unique index forwards_name on forwards (name_key) where deleted_at is null;
      create index forwards_server on forwards (server_id);

      create table trusted_keys (
        id text primary key,
        host text not null,
        key_type text not null,
        key text not null,
        added_at text not null,
        unique (host, key)
      ) strict;

      create table activity (
        id integer primary key autoincrement,
        at text not null,
        kind text not null,
        forward_id text,
        server_id text,
        subject text not null,
        message text not null,
        code text
      ) strict;

      create table meta (key text primary key, value text not null) strict;
    `,
  },
  {
    version: 2,
    // Commands of ssh configs that the person allowed to run; the key is made of command and file.
    sql: `
      create table allowed_commands (
        key text primary key,
        command text not null,
        file text not null,
        allowed_at text not null
      ) strict;
    `,
  },
  {
    version: 3,
    // What OpenSSH's config can say of a server, and the further ways of a forward.
    sql: `
      alter table servers add column certificate_files text not null default '[]';
      alter table servers add column address_family text not null default 'any';
      alter table servers add column source_address text;
      alter table servers add column config_host text;
      alter table forwards add column port_count integer not null default 1;
      alter table forwards add column on_demand integer not null default 0;
      alter table forwards add column idle_seconds integer not null default 300;
      alter table forwards add column health text;
      alter table forwards add column proxy_username text;
      alter table forwards add column serve_pac integer not null default 0;
      alter table forwards add column config_line text;

      create table forward_times (forward_id text primary key, stops_at text not null) strict;
    `,
  },
]

export const NEWEST_VERSION: number = migrations.at(-1)?.version ?? 0
