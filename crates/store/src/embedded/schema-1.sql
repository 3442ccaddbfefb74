-- Version 1. Times are nanoseconds since 1970 (UTC), statuses are Security Hub's words, severities its
-- normalized numbers (0, 1, 40, 70, 90), so that the tables can be read with any SQLite tool.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE scan (
  id          INTEGER PRIMARY KEY,
  started_at  INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  meta        TEXT NOT NULL,      -- JSON of ScanMeta
  counts      TEXT NOT NULL       -- JSON of ScanCounts
);

-- The current state. `body` is last, so that lists which need columns only do not touch it.
CREATE TABLE finding (
  row               INTEGER PRIMARY KEY,
  id                TEXT NOT NULL UNIQUE,
  control_id        TEXT NOT NULL,
  account           TEXT NOT NULL,
  region            TEXT NOT NULL,
  resource_type     TEXT NOT NULL,
  resource_id       TEXT NOT NULL,
  status            TEXT NOT NULL,
  previous_status   TEXT,
  severity          INTEGER NOT NULL,
  control_severity  INTEGER NOT NULL,
  workflow          TEXT NOT NULL,
  suppression       TEXT,         -- JSON of Suppression
  record_state      TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  first_observed_at INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  fingerprint       BLOB NOT NULL,
  body_format       INTEGER NOT NULL,
  body_size         INTEGER NOT NULL,
  body              BLOB NOT NULL
);
CREATE INDEX finding_by_place    ON finding (account, region, control_id);
CREATE INDEX finding_by_control  ON finding (control_id, status);
CREATE INDEX finding_by_resource ON finding (resource_id);
CREATE INDEX finding_by_work     ON finding (record_state, workflow, severity DESC, id);

-- When each finding was last seen: all that a scan writes for what did not change, hence a narrow table.
CREATE TABLE observed (
  finding INTEGER PRIMARY KEY,    -- finding.row
  scan    INTEGER NOT NULL,       -- scan.id, 0 if never seen by a scan
  at      INTEGER NOT NULL
);

-- The history, one row for each field that changed.
CREATE TABLE change (
  finding    INTEGER NOT NULL,    -- finding.row
  at         INTEGER NOT NULL,
  field      TEXT NOT NULL,
  scan       INTEGER NOT NULL,    -- scan.id
  from_value TEXT,
  to_value   TEXT,
  PRIMARY KEY (finding, at, field)
) WITHOUT ROWID;
CREATE INDEX change_by_scan ON change (scan);
