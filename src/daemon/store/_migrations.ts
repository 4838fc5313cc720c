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
  {
    version: 4,
    // Relays, limits, what moved, and the control APIs.
    sql: `
      alter table forwards add column limits text;

      create table relays (
        id text primary key,
        name text not null,
        name_key text not null,
        protocol text not null,
        listen_host text not null,
        listen_port integer not null,
        port_count integer not null,
        targets text not null,
        balance text not null,
        allow text not null,
        deny text not null,
        accept_proxy integer not null,
        send_proxy text,
        connect_timeout_seconds integer not null,
        idle_seconds integer,
        limits text not null,
        tags text not null,
        description text not null,
        auto_start integer not null,
        favourite integer not null,
        origin text not null,
        created_at text not null,
        updated_at text not null,
        deleted_at text,
        wanted integer not null default 0,
        last_used text
      ) strict;
      create unique index relays_name on relays (name_key) where deleted_at is null;

      -- Payload bytes since the forward or relay was made; what of them is in the rows below.
      create table counters (
        owner_id text primary key,
        bytes_up integer not null,
        bytes_down integer not null,
        connections integer not null
      ) strict;
      -- at: Unix seconds of the begin of the hour (UTC). day: of the machine's zone, YYYY-MM-DD.
      create table traffic_hours (
        owner_id text not null,
        at integer not null,
        up integer not null,
        down integer not null,
        connections integer not null,
        primary key (owner_id, at)
      ) strict, without rowid;
      create index traffic_hours_at on traffic_hours (at);
      create table traffic_days (
        owner_id text not null,
        day text not null,
        up integer not null,
        down integer not null,
        connections integer not null,
        primary key (owner_id, day)
      ) strict, without rowid;
      create index traffic_days_day on traffic_days (day);
      create table owner_names (owner_id text primary key, name text not null) strict;
      create table ended_connections (
        id integer primary key autoincrement,
        owner_id text not null,
        source text,
        target text,
        started_at text not null,
        ended_at text not null,
        bytes_up integer not null,
        bytes_down integer not null,
        reason text not null
      ) strict;
      create index ended_connections_owner on ended_connections (owner_id, id);
      -- Connections of a daemon that ended without a word are found here by the next.
      create table live_connections (
        run text not null,
        id text not null,
        owner_id text not null,
        source text,
        target text,
        started_at text not null,
        seen_at text not null,
        bytes_up integer not null,
        bytes_down integer not null,
        primary key (run, id)
      ) strict, without rowid;

      create table apis (name text primary key, enabled integer not null, settings text not null) strict;
      create table audit (
        id integer primary key autoincrement,
        at text not null,
        api text not null,
        caller text not null,
        action text not null,
        subject text not null,
        result text not null
      ) strict;

      -- The books of the X Port Forward API, in bytes: used counts up to the last flush, hour what came since.
      create table x_forwards (
        relay_id text primary key,
        used integer not null,
        hour_up integer not null,
        hour_down integer not null,
        stored_max_connections integer not null,
        stored_rate_kb integer not null
      ) strict;
      -- Times in Unix milliseconds. report_status: wait, or ok once a report with it was taken.
      create table x_traffic_logs (
        id integer primary key autoincrement,
        relay_id text not null,
        forward_name text not null,
        bytes integer not null,
        hour_time integer not null,
        report_status text not null,
        created_at integer not null,
        updated_at integer not null
      ) strict;
      create index x_traffic_logs_relay on x_traffic_logs (relay_id, id);
      create index x_traffic_logs_wait on x_traffic_logs (id) where report_status = 'wait';
    `,
  },
  {
    version: 5,
    // The account of a cloud server, what is shared with it, and what waits to be told. Namespaces: 'personal', or the id of a team.
    sql: `
      -- One row. It stays after a logout, so that the same account finds its forwards.
      create table cloud_account (
        id integer primary key check (id = 1),
        url text not null,
        user_id text not null,
        email text not null,
        username text not null,
        keeps text not null,
        insecure integer not null,
        is_signed_in integer not null
      ) strict;
      create table cloud_spaces (
        namespace text primary key,
        name text not null,
        role text not null,
        cursor text
      ) strict;
      create table cloud_bindings (
        forward_id text primary key,
        namespace text not null,
        local_id text not null,
        cloud_id text,
        version integer,
        base text,
        overrides text not null,
        refused text,
        active_elsewhere integer not null,
        secrets text not null,
        remapped_from integer,
        told_running integer not null
      ) strict;
      -- Of forwards that were removed here, for those that are brought back.
      create table cloud_buried (forward_id text primary key, binding text not null, at text not null) strict;
      -- key: one change of each kind for each forward. seq: grows, and is another one when the change is replaced.
      create table cloud_outbox (
        key text primary key,
        seq integer not null,
        namespace text not null,
        at text not null,
        entry text not null
      ) strict;
      create table cloud_conflicts (id text primary key, namespace text not null, conflict text not null) strict;
      -- Servers that were made for forwards that arrived: they go with the last of them.
      create table cloud_servers (server_id text primary key) strict;
      create table cloud_pins (
        team_id text not null,
        user_id text not null,
        public_key text not null,
        key_version integer not null,
        granted_at text,
        primary key (team_id, user_id)
      ) strict;
      -- Which keys of a team were seen here: a server that shows another one later is not believed.
      create table cloud_team_keys (
        team_id text not null,
        generation integer not null,
        key_check text not null,
        wrapped text not null,
        primary key (team_id, generation)
      ) strict;
    `,
  },
]

export const NEWEST_VERSION: number = migrations.at(-1)?.version ?? 0
