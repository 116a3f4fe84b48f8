//! Time and chance as arguments: the use cases take them from here, tests bring their own.

use gongkai_journal::Incarnation;
use gongkai_model::id::ItemId;

/// The present.
pub trait Clock: Send + Sync {
    /// Unix milliseconds.
    fn now_ms(&self) -> i64;
}

/// Random bits.
pub trait Chance: Send + Sync {
    /// 16 random bytes.
    fn bytes(&self) -> [u8; 16];

    /// A random incarnation, feed id or daemon id.
    fn incarnation(&self) -> Incarnation {
        Incarnation::from_bytes(self.bytes())
    }

    /// A new item id: UUIDv7 (RFC 9562), so that ids sort by their making.
    fn item_id(&self, now_ms: i64) -> ItemId {
        let millis = u64::try_from(now_ms).unwrap_or(0);
        let bytes = self.bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[..10]);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        ItemId::parse(&uuid.to_string()).expect("a UUID's text is hexadecimal digits and hyphens")
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}
