//! A tree path as a DNS name: `[211200, 211221, 211221100]` is `211221100.211221.211200.gongkai.internal`.
//!
//! Invariant: the two forms are one to one; whatever is not written exactly as [`dns_name`] writes it is no path.

use gongkai_model::{id::DivisionId, tree::DEPTH_MAX};

use crate::error::IssueError;

/// The suffix of all names; `.internal` is reserved for private use and never resolves outside.
pub const SUFFIX: &str = "gongkai.internal";
/// Longest label of a DNS name (RFC 1035 §2.3.4).
const LABEL_BYTES_MAX: usize = 63;
/// Longest DNS name in text (RFC 1035 §2.3.4, less length bytes).
const NAME_BYTES_MAX: usize = 253;

/// The DNS name of a path (root first).
pub fn dns_name(path: &[DivisionId]) -> Result<String, IssueError> {
    let bad = |why| Err(IssueError::BadName { why });
    if path.is_empty() || path.len() > DEPTH_MAX {
        return bad("no division, or too many");
    }
    let mut name = String::new();
    for label in path.iter().rev().map(DivisionId::as_str) {
        if label.len() > LABEL_BYTES_MAX {
            return bad("a division id is longer than 63 characters");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return bad("a division id begins or ends with a hyphen");
        }
        name.push_str(label);
        name.push('.');
    }
    name.push_str(SUFFIX);
    if name.len() > NAME_BYTES_MAX {
        return bad("longer than 253 characters");
    }
    Ok(name)
}

/// The path (root first) that a DNS name spells; `None` for any other name.
pub fn path_of(name: &str) -> Option<Vec<DivisionId>> {
    let labels = name.strip_suffix(SUFFIX)?.strip_suffix('.')?;
    let mut path: Vec<DivisionId> =
        labels.split('.').take(DEPTH_MAX + 1).map(DivisionId::parse).collect::<Result<_, _>>().ok()?;
    path.reverse();
    (dns_name(&path).ok()? == name).then_some(path)
}

/// The path for people: `211200/211221/211221100`.
pub fn spell(path: &[DivisionId]) -> String {
    path.iter().map(DivisionId::as_str).collect::<Vec<_>>().join("/")
}

/// Whether `path` is a direct child of `above`.
pub fn is_child(path: &[DivisionId], above: &[DivisionId]) -> bool {
    path.split_last().is_some_and(|(_, parent)| parent == above && !above.is_empty())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn path(ids: &[&str]) -> Vec<DivisionId> {
        ids.iter().map(|id| DivisionId::parse(id).unwrap()).collect()
    }

    #[test]
    fn names_read_back_and_nothing_else_does() {
        let township = path(&["211200", "211221", "211221100"]);
        let name = dns_name(&township).unwrap();
        assert_eq!(name, "211221100.211221.211200.gongkai.internal");
        assert_eq!(path_of(&name), Some(township));
        for bad in [
            "gongkai.internal",
            ".gongkai.internal",
            "211200gongkai.internal",
            "*.211200.gongkai.internal",
            "211221..gongkai.internal",
            "X.gongkai.internal",
            "-a.gongkai.internal",
            "211200.gongkai.internal.",
            "211200.example.org",
        ] {
            assert_eq!(path_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn paths_that_make_no_name_are_refused() {
        assert!(dns_name(&[]).is_err());
        assert!(dns_name(&path(&[&"9".repeat(64)])).is_err());
        assert!(dns_name(&path(&["a-"])).is_err());
        let deep: Vec<String> = (0..6).map(|n| n.to_string().repeat(60)).collect();
        assert!(dns_name(&path(&deep.iter().map(String::as_str).collect::<Vec<_>>())).is_err());
    }

    #[test]
    fn a_child_is_exactly_one_step_below() {
        let (city, county, town) = (path(&["1"]), path(&["1", "2"]), path(&["1", "2", "3"]));
        assert!(is_child(&county, &city) && is_child(&town, &county));
        for (below, above) in [(&town, &city), (&city, &county), (&city, &city), (&city, &Vec::new())] {
            assert!(!is_child(below, above));
        }
    }
}
