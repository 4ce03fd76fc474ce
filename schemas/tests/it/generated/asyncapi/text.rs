//! What the document says in words: the contract between the relay and whoever subscribes.

use xentri_domain::kernel::Area;

pub(super) const ABOUT: &str = "\
Every event that any org's ledger records comes to these topics, in order, at least once and never with a hole. The document is \
written from the subscriber's side: `receive` is what you do.

- **Who it is for**: services of the platform. A topic has the events of all orgs. An org's own integrations read the org's event \
feed over HTTP instead.
- **Partitions** are the ledger's shards. An org stays in one for ever; the message's key is the org's id. Don't rely on a hash of the \
key: the partition is chosen explicitly.
- **Order** is (epoch, position) within a partition, from the headers `xentri-epoch` and `xentri-position`.
- **Duplicates** come after a restart. Drop what is not greater than the last (epoch, position) that you have seen in the partition.
- **Holes**: of what is left, `xentri-prev` must equal the last that you have seen (`0:0` before the first of all); else messages \
are missing, and you stop and read them again. While a partition is idle, a heartbeat says how far it goes, so that a lost tail is seen too.
- **A new epoch** begins when the ledger was set back to an earlier point. Its first message names as `xentri-prev` the last that still \
counts: what you saw after that has never happened.
- **The value** is the event in its envelope, byte for byte as it was hashed, followed by `recorded_at` and `ledger`. What is \
personal (`x-personal`) is sealed here, or forgotten.
- **Growth**: fields, types and words of lists marked `x-grows` may be new to you: pass over them. What breaks readers comes as \
another `type` (`….v2`), announced before it is written.";

pub(super) const SERVER: &str = "\
The platform's Kafka. Accounts, their ACLs (`Read` and `Describe` on topics, `Read` on a group) and the certificate come from whoever \
runs it.";

pub(super) const SCRAM: &str = "SASL/SCRAM, over TLS only.";

pub(super) const LOG: &str = "Every event of every context. Positions in a partition have no gaps.";

pub(super) const CHANNEL: &str = "\
As many partitions as the ledger has shards: 8, unless the installation was set up with others. Never compacted; how long messages are \
kept is the installation's choice.";

pub(super) const GROUP: &str = "Yours, beginning with what your account may use.";

pub(super) const HEADERS: &str = "Every value is ASCII text. Others may be added.";

pub(super) const HEARTBEAT: &str = "\
`xentri-position` and `xentri-prev` are both those of the last event in this topic and partition. Handled like any message: dropped \
when you have seen that event, and otherwise a sign that something is missing before it.";

pub(super) fn of_context(context: Area) -> &'static str {
    match context {
        Area::Core => "Orgs and their settings, and persons who were forgotten.",
        Area::Strategy => "The brief: the strategy that other modules read.",
        Area::Sales => "Leads, their follow-ups and deals.",
        Area::Finance => "Invoices, their numbers and payments.",
        Area::Brand => "Sites, pages, and what they are reached by.",
        Area::Pulse => "What people and agents raised, promoted and dismissed.",
        other => panic!("{other} has events now: say here what they are about"),
    }
}
