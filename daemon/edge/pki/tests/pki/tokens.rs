//! Tokens and invites: what a person carries and what the parent remembers.

use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_pki::{Invite, Token, token::invite};

use crate::world::{CITY, COUNTY, DAY_MS, NOW_MS, Node, OTHER_COUNTY, TOWN, path, three_levels};

fn town_token(county: &Node) -> Token {
    let addresses = ["10.1.2.3:7400".to_owned(), "[fd00::1]:7400".to_owned()];
    invite(&path(TOWN), &addresses, county.authority().root_fingerprint(), NOW_MS + 7 * DAY_MS).unwrap()
}

#[test]
fn a_token_reads_back_even_when_a_mail_program_broke_the_line() {
    let (_, county, _) = three_levels();
    let token = town_token(&county);
    let text = token.to_string();
    assert!(text.starts_with("gk1.") && text.len() < 250, "{} characters", text.len());
    let (head, tail) = text.split_at(60);
    let read = Token::parse(&format!(" {head}\r\n  {tail}\n")).unwrap();
    assert_eq!(read, token);
    assert_eq!((read.path(), read.parent_path()), (path(TOWN).as_slice(), path(COUNTY).as_slice()));
    assert_eq!(read.addresses(), ["10.1.2.3:7400", "[fd00::1]:7400"]);
    assert!(!format!("{token:?}").contains(&hex::encode(token.secret())));
}

#[test]
fn every_single_wrong_or_lost_character_is_a_typo() {
    let (_, county, _) = three_levels();
    let text = town_token(&county).to_string();
    for index in 4..text.len() {
        let mut wrong = text.clone().into_bytes();
        wrong[index] = if wrong[index] == b'A' { b'B' } else { b'A' };
        let wrong = String::from_utf8(wrong).unwrap();
        assert_eq!(Token::parse(&wrong).unwrap_err().code(), "GK-PKI-011", "{index}");
        assert_eq!(Token::parse(&text[..index]).unwrap_err().code(), "GK-PKI-011", "{index}");
    }
}

#[test]
fn what_was_never_a_token_is_called_so() {
    for text in ["", "hello", "gk2.AAAA", "GK1.AAAA", &format!("gk1.{}", "A".repeat(5000))] {
        assert_eq!(Token::parse(text).unwrap_err().code(), "GK-PKI-010", "{text}");
    }
}

#[test]
fn an_invite_needs_a_child_and_a_reachable_address() {
    let root = Digest::of_file(b"root");
    let many = vec!["a:1".to_owned(); 5];
    for (ids, addresses) in [
        (CITY, vec!["a:1".to_owned()]),
        (COUNTY, vec![]),
        (COUNTY, many),
        (COUNTY, vec!["nowhere".to_owned()]),
        (COUNTY, vec!["a:0".to_owned()]),
        (COUNTY, vec!["a:70000".to_owned()]),
        (COUNTY, vec!["a:+80".to_owned()]),
        (COUNTY, vec!["http://a:80".to_owned()]),
        (COUNTY, vec!["fd00::1:80".to_owned()]),
    ] {
        assert_eq!(invite(&path(ids), &addresses, root, NOW_MS).unwrap_err().code(), "GK-PKI-016", "{addresses:?}");
    }
}

#[test]
fn a_token_is_refused_when_late_for_another_division_or_used() {
    let (_, county, _) = three_levels();
    let token = town_token(&county);
    let (mine, other) = (DivisionId::parse("211221100").unwrap(), DivisionId::parse("211221101").unwrap());
    assert_eq!(token.check_for(&mine, NOW_MS), Ok(()));
    assert_eq!(token.check_for(&mine, NOW_MS + 8 * DAY_MS).unwrap_err().code(), "GK-PKI-012");
    assert_eq!(token.check_for(&other, NOW_MS).unwrap_err().code(), "GK-PKI-014");
    let (key, other_key) = (Digest::of_file(b"key"), Digest::of_file(b"other key"));
    let stored = Invite::of(&token, false);
    let used = stored.redeem(&path(TOWN), token.secret(), &key, NOW_MS).unwrap();
    assert_eq!(used.used_by, Some(key));
    let late = NOW_MS + 8 * DAY_MS;
    for (what, result, code) in [
        ("late", stored.redeem(&path(TOWN), token.secret(), &key, late), "GK-PKI-012"),
        ("used", used.redeem(&path(TOWN), token.secret(), &other_key, NOW_MS), "GK-PKI-013"),
        ("other", stored.redeem(&path(OTHER_COUNTY), token.secret(), &key, NOW_MS), "GK-PKI-014"),
        ("guessed", stored.redeem(&path(TOWN), &[0; 16], &key, NOW_MS), "GK-PKI-015"),
        ("empty", stored.redeem(&path(TOWN), &[], &key, NOW_MS), "GK-PKI-015"),
    ] {
        assert_eq!(result.unwrap_err().code(), code, "{what}");
    }
    assert_eq!(used.redeem(&path(TOWN), token.secret(), &key, NOW_MS), Ok(used.clone()), "a lost answer is sent again");
}

#[test]
fn the_parents_memory_holds_no_secret() {
    let (_, county, _) = three_levels();
    let token = town_token(&county);
    let stored = serde_json::to_string(&Invite::of(&token, true)).unwrap();
    assert!(!stored.contains(&hex::encode(token.secret())));
    assert_eq!(serde_json::from_str::<Invite>(&stored).unwrap(), Invite::of(&token, true));
}
