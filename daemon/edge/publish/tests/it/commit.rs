//! A crash between any two steps leaves nothing or something that a restart completes.
//!
//! Invariant: nobody ever sees a final name with less than a sound edition behind it.

use std::fs;

use gongkai_publish::{Restart, commit, partial_path, render, restart, seal, verify};

use crate::{
    sample,
    support::{Place, signer},
};

#[test]
fn without_an_entry_a_restart_removes_what_lies_beside() {
    let place = Place::new();
    let target = place.edition(1);
    let rendered = render(&sample::consolidation(), &partial_path(&target), None).unwrap();
    for is_sealed in [false, true] {
        if is_sealed {
            render(&sample::consolidation(), &partial_path(&target), None).unwrap();
            seal(&partial_path(&target), &signer(1)).unwrap();
        }
        assert_eq!(restart(&target, None).unwrap(), Restart::Discarded);
        assert!(!target.exists() && !partial_path(&target).exists());
    }
    assert!(rendered.files > 0);
}

#[test]
fn with_an_entry_a_restart_completes_the_rename_once() {
    let place = Place::new();
    let target = place.edition(1);
    let rendered = render(&sample::consolidation(), &partial_path(&target), None).unwrap();
    seal(&partial_path(&target), &signer(1)).unwrap();
    for _ in 0..2 {
        assert_eq!(restart(&target, Some(&rendered.manifest)).unwrap(), Restart::Complete);
        verify(&target, None).unwrap();
        assert!(!partial_path(&target).exists());
    }
    commit(&partial_path(&target), &target, &rendered.manifest).unwrap();
}

#[test]
fn with_an_entry_but_a_damaged_directory_the_edition_is_rendered_again_with_the_same_manifest() {
    let place = Place::new();
    let target = place.edition(1);
    let partial = partial_path(&target);
    let rendered = render(&sample::consolidation(), &partial, None).unwrap();
    for damage in 0..4 {
        seal(&partial, &signer(1)).unwrap();
        match damage {
            0 => fs::remove_file(partial.join("manifest.sig")).unwrap(),
            1 => fs::write(partial.join("index.html"), "").unwrap(),
            2 => fs::remove_file(partial.join("manifest.json")).unwrap(),
            _ => fs::remove_dir_all(&partial).unwrap(),
        }
        assert_eq!(restart(&target, Some(&rendered.manifest)).unwrap(), Restart::RenderAgain);
        assert!(!target.exists() && !partial.exists());
        let again = render(&sample::consolidation(), &partial, None).unwrap();
        assert_eq!(again.manifest, rendered.manifest);
    }
}

#[test]
fn a_directory_is_committed_only_sealed_and_for_its_own_entry() {
    let place = Place::new();
    let target = place.edition(1);
    let partial = partial_path(&target);
    let rendered = render(&sample::consolidation(), &partial, None).unwrap();
    assert_eq!(commit(&partial, &target, &rendered.manifest).unwrap_err().code(), "GK-PUB-008");
    seal(&partial, &signer(1)).unwrap();
    let other = gongkai_model::digest::Digest::of("sample", &[b"another edition"]);
    assert_eq!(commit(&partial, &target, &other).unwrap_err().code(), "GK-PUB-008");
    fs::create_dir(&target).unwrap();
    assert_eq!(commit(&partial, &target, &rendered.manifest).unwrap_err().code(), "GK-PUB-006");
    fs::remove_dir(&target).unwrap();
    commit(&partial, &target, &rendered.manifest).unwrap();
    verify(&target, None).unwrap();
}

#[test]
fn rendering_again_replaces_what_a_crash_left_half_done() {
    let place = Place::new();
    let partial = partial_path(&place.edition(1));
    fs::create_dir_all(partial.join("c/old")).unwrap();
    fs::write(partial.join("c/old/page.html"), "half").unwrap();
    render(&sample::consolidation(), &partial, None).unwrap();
    assert!(!partial.join("c/old").exists());

    // A link under the name is removed, what it points to is not.
    let elsewhere = place.edition(7);
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("kept"), "kept").unwrap();
    fs::remove_dir_all(&partial).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &partial).unwrap();
    render(&sample::consolidation(), &partial, None).unwrap();
    assert!(elsewhere.join("kept").exists() && !elsewhere.join("index.html").exists());
}

#[test]
fn a_directory_that_cannot_be_written_is_a_coded_refusal() {
    let place = Place::new();
    let file = place.edition(3);
    fs::write(&file, "a file where a directory should be").unwrap();
    let error = render(&sample::consolidation(), &file.join("below.partial"), None).unwrap_err();
    assert_eq!(error.code(), "GK-PUB-001");
    assert!(error.hint().contains("gongkai publish run"));
}
