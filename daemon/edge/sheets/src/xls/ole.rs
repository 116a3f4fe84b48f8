//! The container of .xls files (compound file binary, [MS-CFB]): just enough to find a stream by name.
//!
//! Invariant: every chain is walked at most as many steps as the file has sectors, so a loop ends; nothing is
//! allocated beyond the file's own size. Left out: writing, storages inside storages (names are looked up flat).

use crate::Error;

const HEADER_BYTES: usize = 512;
const DIFAT_IN_HEADER: usize = 109;
const ENTRY_BYTES: usize = 128;
/// Sector numbers from here on are marks (free, end of chain), not sectors.
const SECTOR_MAX: u32 = 0xffff_fffa;

/// An opened container.
pub(super) struct Container<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_cutoff: u32,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    start: u32,
    size: u32,
}

impl<'a> Container<'a> {
    /// Reads the tables of a container.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let damaged = || Error::Damaged { what: "the office container's tables are broken".to_owned() };
        let shift = u16_at(bytes, 30).filter(|shift| matches!(shift, 9 | 12)).ok_or_else(damaged)?;
        let mut container = Self {
            bytes,
            sector_bytes: 1 << shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_cutoff: u32_at(bytes, 56).ok_or_else(damaged)?,
            entries: Vec::new(),
        };
        container.read_fat().ok_or_else(damaged)?;
        let directory = container.chain(u32_at(bytes, 48).ok_or_else(damaged)?);
        container.entries = directory.chunks_exact(ENTRY_BYTES).filter_map(Entry::read).collect();
        let mini_fat = container.chain(u32_at(bytes, 60).ok_or_else(damaged)?);
        container.mini_fat = numbers(&mini_fat);
        if container.entries.is_empty() {
            return Err(damaged());
        }
        Ok(container)
    }

    fn read_fat(&mut self) -> Option<()> {
        let sector_count = self.bytes.len() / self.sector_bytes + 1;
        let mut sectors: Vec<u32> = Vec::new();
        for index in 0..DIFAT_IN_HEADER {
            sectors.push(u32_at(self.bytes, 76 + index * 4)?);
        }
        let mut next = u32_at(self.bytes, 68)?;
        let per_sector = self.sector_bytes / 4 - 1;
        for _ in 0..sector_count {
            let Some(sector) = self.sector(next) else { break };
            let listed = numbers(sector);
            sectors.extend(&listed[..per_sector.min(listed.len())]);
            next = listed.last().copied()?;
        }
        let fat = sectors.into_iter().filter(|sector| *sector < SECTOR_MAX).take(sector_count);
        self.fat = fat.filter_map(|sector| self.sector(sector)).flat_map(numbers).take(sector_count).collect();
        Some(())
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        if number >= SECTOR_MAX {
            return None;
        }
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector_bytes)?;
        let end = start.checked_add(self.sector_bytes)?.min(self.bytes.len());
        self.bytes.get(start.max(HEADER_BYTES)..end).filter(|sector| !sector.is_empty())
    }

    /// The bytes of a chain of sectors.
    fn chain(&self, start: u32) -> Vec<u8> {
        let mut content = Vec::new();
        let mut next = start;
        for _ in 0..=self.fat.len() {
            let Some(sector) = self.sector(next) else { break };
            content.extend_from_slice(sector);
            let Some(following) = self.fat.get(next as usize) else { break };
            next = *following;
        }
        content
    }

    /// Whether a stream or storage of that name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// A stream's content.
    pub(super) fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))?;
        if entry.size >= self.mini_cutoff {
            let mut content = self.chain(entry.start);
            content.truncate(entry.size as usize);
            return Some(content);
        }
        // Small streams lie in 64-byte pieces inside the root entry's own stream.
        let pieces = self.chain(self.entries.first()?.start);
        let mut content = Vec::new();
        let mut next = entry.start;
        for _ in 0..=self.mini_fat.len() {
            let Some(piece) = (next as usize).checked_mul(64).and_then(|at| pieces.get(at..at.checked_add(64)?)) else {
                break;
            };
            content.extend_from_slice(piece);
            let Some(following) = self.mini_fat.get(next as usize) else { break };
            next = *following;
        }
        content.truncate(entry.size as usize);
        Some(content)
    }
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let len = usize::from(u16_at(bytes, 64)?).checked_sub(2)?.min(62);
        let units = bytes.get(..len)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let name: String = char::decode_utf16(units).map(|c| c.unwrap_or('?')).collect();
        Some(Self { name, start: u32_at(bytes, 116)?, size: u32_at(bytes, 120)? })
    }
}

fn numbers(sector: &[u8]) -> Vec<u32> {
    sector.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes([pair[0], pair[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
