//! A limit on the bytes of one direction of a link: a bucket that fills at an even rate.
//!
//! Invariant: over any span of time no more passes than the rate allows for it and one full bucket. Time is an
//! argument (microseconds of any clock that does not run backwards). Left out: waiting (edge/link).

/// Slowest rate that may be set, in bytes a second: below it a full HTTP/2 frame of 256 KiB and what TLS and the
/// kernel hold take longer than a peer waits for a sign of life.
pub const BYTES_PER_SECOND_MIN: u64 = 16 * 1024;
/// Smallest bucket, in bytes: one TLS record, so that a link does not dribble single packets.
const BUCKET_BYTES_MIN: u64 = 16 * 1024;
/// A bucket holds what the rate brings in this share of a second: short enough not to crowd out a telephone call.
const BUCKETS_PER_SECOND: u64 = 10;
const US_PER_SECOND: u128 = 1_000_000;

/// One direction's bucket.
#[derive(Clone, Debug)]
pub struct Pace {
    bytes_per_second: u64,
    bucket_bytes: u64,
    /// What may pass now, as of `filled_at_us`.
    left_bytes: u64,
    filled_at_us: u64,
    /// Millionths of a byte that came beside whole ones.
    rest: u128,
}

impl Pace {
    /// A full bucket. A rate below [`BYTES_PER_SECOND_MIN`] is taken as that.
    pub fn new(bytes_per_second: u64, now_us: u64) -> Self {
        let bytes_per_second = bytes_per_second.max(BYTES_PER_SECOND_MIN);
        let bucket_bytes = (bytes_per_second / BUCKETS_PER_SECOND).max(BUCKET_BYTES_MIN);
        Self { bytes_per_second, bucket_bytes, left_bytes: bucket_bytes, filled_at_us: now_us, rest: 0 }
    }

    /// The rate, in bytes a second.
    pub fn bytes_per_second(&self) -> u64 {
        self.bytes_per_second
    }

    /// Bytes that may pass now.
    pub fn allowance_bytes(&mut self, now_us: u64) -> u64 {
        let passed_us = now_us.saturating_sub(self.filled_at_us);
        self.filled_at_us = self.filled_at_us.max(now_us);
        // In millionths of a byte: a clock that is asked often must neither lose what is left of a byte nor sell the
        // same microsecond twice.
        let fresh = u128::from(passed_us) * u128::from(self.bytes_per_second) + self.rest;
        let whole = u64::try_from(fresh / US_PER_SECOND).unwrap_or(u64::MAX);
        (self.left_bytes, self.rest) = match self.left_bytes.saturating_add(whole) {
            left if left < self.bucket_bytes => (left, fresh % US_PER_SECOND),
            _ => (self.bucket_bytes, 0),
        };
        self.left_bytes
    }

    /// Notes what has passed; never more than was allowed.
    pub fn spend(&mut self, bytes: u64) {
        self.left_bytes = self.left_bytes.saturating_sub(bytes);
    }

    /// Microseconds until at least half a bucket is there: waking for every byte would cost more than it brings.
    pub fn wait_us(&self) -> u64 {
        self.us_for((self.bucket_bytes / 2).saturating_sub(self.left_bytes)).max(1)
    }

    fn us_for(&self, bytes: u64) -> u64 {
        let us = (u128::from(bytes) * US_PER_SECOND).div_ceil(u128::from(self.bytes_per_second));
        u64::try_from(us).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_US: u64 = 1_000_000;

    /// Pushes as much as it may for some seconds, looking every `step_us`; gives what passed.
    fn push(rate: u64, seconds: u64, step_us: u64) -> u64 {
        let mut pace = Pace::new(rate, 0);
        let mut passed = 0;
        for now_us in (0..=seconds * SECOND_US).step_by(usize::try_from(step_us).unwrap_or(1)) {
            let bytes = pace.allowance_bytes(now_us);
            pace.spend(bytes);
            passed += bytes;
        }
        passed
    }

    #[test]
    fn over_ten_seconds_the_rate_and_one_bucket_pass_however_often_one_looks() {
        for rate in [BYTES_PER_SECOND_MIN, 100_003, 1_048_576, 5_000_000] {
            for step_us in [1, 7, 1_000, 33_333] {
                let (passed, bucket) = (push(rate, 10, step_us), Pace::new(rate, 0).allowance_bytes(0));
                let most = rate * 10 + bucket;
                assert!(passed <= most && passed >= rate * 10 * 99 / 100, "{rate} every {step_us} us: {passed}");
            }
        }
    }

    #[test]
    fn an_idle_bucket_does_not_grow_and_a_clock_that_runs_back_gives_nothing() {
        let mut pace = Pace::new(100_000, 0);
        let full = pace.allowance_bytes(3_600 * SECOND_US);
        assert_eq!(full, Pace::new(100_000, 0).allowance_bytes(0));
        pace.spend(full);
        assert_eq!(pace.allowance_bytes(0), 0);
        let wait_us = pace.wait_us();
        assert!(pace.allowance_bytes(3_600 * SECOND_US + wait_us) >= full / 2 - 1);
    }
}
