import GRDB

/// The database's tables. A migration that has been released is never changed, only followed by another one.
enum Schema {
    /// Written into the database's header, so that `file` and other programs can tell what it is: "FRBK".
    static let applicationID = 0x4652_424B

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 fleet") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            for sql in [releases, rollouts, ledger, ledgerRules, endpoints, alerts, actions, listening] {
                try database.execute(sql: sql)
            }
        }
        migrator.registerMigration("2 customers") { try $0.execute(sql: customers) }
        migrator.registerMigration("3 lab results") { try $0.execute(sql: labResults) }
        migrator.registerMigration("4 cost bound") {
            try $0.execute(sql: "ALTER TABLE releases ADD COLUMN cost_bound INTEGER")
        }
        migrator.registerMigration("5 state pins") { try $0.execute(sql: StoredStatePin.table) }
        migrator.registerMigration("6 record") { try $0.execute(sql: StoredRecord.table) }
        return migrator
    }

    private static let releases = """
        CREATE TABLE releases(
            release TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, rules INTEGER NOT NULL,
            schema_version INTEGER NOT NULL, notes TEXT NOT NULL, chaos TEXT, signature BLOB NOT NULL,
            published_at_ms INTEGER NOT NULL, recalled_at_ms INTEGER, recall_reason TEXT,
            recall_revision INTEGER UNIQUE
        ) STRICT;
        -- A recall is final (PRODUCT invariant 7), and a release's bytes never change.
        CREATE TRIGGER releases_fixed BEFORE UPDATE ON releases
        WHEN OLD.recalled_at_ms IS NOT NULL OR NEW.digest <> OLD.digest OR NEW.release <> OLD.release
        BEGIN SELECT RAISE(ABORT, 'a release is never changed, and a recall is final'); END;
        CREATE TRIGGER releases_kept BEFORE DELETE ON releases
        BEGIN SELECT RAISE(ABORT, 'a release is never forgotten'); END;
        """

    private static let rollouts = """
        CREATE TABLE rollouts(
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            release TEXT NOT NULL REFERENCES releases(release), policy_json TEXT NOT NULL, seed INTEGER NOT NULL,
            started_at_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TRIGGER rollouts_fixed BEFORE UPDATE ON rollouts
        BEGIN SELECT RAISE(ABORT, 'a rollout keeps its release and its policy'); END;
        CREATE TRIGGER rollouts_kept BEFORE DELETE ON rollouts
        BEGIN SELECT RAISE(ABORT, 'a rollout is never forgotten'); END;
        """

    private static let ledger = """
        CREATE TABLE ledger(
            seq INTEGER PRIMARY KEY, rollout TEXT NOT NULL REFERENCES rollouts(id), at_ms INTEGER NOT NULL,
            kind TEXT NOT NULL, endpoint TEXT, detail TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX ledger_by_rollout ON ledger(rollout, seq);
        -- Nobody is debited twice for one rollout, whatever the code above decides.
        CREATE UNIQUE INDEX ledger_one_debit ON ledger(rollout, endpoint) WHERE kind = 'debit';
        """

    private static let ledgerRules = """
        CREATE TRIGGER ledger_fixed BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to'); END;
        CREATE TRIGGER ledger_kept BEFORE DELETE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to'); END;
        CREATE TRIGGER ledger_in_order BEFORE INSERT ON ledger
        WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM ledger)
        BEGIN SELECT RAISE(ABORT, 'a ledger row is out of order: another writer is at work'); END;
        CREATE TRIGGER ledger_not_recalled BEFORE INSERT ON ledger
        WHEN NEW.kind = 'debit' AND EXISTS (
            SELECT 1 FROM rollouts JOIN releases USING (release)
            WHERE rollouts.id = NEW.rollout AND releases.recalled_at_ms IS NOT NULL)
        BEGIN SELECT RAISE(ABORT, 'a recalled release is never offered again'); END;
        """

    private static let endpoints = """
        CREATE TABLE endpoints(
            id TEXT PRIMARY KEY, origin TEXT NOT NULL, credential_sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            enrolled_at_ms INTEGER NOT NULL, confirmed INTEGER NOT NULL, revoked_at_ms INTEGER,
            last_seen_at_ms INTEGER, alerts_acknowledged INTEGER NOT NULL, snapshot_json TEXT NOT NULL
        ) STRICT;
        """

    private static let alerts = """
        CREATE TABLE alerts(
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, endpoint_sequence INTEGER NOT NULL,
            rule TEXT NOT NULL, title TEXT NOT NULL, severity TEXT NOT NULL, occurred_at_ms INTEGER NOT NULL,
            received_at_ms INTEGER NOT NULL, finding TEXT NOT NULL, UNIQUE(endpoint, endpoint_sequence)
        ) STRICT;
        """

    private static let actions = """
        CREATE TABLE operator_actions(
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, detail TEXT NOT NULL
        ) STRICT;
        CREATE TRIGGER operator_actions_fixed BEFORE UPDATE ON operator_actions
        BEGIN SELECT RAISE(ABORT, 'the record of operators'' actions is only appended to'); END;
        CREATE TRIGGER operator_actions_kept BEFORE DELETE ON operator_actions
        BEGIN SELECT RAISE(ABORT, 'the record of operators'' actions is only appended to'); END;
        """

    private static let listening = """
        CREATE TABLE listening(from_ms INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT;
        """

    /// What the lab says of packs, by their digest: a pack may be tried many times, and the newest word counts. A release
    /// keeps which policy let it through although the lab had failed it.
    private static let labResults = """
        CREATE TABLE lab_results(
            number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL, verdict TEXT NOT NULL,
            failed_stages TEXT NOT NULL, statement_sha256 TEXT NOT NULL UNIQUE, statement BLOB NOT NULL,
            received_at_ms INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX lab_results_by_digest ON lab_results(digest, number);
        CREATE TRIGGER lab_results_fixed BEFORE UPDATE ON lab_results
        BEGIN SELECT RAISE(ABORT, 'a result of the lab is never changed'); END;
        CREATE TRIGGER lab_results_kept BEFORE DELETE ON lab_results
        BEGIN SELECT RAISE(ABORT, 'a result of the lab is never forgotten'); END;
        ALTER TABLE releases ADD COLUMN lab_policy TEXT;
        """

    /// What a customer says may change; each change is in operator_actions, whole.
    private static let customers = """
        CREATE TABLE customers(
            name TEXT PRIMARY KEY, policy_json TEXT NOT NULL, changed_at_ms INTEGER NOT NULL
        ) STRICT;
        """
}
