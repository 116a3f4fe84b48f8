//! A new office container around one stream: what the cell reader is given instead of the file's own.
//!
//! Invariant: every chain in it ends, and it holds the very stream that was surveyed. The cell reader follows a
//! file's chains without a bound, so that a loop of sectors in 5 KB takes all memory (found by fuzzing), and it may
//! find another stream than we did. Left out: everything but the one stream, macros too.

/// Sectors of 4,096 bytes: 109 table sectors of 1,024 numbers reach 456 MB, far beyond the largest file read.
const SECTOR_BYTES: usize = 4096;
const NUMBERS_PER_SECTOR: usize = SECTOR_BYTES / 4;
const MAGIC: &[u8; 8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const FREE: u32 = 0xffff_ffff;
const CHAIN_END: u32 = 0xffff_fffe;
const TABLE: u32 = 0xffff_fffd;
const NONE: u32 = 0xffff_ffff;
/// Streams below this size lie in a stream of small pieces, which this container has not.
const SMALL_BELOW: usize = 4096;

/// A container with that one stream.
pub(super) fn container(name: &str, stream: &[u8]) -> Vec<u8> {
    let stream_sectors = stream.len().max(SMALL_BELOW).div_ceil(SECTOR_BYTES);
    // One more for the directory; the tables count themselves.
    let tables = (stream_sectors + 1).div_ceil(NUMBERS_PER_SECTOR - 1);
    let directory = tables;
    let first = directory + 1;
    let mut bytes = header(tables, directory);
    let mut numbers = vec![FREE; tables * NUMBERS_PER_SECTOR];
    numbers[..tables].fill(TABLE);
    numbers[directory] = CHAIN_END;
    let stream_chain = (first + 1..first + stream_sectors).map(number).chain([CHAIN_END]);
    for (slot, next) in numbers[first..].iter_mut().zip(stream_chain) {
        *slot = next;
    }
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    // The root owns a stream of small pieces in real files; here it points at something that is there, of no length.
    bytes.extend(entry("Root Entry", 5, 1, first, 0));
    bytes.extend(entry(name, 2, NONE, first, stream.len().max(SMALL_BELOW)));
    bytes.resize((2 + directory) * SECTOR_BYTES, 0);
    bytes.extend_from_slice(stream);
    bytes.resize((1 + first + stream_sectors) * SECTOR_BYTES, 0);
    bytes
}

fn header(tables: usize, directory: usize) -> Vec<u8> {
    let mut bytes = vec![0; SECTOR_BYTES];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, MAGIC);
    put(24, &0x3e_u16.to_le_bytes());
    put(26, &4_u16.to_le_bytes());
    put(28, &0xfffe_u16.to_le_bytes());
    put(30, &12_u16.to_le_bytes());
    put(32, &6_u16.to_le_bytes());
    put(40, &1_u32.to_le_bytes());
    put(44, &number(tables).to_le_bytes());
    put(48, &number(directory).to_le_bytes());
    put(56, &number(SMALL_BELOW).to_le_bytes());
    put(60, &CHAIN_END.to_le_bytes());
    put(68, &CHAIN_END.to_le_bytes());
    for place in 0..109 {
        let table = if place < tables { number(place) } else { FREE };
        put(76 + place * 4, &table.to_le_bytes());
    }
    bytes
}

fn entry(name: &str, kind: u8, child: u32, start: usize, size: usize) -> [u8; 128] {
    let mut bytes = [0; 128];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    let units: Vec<u8> = name.encode_utf16().take(31).flat_map(u16::to_le_bytes).collect();
    put(0, &units);
    put(64, &u16::try_from(units.len() + 2).unwrap_or(64).to_le_bytes());
    put(66, &[kind, 1]);
    put(68, &NONE.to_le_bytes());
    put(72, &NONE.to_le_bytes());
    put(76, &child.to_le_bytes());
    put(116, &number(start).to_le_bytes());
    put(120, &(size as u64).to_le_bytes());
    bytes
}

/// Far below `u32::MAX`: a file has at most 32 MB.
fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::{super::ole::Container, *};

    #[test]
    fn the_stream_comes_back_whatever_its_length() {
        for len in [0, 1, 4095, 4096, 4097, 3 * SECTOR_BYTES, 1023 * SECTOR_BYTES, 1100 * SECTOR_BYTES + 5] {
            let stream: Vec<u8> = (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let bytes = container("Workbook", &stream);
            let read = Container::open(&bytes).unwrap().stream("workbook").unwrap();
            assert_eq!((read.len(), &read[..len]), (len.max(SMALL_BELOW), &stream[..]), "{len}");
        }
    }
}
