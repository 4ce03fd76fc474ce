//! A Postgres whose new tables lie on a disk that a test may fill.

use std::borrow::Cow;

use nix::unistd::geteuid;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::postgres::PrivatePostgres;
use super::server::PrivateServer;

const MEGABYTES: u32 = 8;

/// Where something is full, and where it is not any more. An ordinary user can mount no disk: there the database says of what a
/// rebuild notes that it has no room for it.
const SAY_FULL: &str = "create function say_full() returns trigger language plpgsql as $$ begin
       raise exception using errcode = 'disk_full', message = 'could not extend file: No space left on device';
     end $$;
     create trigger full before insert or update on rebuild_unit for each row when (new.done)
       execute function say_full()";
const SAY_NO_MORE: &str = "drop function say_full() cascade";

/// What is there from the start lies elsewhere; of what servers make from then on, tables and indexes lie on the disk.
pub struct SmallDisk {
    postgres: PrivatePostgres,
    is_real: bool,
}

impl SmallDisk {
    pub async fn start() -> Self {
        let server = PrivateServer::new("postgres", Vec::new());
        let is_real = geteuid().is_root();
        let disk = server.dir().join("disk");
        if is_real {
            server.start_with_disk(&disk, MEGABYTES);
        } else {
            server.said(&["start"]);
        }
        let small = Self { postgres: PrivatePostgres::of(server).await, is_real };
        if is_real {
            let space = disk.join("space");
            let space = space.to_str().expect("text");
            // A directory that is Postgres's own, made where Postgres sees the disk.
            small.execute(&format!("copy (select 1) to program 'mkdir {space} && cat > /dev/null'")).await;
            small.execute(&format!("create tablespace small location '{space}'")).await;
            small.execute("grant create on tablespace small to xentri_builder").await;
            small
                .execute("alter role xentri_server in database xentri set default_tablespace = 'small'")
                .await;
        }
        small
    }

    pub fn postgres(&self) -> &PrivatePostgres {
        &self.postgres
    }

    /// To the last page.
    pub async fn fill(&self) {
        if !self.is_real {
            return self.execute(SAY_FULL).await;
        }
        self.execute("create table filler (filling text) tablespace small").await;
        let too_much = "insert into filler select repeat('x', 1000) from generate_series(1, 100000)";
        let full = self.admin().await.execute(too_much).await.expect_err("it is larger than the disk");
        let code = full.as_database_error().and_then(|error| error.code().map(Cow::into_owned));
        assert_eq!(code.as_deref(), Some("53100"), "{full}");
    }

    pub async fn make_room(&self) {
        self.execute(if self.is_real { "drop table filler" } else { SAY_NO_MORE }).await;
    }

    async fn execute(&self, statement: &str) {
        self.admin().await.execute(AssertSqlSafe(statement.to_owned())).await.expect(statement);
    }

    async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.postgres.admin_url()).await.expect("it is up")
    }
}
